"""The few pages a shopper may see: preferences, done, no such link, please wait. No script, no cookie, three languages.

The question why has its own (askpages.py), in the same look.
"""

import base64
import hashlib
from html import escape
from typing import Final

from wraca.app.answers import PreferencesPage

_TEXTS: Final = {
    "en": {
        "title": "Messages from {shop}",
        "about": "This page is about the messages that {shop} sends to {address}.",
        "already": "These reminders are switched off already. You can still stop everything else.",
        "question": "What would you like to stop?",
        "list": "Reminders about things left in the cart",
        "all": "All messages from {shop}",
        "button": "Unsubscribe",
        "note": "Nothing changes until you press the button.",
        "done": "You are unsubscribed",
        "done_text": "{shop} will not send these messages to {address} any more.",
        "done_short": "These messages will not be sent any more.",
        "lost": "This link does not work",
        "lost_text": "It may have expired, or a part of it was lost on the way. Nothing was changed. "
        "To stop messages, use the link in the last message you received.",
        "busy": "One moment, please",
        "busy_text": "We cannot answer just now. Please try again in a minute.",
    },
    "pl": {
        "title": "Wiadomości od {shop}",
        "about": "Ta strona dotyczy wiadomości, które {shop} wysyła na adres {address}.",
        "already": "Te przypomnienia są już wyłączone. Nadal możesz zrezygnować z całej reszty.",
        "question": "Z czego chcesz zrezygnować?",
        "list": "Z przypomnień o produktach w koszyku",
        "all": "Ze wszystkich wiadomości od {shop}",
        "button": "Zrezygnuj",
        "note": "Nic się nie zmieni, dopóki nie naciśniesz przycisku.",
        "done": "Rezygnacja przyjęta",
        "done_text": "{shop} nie będzie już wysyłać tych wiadomości na adres {address}.",
        "done_short": "Te wiadomości nie będą już wysyłane.",
        "lost": "Ten link nie działa",
        "lost_text": "Mógł wygasnąć albo jego część zagubiła się po drodze. Nic nie zostało zmienione. "
        "Aby zrezygnować z wiadomości, użyj linku z ostatniej otrzymanej wiadomości.",
        "busy": "Chwileczkę",
        "busy_text": "W tej chwili nie możemy odpowiedzieć. Spróbuj ponownie za minutę.",
    },
    "bg": {
        "title": "Съобщения от {shop}",
        "about": "Тази страница се отнася за съобщенията, които {shop} изпраща до {address}.",
        "already": "Тези напомняния вече са изключени. Все още можете да спрете и всичко останало.",
        "question": "Какво искате да спрете?",
        "list": "Напомнянията за продукти, оставени в количката",
        "all": "Всички съобщения от {shop}",
        "button": "Отписване",
        "note": "Нищо няма да се промени, докато не натиснете бутона.",
        "done": "Отписахте се успешно",
        "done_text": "{shop} повече няма да изпраща тези съобщения до {address}.",
        "done_short": "Тези съобщения повече няма да бъдат изпращани.",
        "lost": "Тази връзка не работи",
        "lost_text": "Възможно е срокът ѝ да е изтекъл или част от нея да се е изгубила. Нищо не е променено. "
        "За да спрете съобщенията, използвайте връзката в последното съобщение, което сте получили.",
        "busy": "Един момент, моля",
        "busy_text": "В момента не можем да отговорим. Моля, опитайте отново след минута.",
    },
}

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1d2433;--soft:#5a6478;--paper:#f5f3ef;--card:#fff;--line:#dcd8cf;--act:#1f6f5c;--on:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebf0;--soft:#a7afbf;--paper:#14171d;--card:#1d212a;--line:#39404d;--act:#6cc7b0;--on:#0d1512}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:var(--paper);color:var(--ink);
font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:30rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:2rem 1.75rem;
box-shadow:0 1rem 3rem rgb(0 0 0/.06)}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;color:var(--soft);overflow-wrap:anywhere}
strong{color:var(--ink)}
fieldset{border:0;margin:1.25rem 0;padding:0}
legend{padding:0;font-weight:600;margin-bottom:.5rem}
label{display:flex;gap:.75rem;align-items:flex-start;padding:.75rem 1rem;margin-top:.5rem;border:1px solid var(--line);
border-radius:.6rem;cursor:pointer}
label:has(:checked){border-color:var(--act);box-shadow:inset 0 0 0 1px var(--act)}
input{accent-color:var(--act);width:1.15rem;height:1.15rem;margin:.2rem 0 0;flex:none}
button{width:100%;min-height:3rem;border:0;border-radius:.6rem;background:var(--act);color:var(--on);font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--act);outline-offset:3px}
.note button{background:none;color:var(--ink);border:1px solid var(--soft);font-weight:400}
.note{font-size:.9rem;margin:.75rem 0 0;text-align:center}
.words{display:block;border:0;padding:0;margin:0 0 1.25rem;font-weight:600;cursor:default}
textarea{display:block;width:100%;min-height:6rem;margin-top:.5rem;padding:.75rem 1rem;border:1px solid var(--line);
border-radius:.6rem;background:var(--card);color:var(--ink);font:inherit;font-weight:400;resize:vertical}
.missing{color:var(--ink);border-left:4px solid var(--act);padding:.25rem 0 .25rem .75rem}
a{color:var(--act);text-underline-offset:.2em;overflow-wrap:anywhere}
ul{list-style:none;margin:0 0 1rem;padding:0}
li{padding:.25rem 0}
.go{display:inline-block;padding:.5rem 0;font-weight:600}
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# Nothing runs and nothing is fetched on these pages; the form goes nowhere but here.
PAGE_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


def language_of(accepted: str) -> str:
    """The first of our languages in an Accept-Language header; English where there is none."""
    wanted = (part.split(";")[0].strip().split("-")[0].lower() for part in accepted.split(",")[:20])
    return next((language for language in wanted if language in _TEXTS), "en")


def preferences_page(page: PreferencesPage, language: str) -> str:
    """One button, and what it should stop."""
    say = _Voice(language, page)
    already = "" if page.is_subscribed else f"<p>{say('already')}</p>"
    list_on, all_on = (" checked", "") if page.is_subscribed else ("", " checked")
    return html_page(
        language,
        say("title"),
        f"""<p>{say("about")}</p>{already}
<form method="post">
<fieldset><legend>{say("question")}</legend>
<label><input type="radio" name="scope" value="list"{list_on}><span>{say("list")}</span></label>
<label><input type="radio" name="scope" value="all"{all_on}><span>{say("all")}</span></label>
</fieldset>
<button type="submit">{say("button")}</button>
<p class="note">{say("note")}</p>
</form>""",
    )


def done_page(page: PreferencesPage | None, language: str) -> str:
    """It is done. Without a page (the person is erased) it says so without names."""
    say = _Voice(language, page)
    return html_page(language, say("done"), f'<p role="status">{say("done_text" if page else "done_short")}</p>')


def lost_page(language: str) -> str:
    """The same for unknown, expired, revoked and forged links."""
    say = _Voice(language, None)
    return html_page(language, say("lost"), f"<p>{say('lost_text')}</p>")


def busy_page(language: str) -> str:
    """We cannot answer now."""
    say = _Voice(language, None)
    return html_page(language, say("busy"), f'<p role="status">{say("busy_text")}</p>')


class _Voice:
    """Texts of one language with the names filled in, escaped; the address stands out."""

    def __init__(self, language: str, page: PreferencesPage | None) -> None:
        self._texts = _TEXTS.get(language, _TEXTS["en"])
        self._shop = escape(page.shop_name) if page else ""
        self._address = escape(page.masked_address) if page else ""

    def __call__(self, name: str) -> str:
        # Our own texts hold no markup; what is filled in was escaped.
        return self._texts[name].format(shop=self._shop, address=f"<strong>{self._address}</strong>")


def html_page(language: str, title: str, content: str) -> str:
    """A whole page. `title` and `content` are markup: whatever came from elsewhere is escaped already."""
    return f"""<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex,nofollow">
<title>{title}</title><style>{_STYLE}</style></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""

"""The page behind the link of a confirmation, in the look of pages.py: the exact words, a button for yes, one for no."""

from html import escape
from typing import Final

from wraca.app.capturing import ConfirmPage
from wraca.edge.pages import html_page

_TEXTS: Final = {
    "en": {
        "title": "Is this your address?",
        "about": "Somebody entered {address} on the pages of {shop}.",
        "words": "This was agreed to:",
        "cart": "The saved cart will be sent to this address.",
        "yes": "Yes, confirm",
        "no": "It was not me: delete the address",
        "note": "Nothing happens until you press a button.",
        "done": "Thank you, confirmed",
        "done_text": "{shop} may now use {address} as agreed.",
        "done_cart": "Your cart is on its way to {address}.",
        "gone": "The address is deleted",
        "gone_text": "{shop} will not use it.",
        "back": "To the shop",
    },
    "pl": {
        "title": "Czy to Twój adres?",
        "about": "Na stronie sklepu {shop} wpisano adres {address}.",
        "words": "Treść zgody:",
        "cart": "Na ten adres zostanie wysłany zapisany koszyk.",
        "yes": "Tak, potwierdzam",
        "no": "To nie ja: usuń adres",
        "note": "Nic się nie stanie, dopóki nie naciśniesz przycisku.",
        "done": "Dziękujemy, potwierdzone",
        "done_text": "{shop} może teraz używać adresu {address} zgodnie z ustaleniami.",
        "done_cart": "Koszyk jest w drodze na adres {address}.",
        "gone": "Adres został usunięty",
        "gone_text": "{shop} nie będzie go używać.",
        "back": "Przejdź do sklepu",
    },
    "bg": {
        "title": "Това Вашият адрес ли е?",
        "about": "На страниците на {shop} беше въведен адресът {address}.",
        "words": "Съгласието гласи:",
        "cart": "На този адрес ще бъде изпратена запазената количка.",
        "yes": "Да, потвърждавам",
        "no": "Не бях аз: изтрийте адреса",
        "note": "Нищо няма да се случи, докато не натиснете бутон.",
        "done": "Благодарим Ви, потвърдено е",
        "done_text": "{shop} вече може да използва {address} според съгласието Ви.",
        "done_cart": "Количката Ви е на път към {address}.",
        "gone": "Адресът е изтрит",
        "gone_text": "{shop} няма да го използва.",
        "back": "Към магазина",
    },
}


def confirm_page(page: ConfirmPage) -> str:
    """The question, with the very words that are agreed to."""
    say = _Voice(page)
    words = f"<p>{say('words')}<br><strong>{escape(page.text)}</strong></p>" if page.text else ""
    cart = f"<p>{say('cart')}</p>" if page.wants_cart else ""
    return html_page(
        say.language,
        say("title"),
        f"""<p>{say("about")}</p>{words}{cart}
<form method="post"><button type="submit" name="confirm" value="yes">{say("yes")}</button></form>
<form method="post"><p class="note"><button type="submit" name="confirm" value="no">{say("no")}</button></p></form>
<p class="note">{say("note")}</p>""",
    )


def confirmed_page(page: ConfirmPage) -> str:
    """It is done."""
    say = _Voice(page)
    said = "".join(f"<p>{say(name)}</p>" for name, holds in (("done_text", page.text), ("done_cart", page.wants_cart)) if holds)
    return html_page(say.language, say("done"), f'<div role="status">{said}</div>{say.way_back()}')


def denied_page(page: ConfirmPage) -> str:
    """The address is gone."""
    say = _Voice(page)
    return html_page(say.language, say("gone"), f'<p role="status">{say("gone_text")}</p>{say.way_back()}')


class _Voice:
    """Texts of one language with the names filled in, escaped."""

    def __init__(self, page: ConfirmPage) -> None:
        self.language = page.language if page.language in _TEXTS else "en"
        self._home = escape(page.home)
        self._names = {
            "shop": f"<strong>{escape(page.shop_name)}</strong>",
            "address": f"<strong>{escape(page.masked_address)}</strong>",
        }

    def __call__(self, name: str) -> str:
        return _TEXTS[self.language][name].format(**self._names)

    def way_back(self) -> str:
        return f'<p><a class="go" href="{self._home}" rel="noreferrer">{self("back")}</a></p>'

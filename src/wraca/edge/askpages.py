"""The page that asks why, and the thanks for an answer, in three languages. Looking at it changes nothing."""

from html import escape
from typing import Final

from wraca.app.answers import AskPage
from wraca.domain.reasons import LONGEST_TEXT, Reason
from wraca.edge.pages import html_page

# After these the shop may be able to help at once.
_WANTS_HELP = frozenset({Reason.QUESTION, Reason.TECHNICAL, Reason.PAYMENT, Reason.SHIPPING})

_TEXTS: Final = {
    "en": {
        "title": "May we ask why?",
        "about": "One short answer helps {shop} to do better. You do not have to give it.",
        "ask": "What kept you from ordering?",
        "words": "Anything you would like to add (optional)",
        "button": "Send the answer",
        "note": "Nothing is sent until you press the button.",
        "choose": "Please choose one of the answers.",
        "thanks": "Thank you",
        "thanks_text": "Your answer has reached {shop}.",
        "help": "If you would like help with it:",
        "phone": "Phone",
        "email": "E-mail",
        "back": "To the shop",
        "price": "The price",
        "shipping": "The cost of delivery, or how long it takes",
        "payment": "The ways to pay",
        "trust": "I do not know the shop well enough",
        "not_ready": "I am still thinking",
        "elsewhere": "I found it elsewhere",
        "technical": "Something on the site did not work",
        "changed_mind": "I do not need it any more",
        "other": "Something else",
        "question": "I have a question about the product",
    },
    "pl": {
        "title": "Możemy zapytać, dlaczego?",
        "about": "Jedna krótka odpowiedź pomoże sklepowi {shop} działać lepiej. Nie jest obowiązkowa.",
        "ask": "Co powstrzymało Cię przed zakupem?",
        "words": "Jeśli chcesz, dodaj coś od siebie",
        "button": "Wyślij odpowiedź",
        "note": "Nic nie zostanie wysłane, dopóki nie naciśniesz przycisku.",
        "choose": "Wybierz jedną z odpowiedzi.",
        "thanks": "Dziękujemy",
        "thanks_text": "Twoja odpowiedź dotarła do sklepu {shop}.",
        "help": "Chętnie w tym pomożemy:",
        "phone": "Telefon",
        "email": "E-mail",
        "back": "Przejdź do sklepu",
        "price": "Cena",
        "shipping": "Koszt lub czas dostawy",
        "payment": "Dostępne sposoby płatności",
        "trust": "Za mało znam ten sklep",
        "not_ready": "Jeszcze się zastanawiam",
        "elsewhere": "Wybieram inny sklep",
        "technical": "Coś na stronie nie działało",
        "changed_mind": "Już tego nie potrzebuję",
        "other": "Coś innego",
        "question": "Mam pytanie o produkt",
    },
    "bg": {
        "title": "Може ли да попитаме защо?",
        "about": "Един кратък отговор помага на {shop} да се справя по-добре. Не сте длъжни да отговаряте.",
        "ask": "Какво Ви спря да поръчате?",
        "words": "Ако желаете, добавете нещо със свои думи",
        "button": "Изпращане на отговора",
        "note": "Нищо няма да бъде изпратено, докато не натиснете бутона.",
        "choose": "Моля, изберете един от отговорите.",
        "thanks": "Благодарим Ви",
        "thanks_text": "Отговорът Ви стигна до {shop}.",
        "help": "Ще се радваме да помогнем:",
        "phone": "Телефон",
        "email": "Имейл",
        "back": "Към магазина",
        "price": "Цената",
        "shipping": "Цената или срокът на доставката",
        "payment": "Начините на плащане",
        "trust": "Не познавам магазина достатъчно",
        "not_ready": "Още обмислям",
        "elsewhere": "Намерих го другаде",
        "technical": "Нещо в сайта не работеше",
        "changed_mind": "Вече не ми е нужно",
        "other": "Нещо друго",
        "question": "Имам въпрос за продукта",
    },
}


def ask_page(page: AskPage, chosen: str = "", text: str = "", *, is_missing: bool = False) -> str:
    """The question with every answer; `chosen` (a word of Reason) is marked; `is_missing` says that one is needed."""
    language = _known(page.language)
    say = _TEXTS[language]
    answers = "\n".join(
        f'<label><input type="radio" name="reason" value="{reason}" required{" checked" if reason == chosen else ""}>'
        f"<span>{say[reason.value]}</span></label>"
        for reason in Reason
    )
    missing = f'<p class="missing" role="alert">{say["choose"]}</p>' if is_missing else ""
    return html_page(
        language,
        say["title"],
        f"""<p>{say["about"].format(shop=_shop(page))}</p>{missing}
<form method="post">
<fieldset><legend>{say["ask"]}</legend>
{answers}
</fieldset>
<label class="words">{say["words"]}<textarea name="text" maxlength="{LONGEST_TEXT}" rows="4">
{escape(text)}</textarea></label>
<button type="submit">{say["button"]}</button>
<p class="note">{say["note"]}</p>
</form>""",
    )


def thanks_page(page: AskPage, reason: Reason) -> str:
    """The answer arrived; where the shop may help at once, how to reach it."""
    language = _known(page.language)
    say = _TEXTS[language]
    contacts = _contacts(page, say) if reason in _WANTS_HELP else ""
    back = f'<p><a class="go" href="{escape(page.home)}" rel="noreferrer">{say["back"]}</a></p>'
    return html_page(language, say["thanks"], f'<p role="status">{say["thanks_text"].format(shop=_shop(page))}</p>{contacts}{back}')


def _contacts(page: AskPage, say: dict[str, str]) -> str:
    dialled = "".join(sign for sign in page.phone if sign.isdigit() or sign == "+")
    ways = [
        f'<li>{say[kind]}: <a href="{scheme}:{escape(target)}">{escape(shown)}</a></li>'
        for kind, scheme, target, shown in (("phone", "tel", dialled, page.phone), ("email", "mailto", page.email, page.email))
        if target
    ]
    return f"<p>{say['help']}</p><ul>{''.join(ways)}</ul>" if ways else ""


def _shop(page: AskPage) -> str:
    return f"<strong>{escape(page.shop_name)}</strong>"


def _known(language: str) -> str:
    return language if language in _TEXTS else "en"

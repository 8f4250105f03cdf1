"""What stands in something shown on the shop's pages: blocks of plain text, never markup.

A browser builds elements from them and writes every text as text, so that nothing here can run; an app draws them as it likes. The
lint refuses what we would not want to read ourselves: shaming words on the way out, boxes that are ticked beforehand, forms whose
text does not say what is agreed to.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec

_Line = Annotated[str, msgspec.Meta(max_length=300)]
_Prose = Annotated[str, msgspec.Meta(max_length=2_000)]
MOST_BLOCKS = 20
LANGUAGES = ("en", "pl", "bg")


class Heading(msgspec.Struct, frozen=True, tag="heading", tag_field="block"):
    text: _Line


class Text(msgspec.Struct, frozen=True, tag="text", tag_field="block"):
    text: _Prose


class CartLines(msgspec.Struct, frozen=True, tag="cart", tag_field="block"):
    """The products in the visitor's cart, by the catalogue's word; nothing where there are none."""

    most: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3


class Coupon(msgspec.Struct, frozen=True, tag="offer", tag_field="block"):
    """The offer of the journey's run; nothing where none was made."""


class Button(msgspec.Struct, frozen=True, tag="button", tag_field="block"):
    """`to`: the cart, the shop's front page, or an address of the shop's own."""

    text: _Line
    to: Annotated[str, msgspec.Meta(max_length=1_000)] = "cart"


class Image(msgspec.Struct, frozen=True, tag="image", tag_field="block"):
    url: Annotated[str, msgspec.Meta(max_length=1_000)]
    alt: _Line = ""


class Form(msgspec.Struct, frozen=True, tag="form", tag_field="block", omit_defaults=True):
    """Asks for an address. `purpose` "cart" mails the saved cart, which needs no further permission; "messages" needs the box.

    `consent` is shown word for word beside an empty box and kept word for word with its `version`.
    """

    label: _Line
    button: _Line
    done: _Prose  # what is said once it was sent: look into your mailbox
    consent: _Prose = ""
    version: Annotated[str, msgspec.Meta(max_length=32)] = "1"
    purpose: Literal["cart", "messages"] = "messages"
    channel: Literal["email", "sms"] = "email"
    missing: _Line = ""  # said when the box is needed and empty


Block: TypeAlias = Heading | Text | CartLines | Coupon | Button | Image | Form


class Panel(msgspec.Struct, frozen=True):
    """The content in one language. `close` is read out for the sign that closes it; `decline` is a plain refusal."""

    blocks: Annotated[tuple[Block, ...], msgspec.Meta(max_length=MOST_BLOCKS)]
    close: _Line = ""
    decline: _Line = ""

    @property
    def form(self) -> Form | None:
        """Its form, if it has one."""
        return next((block for block in self.blocks if isinstance(block, Form)), None)

    @property
    def title(self) -> str:
        """By what it is announced."""
        return next((block.text for block in self.blocks if isinstance(block, Heading)), "")


Panels: TypeAlias = Mapping[str, Panel]  # by language

# How the sign is named and a refusal is worded where nobody wrote anything.
CLOSE = {"en": "Close", "pl": "Zamknij", "bg": "Затваряне"}
NO = {"en": "No, thank you", "pl": "Nie, dziękuję", "bg": "Не, благодаря"}


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with a panel: a word for programs, and the text it is about."""

    code: Literal[
        "shaming", "no_title", "no_consent_text", "two_forms", "foreign_address", "countdown", "no_blocks", "pushing_consent"
    ]
    text: str = ""


# What makes somebody feel stupid or poor for saying no. Each is looked for in the refusal and in the closing words.
_SHAMING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bi (?:don'?t|do not) (?:like|want|need) (?:to )?(?:sav|money|deals?|discounts?|good)",
        r"\bi(?:'d| would)? (?:prefer|rather|like|love) (?:to )?(?:pay|paying|miss|lose|losing|full)",
        r"\bi (?:hate|don'?t care|do not care|enjoy (?:paying|missing))",
        r"\bpay(?:ing)? (?:the )?full price",
        r"\bmiss(?:ing)? out\b",
        r"\bnie (?:chcę|lubię|potrzebuję) (?:oszczędza|zniż|rabat|taniej|okazj|płacić mniej)",
        r"\b(?:wolę|lubię) (?:przepłac|płacić|zapłacić|stracić|tracić)",
        r"\bpełn(?:ą|ej|a) cen",
        r"\bnie zależy mi\b",
        r"\bне (?:искам|обичам|желая) (?:да )?(?:спест|отстъп|пестя|по-евтин)",
        r"\bпредпочитам (?:да )?(?:плат|плащам|изпусн|загуб)",
        r"\bпълна(?:та)? цена",
        r"\bне ме интересува\b",
    )
)
_COUNTDOWN = re.compile(
    r"\b(?:only|just) \d+ (?:left|minutes?)\b|\bhurry\b|\blast chance\b"
    r"|\btylko \d+ (?:sztuk|minut)|\bpośpiesz|\bостават? (?:само )?\d+|\bпобързай",
    re.IGNORECASE,
)
_PUSHING = re.compile(r"\b(?:required|obowiązkow|wymagan|задължител)", re.IGNORECASE)


def findings(panel: Panel, home: str) -> tuple[Finding, ...]:
    """What is wrong with it; `home` is the shop's address, beneath which its buttons and pictures must lie."""
    found = [Finding("shaming", words) for words in (panel.decline, panel.close) if any(one.search(words) for one in _SHAMING)]
    if not panel.blocks:
        found.append(Finding("no_blocks"))
    elif not panel.title:
        found.append(Finding("no_title"))
    forms = [block for block in panel.blocks if isinstance(block, Form)]
    if len(forms) > 1:
        found.append(Finding("two_forms"))
    for form in forms:
        if form.purpose == "messages" and not form.consent.strip():
            found.append(Finding("no_consent_text", form.label))
        if _PUSHING.search(form.consent):
            found.append(Finding("pushing_consent", form.consent))
    found += [Finding("countdown", said) for said in _said(panel) if _COUNTDOWN.search(said)]
    found += [Finding("foreign_address", url) for url in _addresses(panel) if not is_own(url, home)]
    return tuple(found)


def is_own(url: str, home: str) -> bool:
    """Whether this address lies in the shop: a path, or an address beneath `home`."""
    if url.startswith("/"):
        return not url.startswith(("//", "/\\")) and url.isprintable() and " " not in url
    return url == home or url.startswith(f"{home}/")


def _said(panel: Panel) -> list[str]:
    return [block.text for block in panel.blocks if isinstance(block, Heading | Text | Button)]


def _addresses(panel: Panel) -> list[str]:
    buttons = [block.to for block in panel.blocks if isinstance(block, Button) and block.to not in ("cart", "shop")]
    return buttons + [block.url for block in panel.blocks if isinstance(block, Image)]


def panel_in(panels: Panels, *languages: str) -> tuple[str, Panel] | None:
    """The first of these languages that there is, else English, else any; None where there is nothing at all."""
    for wanted in (*languages, "en", *panels):
        language = wanted.replace("_", "-").partition("-")[0].lower()
        if language in panels:
            return language, panels[language]
    return None

"""An SMS as it leaves: filled in, plain where that is wanted, with a way out in it, and never longer than allowed."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from wraca.channels.sms.library import built_in, way_out
from wraca.channels.sms.numbers import can_be_answered
from wraca.channels.sms.segments import Size, has_letters_beyond, measure, plain
from wraca.ports.channel import Links, Outgoing, Recipient, Refused, Sender, TemplateProblem
from wraca.templating.liquid import TEXT, compile_liquid, run_liquid
from wraca.templating.salutation import vocative

_LONGEST_NAME, _LONGEST_VALUE = 20, 40  # characters: of a first name, of anything else that is filled in
_SPACES = re.compile(r"\s+")
_ADDRESS: Final = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/[^\s]*)?", re.IGNORECASE)

# Forbidden in Poland and filtered nearly everywhere: nobody can see where they lead (trust S4).
SHORTENERS: Final = frozenset(
    (
        "bit.ly", "bitly.com", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "v.gd", "buff.ly", "rebrand.ly", "cutt.ly",
        "rb.gy", "shorturl.at", "tiny.cc", "t.ly", "bl.ink", "soo.gd", "s.id", "idz.do", "tny.im", "adf.ly",
    )
)  # fmt: skip

_compiled = lru_cache(maxsize=512)(lambda source: compile_liquid(source, TEXT))


class Filled(msgspec.Struct, frozen=True):
    """The text with what it costs. `shown` is the text without its secret links, for reports."""

    text: str
    size: Size
    shown: str


def source_of(template: str, language: str, sources: Mapping[str, str]) -> str:
    """The merchant's own text (source `sms`), else the built-in one. Raises TemplateProblem."""
    return sources.get("sms") or built_in(template, language)


def fill(message: Outgoing) -> Filled:
    """The text of this message. Raises TemplateProblem; Refused where it is longer than the settings allow."""
    text = compose(message)
    size = measure(text)
    if size.parts > (most := most_parts(message.settings, size)):
        raise Refused("too_long", f"{size.parts} parts where the settings allow {most}")
    return Filled(text, size, _without_links(text, message.links))


def compose(message: Outgoing) -> str:
    """The text, however long it is. Raises TemplateProblem."""
    settings, links = message.settings, message.links
    out = way_out(message.language, links.preferences, can_reply=replies_work(settings))
    source = source_of(message.template, message.language, message.sources)
    text = _SPACES.sub(" ", run_liquid(_compiled(source), _view(message, out))).strip()
    if not text or (links.restore and text == links.restore):
        raise TemplateProblem("the text is empty")
    # Whoever wrote their own words may have left it out; the law has not.
    text = text if out in text else f"{text} {out}"
    if shortened := shorteners_in(text, (links.restore, links.preferences)):
        raise TemplateProblem(f"{shortened[0]} hides where it leads: write the address itself, in the shop's own domain")
    return plain(text) if _is_plain(message, text) else text


def _is_plain(message: Outgoing, text: str) -> bool:
    """Whether the diacritics go: by the message's own word, else the settings'. Never where that would not make it any cheaper."""
    wanted = message.sources.get("sms_diacritics") or str(message.settings.get("diacritics") or "remove")
    return wanted == "remove" and not has_letters_beyond(text)


def replies_work(settings: Mapping[str, object]) -> bool:
    """Whether people can say no by replying: the sender is a number, and the answers come to us."""
    return str(settings.get("replies") or "no") == "yes" and can_be_answered(str(settings.get("sender") or ""))


def most_parts(settings: Mapping[str, object], size: Size) -> int:
    """How many parts one message may have: two unless somebody said otherwise, three in letters that take twice the room."""
    said = str(settings.get("max_parts") or "")
    return int(said) if said.isdigit() and int(said) else 3 if size.encoding == "ucs2" else 2


def shorteners_in(text: str, ours: tuple[str, ...] = ()) -> list[str]:
    """The shorteners that the text leads through, besides our own links."""
    for link in ours:
        text = text.replace(link, " ") if link else text
    return [host for host in (found[1].lower().removeprefix("www.") for found in _ADDRESS.finditer(text)) if host in SHORTENERS]


def _without_links(text: str, links: Links) -> str:
    for link in (links.restore, links.preferences):
        text = text.replace(link, "…") if link else text
    return text


def _view(message: Outgoing, out: str) -> dict[str, object]:
    """What a text may see: short, clean copies. Everything that is filled in has a greatest length, links excepted."""
    facts = message.facts
    person, cart, shop = (_section(facts, name) for name in ("person", "cart", "shop"))
    offer = _section(facts, "offer")
    name = _short(person.get("first_name"), _LONGEST_NAME)
    lines = cart.get("lines")
    shown = [_plain_section(line) for line in lines[:5] if isinstance(line, Mapping)] if isinstance(lines, list | tuple) else []
    return {
        "language": message.language,
        "link": message.links.restore,
        "stop": out,
        "shop": _plain_section(shop) | {"name": _short(shop.get("name") or message.sender.name)},
        "person": _plain_section(person) | {"first_name": name, "vocative": vocative(name, message.language, _gender(person))},
        "cart": _plain_section(cart) | {"lines": shown},
        "offer": _plain_section(offer) if offer.get("code") else None,
        "about": _plain_section(_section(facts, "about")),
    }


def _gender(person: Mapping[str, object]) -> str:
    gender = person.get("gender")
    return gender if isinstance(gender, str) else ""


def _section(facts: Mapping[str, object], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _plain_section(section: Mapping[str, Any]) -> dict[str, Any]:
    """Its plain values; what is nested stays out."""
    return {
        name: _short(value) if isinstance(value, str) else value
        for name, value in section.items()
        if value is None or isinstance(value, str | int | float)
    }


def _short(value: object, longest: int = _LONGEST_VALUE) -> str:
    """One line of printable text. Nothing of an address is ever cut: one that is too long is left out."""
    text = _SPACES.sub(" ", "".join(sign if sign.isprintable() else " " for sign in str(value or ""))).strip()
    if "://" in text:
        return text if len(text) <= 200 else ""
    return text if len(text) <= longest else text[: longest - 2].rstrip() + ".."


# The longest that merge fields can be, for whoever wants to know before anything is sent.
_WORST: Final[Mapping[str, object]] = {
    "person": {"first_name": "W" * _LONGEST_NAME, "gender": "f"},
    "cart": {
        "count": 100, "total": 123_456_789, "currency": "PLN", "stage": "payment",
        "lines": [{"name": "W" * _LONGEST_VALUE, "quantity": 99, "price": 12_345_678, "line_total": 123_456_789}] * 5,
    },
    "offer": {"code": "W" * 32, "kind": "percent", "value": 100, "expires": 1_796_000_000_000},
    "about": {"kind": "cart"},
}  # fmt: skip
_TOKEN = "W" * 28


def worst_case(message: Outgoing, address: str) -> Outgoing:
    """The same message with the longest that can be filled in. `address` is where links begin."""
    shop = _section(message.facts, "shop")
    links = Links(f"{address}/r/{_TOKEN}", f"{address}/u/{_TOKEN}")
    return msgspec.structs.replace(message, facts={**_WORST, "shop": dict(shop)}, links=links, recipient=Recipient(""))


def blank(template: str, language: str, settings: Mapping[str, object], shop: Sender, sources: Mapping[str, str]) -> Outgoing:
    """A message to nobody, to be measured."""
    return Outgoing(
        key="0" * 32, shop="", recipient=Recipient(""), sender=shop, template=template, language=language,
        facts={"shop": {"name": shop.name}, "cart": {"count": 2, "total": 34_900, "currency": "PLN", "lines": []}},
        links=Links("https://example.com/r/" + _TOKEN, "https://example.com/u/" + _TOKEN), settings=settings, sources=sources,
    )  # fmt: skip

"""A message as its reader sees it, while it is still being written: rendered by the channel, from the facts of real messages.

Only for the eye some things are changed afterwards: the mail's own dark styles are forced on or off, pictures are taken away, and
made-up goods get drawn pictures, so that nothing is fetched for them.
"""

import html
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import msgspec

from wraca.app.previews import Reader, Wanted, message_as_seen, reader_of, sample_message
from wraca.app.samples import MOST_LINES, PICTURE, Sample, Who, sample_offer
from wraca.console.composing.content import Content, sources_of
from wraca.console.doors import Visit
from wraca.console.wiring import wiring
from wraca.domain.events import Stage
from wraca.ports.channel import Misconfigured, Outgoing, Recipient, Refused, Rendered, TemplateProblem
from wraca.storage.queries import carts, people

CHANNEL = "email"
LINES = (1, 3, MOST_LINES)
STAGES: Mapping[str, Stage] = {"cart": Stage.CART, "payment": Stage.PAYMENT}

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="288" height="288" viewBox="0 0 144 144">'
    '<rect width="144" height="144" fill="#{0}"/><circle cx="72" cy="64" r="34" fill="#fff" opacity=".35"/>'
    '<rect x="44" y="92" width="56" height="30" rx="6" fill="#fff" opacity=".55"/></svg>'
)
_COLOURS = ("4d7c5a", "b08d3c", "7a5c46")
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_BOTH = re.compile(r"""(content="|color-schemes?:\s*)light dark""", re.IGNORECASE)
_SOURCE = re.compile(r"""(<img\b[^>]*?)\ssrc\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_BACKGROUND = re.compile(r"""\sbackground\s*=\s*"[^"]*"|url\([^)]*\)""", re.IGNORECASE)
_HIDDEN = re.compile(r'<div[^>]*style="[^"]*display:\s*none[^"]*"[^>]*>(.*?)</div>', re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")


class Look(msgspec.Struct, frozen=True):
    """What to look at: which made-up person and cart, or the chosen real ones; and how."""

    who: Who = "f"
    lines: int = 3
    has_offer: bool = False
    is_customer: bool = False
    stage: str = "cart"
    is_real: bool = False
    is_dark: bool = False
    has_pictures: bool = True

    @property
    def query(self) -> str:
        """The same as the end of an address; what is as usual is left out."""
        usual = Look()
        told = {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) != getattr(usual, name)}
        return urlencode({name: int(value) if isinstance(value, bool) else value for name, value in told.items()})


def look_of(asked: Mapping[str, str], *, has_reader: bool) -> Look:
    """The look that an address asks for; anything strange is as usual."""
    who, lines, stage = asked.get("who", ""), asked.get("lines", ""), asked.get("stage", "")
    known: dict[str, Who] = {"f": "f", "m": "m", "unknown": "unknown", "nameless": "nameless"}
    return Look(
        known.get(who, "f"),
        int(lines) if lines in {str(one) for one in LINES} else 3,
        asked.get("has_offer") == "1",
        asked.get("is_customer") == "1",
        stage if stage in STAGES else "cart",
        asked.get("is_real") == "1" and has_reader,
        asked.get("is_dark") == "1",
        asked.get("has_pictures", "1") != "0",
    )


class Seen(msgspec.Struct, frozen=True):
    """A message on the screen, or why there is none (`problem`, in English, with its line)."""

    sender: str = ""
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    problem: str = ""
    line: int = 0


def reader(visit: Visit, cart_id: str) -> Reader | None:
    """The person and the cart with this id; None where they are gone."""
    opened = carts.cart(visit.key, cart_id) if cart_id else None
    person = people.person(visit.key, opened.person) if opened else None
    return reader_of(visit.key.bucket, visit.key.shop, person, opened.cart) if opened and person else None


def seen(visit: Visit, template: str, language: str, content: Content, look: Look, chosen: Reader | None) -> Seen:
    """The message, drawn. Never raises for what somebody wrote."""
    try:
        message = _message(visit, template, language, sources_of(content, language, anchors=True), look, chosen)
        rendered = _rendered(message)
    except TemplateProblem as problem:
        return Seen(problem=str(problem), line=problem.line)
    except (Refused, Misconfigured) as problem:  # an address that nobody can write to
        return Seen(problem=str(problem))
    preheader = _HIDDEN.search(rendered.html)
    return Seen(
        message.sender.name,
        rendered.subject,
        html.unescape(_TAGS.sub("", preheader[1])).strip() if preheader else "",
        _for_the_eye(rendered.html, look),
        rendered.text,
    )


def _message(visit: Visit, template: str, language: str, sources: Mapping[str, str], look: Look, chosen: Reader | None) -> Outgoing:
    register, shop = wiring().register, visit.key.shop
    wanted = Wanted(template, language, _settings(visit), sources, CHANNEL)
    if chosen is not None and look.is_real:
        more = {"offer": sample_offer(register.shop(shop), visit.now)} if look.has_offer else {}
        return message_as_seen(register, shop, wanted, chosen, visit.now, more)
    return sample_message(register, shop, wanted, Recipient("anna@example.com"), visit.now, _sample(look))


def _sample(look: Look) -> Sample:
    return Sample(look.who, look.is_customer, STAGES[look.stage], look.lines, look.has_offer)


def _settings(visit: Visit) -> dict[str, object]:
    """Who the message is from; secrets stay where they are."""
    connection = wiring().register.connection(visit.key.shop, CHANNEL)
    known = ("from", "from_name", "reply_to")
    return {name: connection.settings[name] for name in known if name in connection.settings} if connection else {}


def _rendered(message: Outgoing) -> Rendered:
    return wiring().register.channels[CHANNEL].render(message)


def sample_to(visit: Visit, wanted: Wanted, recipient: Recipient, look: Look) -> Outgoing:
    """A test message: always with made-up goods, and without pictures that are nowhere."""
    sample = msgspec.structs.replace(_sample(look), has_pictures=False)
    return sample_message(wiring().register, visit.key.shop, wanted, recipient, visit.now, sample)


def _for_the_eye(page: str, look: Look) -> str:
    page = _SCHEME.sub(lambda asked: "(min-width: 0)" if (asked[1].lower() == "dark") == look.is_dark else "(max-width: 0)", page)
    page = _BOTH.sub(r"\1dark" if look.is_dark else r"\1light", page)
    if not look.has_pictures:
        return _BACKGROUND.sub("", _SOURCE.sub(r"\1", page))
    for number, colour in enumerate(_COLOURS):
        page = page.replace(PICTURE.format(number), "data:image/svg+xml," + quote(_SVG.format(colour)))
    return page

"""A message as a notification: what the worker in the browser reads and shows."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from wraca.channels.webpush.keys import encode
from wraca.channels.webpush.library import Words, built_in, way_out
from wraca.channels.webpush.sealing import ROOM
from wraca.ports.channel import Outgoing, Refused, TemplateProblem
from wraca.templating.liquid import TEXT, compile_liquid, run_liquid

_LONGEST: Final = {"title": 80, "body": 240, "action": 30}  # characters that systems show before they cut by themselves
_TOPIC: Final = 32  # characters, RFC 8030

_compiled = lru_cache(maxsize=512)(lambda source: compile_liquid(source, TEXT))


class Action(msgspec.Struct, frozen=True):
    """A button. The worker knows by its name where it leads."""

    action: str
    title: str


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload. `off` is the page where one can say no, `tag` is what a later message about the same replaces."""

    title: str
    body: str
    url: str
    tag: str
    by: Literal["wraca"]  # the worker leaves messages of others to others
    lang: str = ""
    icon: str = ""
    image: str = ""
    actions: tuple[Action, ...] = ()
    off: str = ""


def draw(message: Outgoing) -> Notice:
    """What the message says. Raises TemplateProblem."""
    words, view = _words(message), _view(message)
    said = {name: _filled(name, getattr(words, name), view) for name in _LONGEST}
    if not said["title"] or not said["body"]:
        raise TemplateProblem("a push message needs a title and a text")
    home = str(_section(message.facts, "shop").get("url") or "")
    lines = view["cart"]["lines"]
    return Notice(
        said["title"],
        said["body"],
        message.links.restore,
        topic_of(message),
        "wraca",
        message.language,
        _own(str(message.settings.get("icon") or ""), home),
        _own(str(lines[0].get("image_url") or ""), home) if lines else "",
        _actions(message, said["action"]),
        message.links.preferences,
    )


def _actions(message: Outgoing, action: str) -> tuple[Action, ...]:
    """Two buttons at most: where it leads, and the way out, as easy as it was to come in (trust L8)."""
    out = (Action("off", way_out(message.language)),) if message.links.preferences else ()
    return (*((Action("open", action),) if action else ()), *out)


def topic_of(message: Outgoing) -> str:
    """The same for every message about this visitor's cart: a newer reminder replaces the older one, shown or still waiting."""
    about = str(_section(message.facts, "about").get("kind") or "cart")
    return encode(sha256(f"{message.shop}|{message.recipient.address}|{about}".encode()).digest())[:_TOPIC]


def packed(notice: Notice, room: int = ROOM) -> bytes:
    """The payload, at most `room` bytes: the picture goes first, then as much of the text as must. Raises Refused."""
    raw = msgspec.json.encode(notice)
    if len(raw) > room and notice.image:
        notice = msgspec.structs.replace(notice, image="")
        raw = msgspec.json.encode(notice)
    while len(raw) > room:
        over = len(raw) - room
        kept = len(notice.body) - max(1, over // 4)  # one sign may be four bytes, or six of escapes
        if kept < 1:
            raise Refused("too_large", f"{len(raw)} bytes where {room} fit")
        notice = msgspec.structs.replace(notice, body=notice.body[: kept - 1].rstrip() + "…")
        raw = msgspec.json.encode(notice)
    return raw


def _words(message: Outgoing) -> Words:
    """The merchant's own words (sources `push_title`, `push_body`, `push_action`), else the built-in ones."""
    own = {name: message.sources.get(f"push_{name}", "") for name in _LONGEST}
    if own["title"] and own["body"]:
        return Words(**own)
    return built_in(message.template, message.language)


def _filled(name: str, source: str, view: dict[str, Any]) -> str:
    text = " ".join(run_liquid(_compiled(source), view).split())
    return text if len(text) <= _LONGEST[name] else text[: _LONGEST[name] - 1].rstrip() + "…"


def _view(message: Outgoing) -> dict[str, Any]:
    facts = message.facts
    cart, offer = _section(facts, "cart"), _section(facts, "offer")
    lines = cart.get("lines")
    shown = [dict(line) for line in lines[:5] if isinstance(line, Mapping)] if isinstance(lines, list | tuple) else []
    return {
        "language": message.language,
        "shop": dict(_section(facts, "shop")),
        "cart": {**cart, "lines": shown},
        "offer": dict(offer) if offer.get("code") else None,
        "about": dict(_section(facts, "about")),
    }


def _section(facts: Mapping[str, object], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _own(url: str, home: str) -> str:
    """A picture of the shop's own domain, over https: anything else would tell others who looks."""
    try:
        there, own = urlsplit(url), (urlsplit(home).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    host = there.hostname or ""
    return url if there.scheme == "https" and own and (host == own or host.endswith(f".{own}")) and len(url) <= 500 else ""

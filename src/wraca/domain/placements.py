"""What may be shown to this visitor on this page: a pure answer, with the reasons where it is no.

A placement is something the shop made for its own pages (a pop-up, a bar, a block, a form). Whoever said no is not asked again for
as long as its rules say; at most one thing that lies over the page is shown, and never two at once.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

import msgspec

from wraca.domain.events import Instant

Trigger: TypeAlias = Literal["load", "exit", "idle", "scroll", "cart"]
PlacementKind: TypeAlias = Literal["popup", "slide_in", "bar", "inline", "card"]
OVERLAYS: frozenset[str] = frozenset({"popup", "slide_in", "bar"})
SHORTEST_NO = 30  # days for which a "no" counts at the least

_DAY = 24 * 3600 * 1000
_AWAY = 30 * 60 * 1000  # ms without activity after which a visitor with a cart counts as returning
_MOST_INLINE = 4


class Rules(msgspec.Struct, frozen=True, omit_defaults=True):
    """When, to whom and how often. Empty or zero: does not matter."""

    trigger: Trigger = "load"
    after: int = 0  # seconds after the page is there; of idleness for "idle"
    scroll: int = 50  # percent of the page, for "scroll"
    place: str = ""  # the name in data-wraca-place, for "inline"
    pages: tuple[str, ...] = ()  # patterns of paths, such as /p/*; any of them
    not_pages: tuple[str, ...] = ()
    device: Literal["", "phone", "desktop"] = ""
    who: Literal["", "new", "known", "customer", "not_customer"] = ""
    cart: Literal["", "some", "none", "returned"] = ""  # returned: with a cart that was left half an hour ago or longer
    min_cart: int = 0  # minor units of the cart's currency
    audience: str = ""
    times: int = 3  # the most showings to one person; 0: no limit
    every: int = 1  # days between two showings to one person
    no_for: int = SHORTEST_NO  # days for which a "no" or a close is remembered; never less than SHORTEST_NO
    priority: int = 50


class Seen(msgspec.Struct, frozen=True):
    """How often this visitor was shown a placement, when last, and when they said no (0: never)."""

    times: int = 0
    last_at: Instant = 0
    refused_at: Instant = 0

    def joined(self, other: "Seen") -> "Seen":
        """What is known of the person and of the browser together."""
        return Seen(max(self.times, other.times), max(self.last_at, other.last_at), max(self.refused_at, other.refused_at))


class Visit(msgspec.Struct, frozen=True):
    """What is known of the visitor at this moment. `refused` are names that the browser itself remembers a no for."""

    now: Instant
    path: str = "/"
    trigger: Trigger = "load"
    device: Literal["", "phone", "desktop"] = ""
    is_known: bool = False
    is_customer: bool = False
    has_cart: bool = False
    cart_total: int | None = None
    cart_at: Instant = 0
    audiences: Collection[str] = ()
    seen: Mapping[str, Seen] = {}
    refused: Collection[str] = ()
    has_address: bool = False


class Placement(msgspec.Struct, frozen=True):
    """The newest active version of something to show."""

    name: str
    version: int
    kind: PlacementKind
    rules: Rules
    asks_address: bool = False  # holds a form: pointless for those whose address is proven


class Objection(StrEnum):
    """Why something is not shown."""

    OTHER_TRIGGER = "other_trigger"
    OTHER_PAGE = "other_page"
    OTHER_DEVICE = "other_device"
    OTHER_VISITOR = "other_visitor"
    OTHER_CART = "other_cart"
    SMALL_CART = "small_cart"
    OTHER_AUDIENCE = "other_audience"
    SAID_NO = "said_no"
    TOO_OFTEN = "too_often"
    TOO_SOON = "too_soon"
    ADDRESS_KNOWN = "address_known"


def objections(placement: Placement, visit: Visit) -> tuple[Objection, ...]:
    """Everything that speaks against showing it now; empty: it fits."""
    rules, seen = placement.rules, visit.seen.get(placement.name, Seen())
    against = {
        Objection.OTHER_TRIGGER: (rules.trigger == "cart") != (visit.trigger == "cart"),
        Objection.OTHER_PAGE: not _is_on_page(rules, visit.path),
        Objection.OTHER_DEVICE: bool(rules.device and visit.device) and rules.device != visit.device,
        Objection.OTHER_VISITOR: not _is_who(rules, visit),
        Objection.OTHER_CART: not _has_cart(rules, visit),
        Objection.SMALL_CART: rules.min_cart > 0 and (visit.cart_total or 0) < rules.min_cart,
        Objection.OTHER_AUDIENCE: bool(rules.audience) and rules.audience not in visit.audiences,
        Objection.SAID_NO: placement.name in visit.refused or _said_no(rules, seen, visit.now),
        Objection.TOO_OFTEN: 0 < rules.times <= seen.times,
        Objection.TOO_SOON: seen.times > 0 and visit.now - seen.last_at < rules.every * _DAY,
        Objection.ADDRESS_KNOWN: placement.asks_address and visit.has_address,
    }
    return tuple(reason for reason, applies in against.items() if applies)


def chosen(placements: Sequence[Placement], visit: Visit) -> tuple[Placement, ...]:
    """What to hand to the browser: for each trigger the most urgent overlay, for each place one block.

    The browser shows the first overlay whose moment comes, and no other on that page.
    """
    fitting = sorted((one for one in placements if not objections(one, visit)), key=lambda one: (-one.rules.priority, one.name))
    taken: dict[str, Placement] = {}
    for one in fitting:
        spot = one.rules.trigger if one.kind in OVERLAYS else f"{one.kind} {one.rules.place}"
        taken.setdefault(spot, one)
    overlays = [one for one in taken.values() if one.kind in OVERLAYS]
    inline = [one for one in taken.values() if one.kind not in OVERLAYS]
    return (*overlays, *inline[:_MOST_INLINE])


def _is_on_page(rules: Rules, path: str) -> bool:
    wanted = not rules.pages or any(fnmatchcase(path, pattern) for pattern in rules.pages)
    return wanted and not any(fnmatchcase(path, pattern) for pattern in rules.not_pages)


def _is_who(rules: Rules, visit: Visit) -> bool:
    match rules.who:
        case "new":
            return not visit.is_known
        case "known":
            return visit.is_known
        case "customer":
            return visit.is_customer
        case "not_customer":
            return not visit.is_customer
        case "":
            return True


def _has_cart(rules: Rules, visit: Visit) -> bool:
    match rules.cart:
        case "some":
            return visit.has_cart
        case "none":
            return not visit.has_cart
        case "returned":
            return visit.has_cart and visit.now - visit.cart_at >= _AWAY
        case "":
            return True


def _said_no(rules: Rules, seen: Seen, now: Instant) -> bool:
    return seen.refused_at > 0 and now - seen.refused_at < max(rules.no_for, SHORTEST_NO) * _DAY

"""Who asks what to show, and how things stand with them: two indexed reads."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from wraca.app.links import own_address
from wraca.app.showcase import Standing
from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Stage
from wraca.domain.identity import person_id
from wraca.domain.ids import MessageId, PersonId, RunId
from wraca.domain.journeys.about import About
from wraca.domain.people import Person
from wraca.domain.placements import Seen, Visit, chosen
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import placements as sql

_HOUR = 3600 * 1000
_LONGEST = 91 * 24 * _HOUR  # ms that a journey's message can wait at the most

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_about = msgspec.json.Decoder(About)


class Asked(msgspec.Struct, frozen=True):
    """One page view that asks. Only the browser's own id says who it is: whatever else a browser claims proves nothing."""

    anonymous_id: str
    path: str = "/"
    trigger: Literal["load", "exit", "idle", "scroll", "cart"] = "load"
    device: Literal["", "phone", "desktop"] = ""
    language: str = ""
    refused: tuple[str, ...] = ()
    is_showing: bool = False  # something lies over the page already


class Waiting(msgspec.Struct, frozen=True):
    """A journey's message that waits for its visitor."""

    template: str
    version: int
    ready_at: Instant
    about: About
    id: MessageId
    run: RunId
    journey: str


class Known(msgspec.Struct, frozen=True):
    """Who the visitor is, and how things stand with them."""

    shop: Shop
    person: Person
    browser: PersonId
    key: str
    is_known: bool
    waiting: tuple[Waiting, ...]
    seen: Mapping[str, Seen]
    cart: Cart | None
    facts: dict[str, Mapping[str, object]] = msgspec.field(default_factory=dict)  # by language, as they are asked for


class _AudienceRow(msgspec.Struct):
    audience: str


def read_visitor(tx: Transaction, shop: Shop, asked: Asked, now: Instant) -> Known:
    key = f"anonymous:{asked.anonymous_id}"
    browser = person_id(shop.id, key)
    rows = tx.all(sql.VISITOR, bucket=shop.bucket, shop=shop.id, key=key)
    person = _person.decode(rows[0][1]) if rows else Person(browser, now, now)
    found = tx.all(sql.VISITOR_NOW, bucket=shop.bucket, shop=shop.id, person=person.id, browser=browser, since=now - _LONGEST)
    waiting, seen, carts = [], dict[str, Seen](), []
    for what, name, number, at, refused_at, body, message, run, journey in found:
        if what == 1:
            waiting.append(Waiting(name, number, at, _about.decode(body), message, run, journey))
        elif what == 2:
            seen[name] = seen.get(name, Seen()).joined(Seen(number, at, refused_at or 0))
        else:
            carts.append(_cart.decode(body))
    cart = max((one for one in carts if one.is_waiting()), key=lambda one: (one.last_activity, one.id), default=None)
    return Known(shop, person, browser, key, bool(rows), tuple(waiting), seen, cart)


def fitting(tx: Transaction, known: Known, standing: Sequence[Standing], asked: Asked, now: Instant) -> list[Standing]:
    person, cart = known.person, known.cart
    total = cart.total if cart else None
    wanted = sorted({one.placement.rules.audience for one in standing} - {""})
    visit = Visit(
        now,
        asked.path,
        asked.trigger,
        asked.device,
        # A first page view makes somebody known to us within seconds: new is who was first seen on this very visit.
        is_known=known.is_known and now - person.first_seen > _HOUR,
        is_customer=person.is_customer,
        has_cart=cart is not None,
        cart_total=total.minor if total else None,
        cart_at=cart.last_activity if cart else 0,
        audiences=_audiences(tx, known, wanted) if wanted else (),
        seen=known.seen,
        refused=asked.refused,
        has_address=bool(person.email),
    )
    by_name = {one.placement.name: one for one in standing}
    return [by_name[one.name] for one in chosen([one.placement for one in standing], visit)]


def _audiences(tx: Transaction, known: Known, wanted: Sequence[str]) -> frozenset[str]:
    rows = [_AudienceRow(name) for name in wanted]
    found = tx.all(sql.AUDIENCES_OF_PERSON, rows, bucket=known.shop.bucket, shop=known.shop.id, person=known.person.id)
    return frozenset(audience for (audience,) in found)


def back_to(shop: Shop, cart: Cart | None) -> str:
    """Where the button to the cart leads."""
    own = own_address(shop, cart.checkout_url) if cart else ""
    return shop.restore_url if not own or (cart and cart.stage is Stage.CART) else own

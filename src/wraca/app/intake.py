"""Intake: events in, and in the same transaction everything that follows from them.

The whole of it, in order: keep what is new, find whose it is, fold it into people and carts, set timers, and, if somebody bought,
stop whatever was on its way to them. One transaction works in one bucket, set-based: the number of statements does not grow with
the number of events.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from wraca.app.errors import Busy, Conflict
from wraca.app.following import follow
from wraca.app.merging import fold_again, move_renamed, settle
from wraca.app.readers import note_readers
from wraca.app.shoppers import Collision, Entangled, Name, Place, Shoppers
from wraca.app.witnesses import add_events, witness
from wraca.domain.carts import Cart
from wraca.domain.events import Event, Identity, Instant, Stage
from wraca.domain.identity import anchor, known_by
from wraca.domain.ids import EventId, ShopId
from wraca.domain.webhooks import Hearer
from wraca.storage.database import Database, DatabaseBusy, DatabaseRace, Transaction
from wraca.storage.hot.rows import EventRow

_Known = tuple[EventRow, tuple[Identity, ...]]  # an event with the identities it proves

_TRIES = 8  # how often an intake that met another one over the same people starts again

Arrival: TypeAlias = tuple[ShopId, Sequence[Event]]


class Idle(msgspec.Struct, frozen=True):
    """What a shop's journeys want of intake.

    First, how long (ms) a cart is left alone before somebody looks at it: shorter where the payment page was left, or the payment
    failed. Then what else begins a journey or wakes a run: nothing of it costs a shop that has no such journey.
    """

    usual: int = 60 * 60 * 1000
    at_payment: int = 20 * 60 * 1000
    if_failed: int = 20 * 60 * 1000
    after_view: int | None = None  # ms after somebody looked at a product; None: nobody minds
    products: bool = False  # it is kept who wants which product
    low_stock: int = 0  # fewer pieces than this matter
    orders: bool = False  # an order begins something
    audiences: bool = False  # journeys put people into audiences
    awaits: frozenset[str] = frozenset()  # what runs may wait for
    keeps_more: bool = False  # there may be offers, audiences, interests or notices of its people
    hearers: tuple[Hearer, ...] = ()  # its webhooks
    newsletter: str = ""  # the secret of the links in its newsletter

    def wait_for(self, cart: Cart) -> int:
        """How long (ms) this cart is left alone."""
        if cart.stage is not Stage.PAYMENT:
            return self.usual
        return self.if_failed if cart.payment_failed else self.at_payment

    @property
    def is_wide(self) -> bool:
        """Whether anything but carts matters."""
        return bool(self.after_view is not None or self.products or self.low_stock or self.orders or self.audiences or self.awaits)


class _Lesson(msgspec.Struct):
    """What one try teaches the next: whom else to hold from the beginning, and which identities cannot be joined simply."""

    also: frozenset[Place] = frozenset()
    entangled: frozenset[Name] = frozenset()


def take_in(
    database: Database, bucket: int, arrivals: Sequence[Arrival], now: Instant, idle: Callable[[ShopId], Idle]
) -> list[int]:
    """Take these arrivals in, all or nothing; for each, how many of its events were known already. Raises Busy."""
    lesson = _Lesson()
    for _ in range(_TRIES):
        try:
            with database.write() as tx:
                return _take_in(tx, bucket, arrivals, now, idle, lesson)
        except Collision as collision:
            lesson.also |= collision.people
        except Entangled as entanglement:
            lesson.entangled |= entanglement.keys
        except (Conflict, DatabaseRace):
            continue
        except DatabaseBusy as problem:
            raise Busy(str(problem)) from problem
    raise Busy("the same people are being written by others; try again in a moment")


def _take_in(
    tx: Transaction,
    bucket: int,
    arrivals: Sequence[Arrival],
    now: Instant,
    idle: Callable[[ShopId], Idle],
    lesson: _Lesson,
) -> list[int]:
    rows: dict[tuple[ShopId, EventId], EventRow] = {}
    for shop, events in arrivals:
        for event in events:
            if (shop, event.id) not in rows:
                rows[shop, event.id] = EventRow(shop, event.id, event.at, anchor(event), event)
    new = add_events(tx, bucket, rows.values())
    if new:
        shoppers = Shoppers(tx, bucket)
        again = _fold(shoppers, [*new, *witness(tx, bucket, new)], lesson)
        regrouped = [fold_again(shoppers, shop, keys) for shop, keys in sorted(again.items())]
        shoppers.save()
        move_renamed(shoppers, lambda shop: idle(shop).keeps_more)
        for one in regrouped:
            settle(shoppers, one, now, lambda shop: idle(shop).keeps_more)
        taken = [(row.shop, row.payload) for row in new]
        follow(tx, bucket, shoppers, taken, now, idle)
        note_readers(tx, bucket, shoppers, taken, now, lambda shop: idle(shop).newsletter)
    return _duplicates(arrivals, {(row.shop, row.id) for row in new})


def _duplicates(arrivals: Sequence[Arrival], fresh: set[tuple[ShopId, EventId]]) -> list[int]:
    counted: list[int] = []
    for shop, events in arrivals:
        first_seen = {(shop, event.id) for event in events} & fresh
        fresh -= first_seen
        counted.append(len(events) - len(first_seen))
    return counted


def _fold(shoppers: Shoppers, new: Iterable[EventRow], lesson: _Lesson) -> dict[ShopId, set[str]]:
    """Fold what can simply go on top; return, by shop, the identities around which everything must be folded again."""
    mine = [(row, known_by(row.payload)) for row in new if row.anchor]
    shoppers.find({(row.shop, identity.key) for row, known in mine for identity in known}, lesson.also)
    again = _join(shoppers, mine, lesson.entangled)
    for row, _ in mine:
        if row.anchor not in again.get(row.shop, ()):
            shoppers.give(row.shop, row.anchor, row.payload)
    for shop, key, shopper, events in shoppers.given():
        if shopper.is_late(events[0]):
            again.setdefault(shop, set()).add(key)
        else:
            shopper.fold(events)
    return again


def _join(shoppers: Shoppers, mine: Sequence[_Known], entangled: frozenset[Name]) -> dict[ShopId, set[str]]:
    """Make one person's what was seen together, where that is simple; return, by shop, the identities where it is not."""
    again: dict[ShopId, set[str]] = {}
    linking = sorted((one for one in mine if len(one[1]) > 1), key=lambda one: one[0].payload.order)
    for row, known in linking:
        keys = sorted({identity.key for identity in known})
        if shoppers.are_one(row.shop, keys):
            continue
        if not entangled.isdisjoint((row.shop, key) for key in keys) or not shoppers.join(row.shop, keys):
            again.setdefault(row.shop, set()).update(keys)
    return again

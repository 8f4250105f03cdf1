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
from wraca.app.merging import fold_again, settle
from wraca.app.shoppers import Collision, Place, Shoppers
from wraca.app.witnesses import add_events, witness
from wraca.domain.events import Event, Instant
from wraca.domain.identity import anchor, known_by
from wraca.domain.ids import EventId, ShopId
from wraca.storage.database import Database, DatabaseBusy, DatabaseRace, Transaction
from wraca.storage.hot.rows import EventRow

_TRIES = 8  # how often an intake that met another one over the same people starts again

Arrival: TypeAlias = tuple[ShopId, Sequence[Event]]


class Idle(msgspec.Struct, frozen=True):
    """How long (ms) a cart of a shop is left alone before somebody looks at it; shorter where the payment page was left."""

    usual: int = 60 * 60 * 1000
    at_payment: int = 20 * 60 * 1000


def take_in(
    database: Database, bucket: int, arrivals: Sequence[Arrival], now: Instant, idle: Callable[[ShopId], Idle]
) -> list[int]:
    """Take these arrivals in, all or nothing; for each, how many of its events were known already. Raises Busy."""
    also: frozenset[Place] = frozenset()
    for _ in range(_TRIES):
        try:
            with database.write() as tx:
                return _take_in(tx, bucket, arrivals, now, idle, also)
        except Collision as collision:
            also |= collision.people
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
    also: frozenset[Place],
) -> list[int]:
    rows: dict[tuple[ShopId, EventId], EventRow] = {}
    for shop, events in arrivals:
        for event in events:
            if (shop, event.id) not in rows:
                rows[shop, event.id] = EventRow(shop, event.id, event.at, anchor(event), event)
    new = add_events(tx, bucket, rows.values())
    if new:
        shoppers = Shoppers(tx, bucket)
        again = _fold(shoppers, [*new, *witness(tx, bucket, new)], also)
        regrouped = [fold_again(shoppers, shop, keys) for shop, keys in sorted(again.items())]
        shoppers.save()
        for one in regrouped:
            settle(shoppers, one, now)
        follow(tx, bucket, shoppers, [(row.shop, row.payload) for row in new], now, idle)
    return _duplicates(arrivals, {(row.shop, row.id) for row in new})


def _duplicates(arrivals: Sequence[Arrival], fresh: set[tuple[ShopId, EventId]]) -> list[int]:
    counted: list[int] = []
    for shop, events in arrivals:
        first_seen = {(shop, event.id) for event in events} & fresh
        fresh -= first_seen
        counted.append(len(events) - len(first_seen))
    return counted


def _fold(shoppers: Shoppers, new: Iterable[EventRow], also: frozenset[Place]) -> dict[ShopId, set[str]]:
    """Fold what can simply go on top; return, by shop, the identities around which everything must be folded again."""
    mine = [(row, known_by(row.payload)) for row in new if row.anchor]
    shoppers.find({(row.shop, identity.key) for row, known in mine for identity in known}, also)
    again: dict[ShopId, set[str]] = {}
    for row, known in mine:
        if len(known) > 1 and not shoppers.are_one(row.shop, [identity.key for identity in known]):
            again.setdefault(row.shop, set()).update(identity.key for identity in known)
    for row, _ in mine:
        if row.anchor not in again.get(row.shop, ()):
            shoppers.give(row.shop, row.anchor, row.payload)
    for shop, key, shopper, events in shoppers.given():
        if shopper.is_late(events[0]):
            again.setdefault(shop, set()).add(key)
        else:
            shopper.fold(events)
    return again

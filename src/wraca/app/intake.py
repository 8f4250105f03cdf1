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
from wraca.app.merging import fold_again
from wraca.app.shoppers import Shoppers
from wraca.domain.events import Event, Instant
from wraca.domain.identity import anchor, known_by, pairs
from wraca.domain.ids import EventId, ShopId
from wraca.storage.database import Database, DatabaseBusy, Transaction
from wraca.storage.hot import intake as sql

_TRIES = 8  # how often an intake that met another one over the same people starts again

Arrival: TypeAlias = tuple[ShopId, Sequence[Event]]


class Idle(msgspec.Struct, frozen=True):
    """How long (ms) a cart of a shop is left alone before somebody looks at it; shorter where the payment page was left."""

    usual: int = 60 * 60 * 1000
    at_payment: int = 20 * 60 * 1000


class _EventRow(msgspec.Struct):
    shop: ShopId
    id: EventId
    at: int
    anchor: str
    payload: Event


def take_in(
    database: Database, bucket: int, arrivals: Sequence[Arrival], now: Instant, idle: Callable[[ShopId], Idle]
) -> list[int]:
    """Take these arrivals in, all or nothing; for each, how many of its events were known already. Raises Busy."""
    for _ in range(_TRIES):
        try:
            with database.write() as tx:
                return _take_in(tx, bucket, arrivals, now, idle)
        except Conflict:
            continue
        except DatabaseBusy as problem:
            raise Busy(str(problem)) from problem
    raise Busy("the same people are being written by others; try again in a moment")


def _take_in(tx: Transaction, bucket: int, arrivals: Sequence[Arrival], now: Instant, idle: Callable[[ShopId], Idle]) -> list[int]:
    rows = {
        (shop, event.id): _EventRow(shop, event.id, event.at, anchor(event), event) for shop, events in arrivals for event in events
    }
    ordered = sorted(rows.values(), key=lambda row: (row.shop, row.id))
    fresh = {event_id for (event_id,) in tx.all(sql.ADD_EVENTS, ordered, bucket=bucket)}
    new = [row for row in ordered if row.id in fresh]
    if new:
        shoppers = Shoppers(tx, bucket)
        again = _fold(shoppers, new)
        shoppers.save()
        for shop, keys in again.items():
            fold_again(shoppers, shop, keys, now)
        follow(tx, bucket, shoppers, [(row.shop, row.payload) for row in new], now, idle)
    return _duplicates(arrivals, fresh)


def _duplicates(arrivals: Sequence[Arrival], fresh: set[EventId]) -> list[int]:
    counted: list[int] = []
    unseen = set(fresh)
    for _, events in arrivals:
        first_seen = {event.id for event in events} & unseen
        unseen -= first_seen
        counted.append(len(events) - len(first_seen))
    return counted


def _fold(shoppers: Shoppers, new: Iterable[_EventRow]) -> dict[ShopId, set[str]]:
    """Fold what can simply go on top; return, by shop, the identities around which everything must be folded again."""
    mine = [row for row in new if row.anchor]
    shoppers.find({(row.shop, identity.key) for row in mine for identity in known_by(row.payload)})
    again: dict[ShopId, set[str]] = {}
    for row in mine:
        together = known_by(row.payload)
        if len(together) > 1 and any(not shoppers.are_linked(row.shop, *pair) for pair in pairs(together)):
            again.setdefault(row.shop, set()).update(identity.key for identity in together)
    for row in mine:
        if row.anchor not in again.get(row.shop, ()):
            shoppers.give(row.shop, row.anchor, row.payload)
    for shop, key, shopper, events in shoppers.given():
        if shopper.is_late(events[0]):
            again.setdefault(shop, set()).add(key)
        else:
            shopper.fold(events)
    return again

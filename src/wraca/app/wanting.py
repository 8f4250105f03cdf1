"""Who should be in an audience elsewhere (trust A1, A4, A11, L18).

Members who allowed ads, have not objected or bought since, are not held out for comparison, and have nothing in their carts of
which an ad platform must not know.
"""

from collections.abc import Iterator

import msgspec

from wraca.app.ledger import PersonRow, Place, unwant
from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.ports.audiences import Reachable
from wraca.storage.database import Database
from wraca.storage.hot import reconciling as sql

PORTION = 1_000
FIRST = "0" * 32
_LATELY = 90 * 24 * 3_600_000  # ms in which a cart says something of its owner

_cart = msgspec.json.Decoder(Cart)
_hashes = msgspec.json.Decoder(dict[str, str])


class _EntryRow(msgspec.Struct):
    person: str
    identifiers: dict[str, str]


class _CategoryRow(msgspec.Struct):
    category: str


def plan_place(database: Database, place: Place, now: Instant, looked_at: str = FIRST) -> str:
    """Bring the ledger up to date with what should be. Whatever happens meanwhile is seen the next time.

    Addresses change rarely: each time those of another portion of people are looked at, behind `looked_at`. Where to go on from.
    """
    if place.is_leaving:
        with database.write() as tx:
            tx.run(sql.DROP_UNTOLD_ALL, **place.here)
            tx.run(sql.UNWANT_ALL, now=now, **place.here)
        return FIRST
    barred = frozenset(_barred(database, place, now)) if place.rules.excluded else frozenset()
    _let_leave(database, place, barred, now)
    looked_at = _let_move(database, place, looked_at, now)
    _let_come(database, place, barred, now)
    return looked_at


def _let_leave(database: Database, place: Place, barred: frozenset[str], now: Instant) -> None:
    while True:
        with database.read() as tx:
            rows = [PersonRow(person) for (person,) in tx.all(sql.LEAVERS, most=PORTION, **place.here, **place.judging(now))]
        if rows:
            with database.write() as tx:
                unwant(tx, place, rows, now)
        if len(rows) < PORTION:
            break
    ordered = [PersonRow(person) for person in sorted(barred)]
    for start in range(0, len(ordered), PORTION):
        with database.write() as tx:
            unwant(tx, place, ordered[start : start + PORTION], now)


def _let_move(database: Database, place: Place, after: str, now: Instant) -> str:
    """Whoever has another address now is known by another hash: the old one goes, then they come anew."""
    with database.read() as tx:
        rows = tx.all(sql.THERE_AFTER, after=after, most=PORTION, **place.here)
    moved = [
        PersonRow(person)
        for person, known, email, phone in rows
        if place.sink.identifiers(Reachable(email, phone)) != _hashes.decode(known)
    ]
    if moved:
        with database.write() as tx:
            unwant(tx, place, moved, now)
    return rows[-1][0] if len(rows) == PORTION else FIRST


def _let_come(database: Database, place: Place, barred: frozenset[str], now: Instant) -> None:
    going = _going(database, place)
    after = FIRST
    while True:
        with database.read() as tx:
            rows = tx.all(sql.NEWCOMERS, after=after, most=PORTION, **place.here, **place.judging(now))
        coming = []
        for person, email, phone, *_ in rows:
            hashes = place.sink.identifiers(Reachable(email, phone))
            # The same hash under another person who is about to go: two turned out to be one. First the one goes.
            if hashes and person not in barred and going.isdisjoint(hashes.values()):
                coming.append(_EntryRow(person, hashes))
        if coming:
            with database.write() as tx:
                tx.run(sql.WANT, coming, now=now, **place.here)
        if len(rows) < PORTION:
            return
        after = rows[-1][0]


def _going(database: Database, place: Place) -> frozenset[str]:
    with database.read() as tx:
        rows = tx.all(sql.GOING, **place.here)
    return frozenset(hashed for (known,) in rows for hashed in _hashes.decode(known).values())


def _barred(database: Database, place: Place, now: Instant) -> Iterator[str]:
    """Members with something of an excluded category in a cart or an order of theirs."""
    here = {"bucket": place.bucket, "shop": place.shop}
    with database.read() as tx:
        categories = [_CategoryRow(category) for category in place.rules.excluded]
        keys = {key for (key,) in tx.all(sql.PRODUCTS_OF_CATEGORIES, categories, **here)}
    person, cart = FIRST, FIRST
    while keys:
        with database.read() as tx:
            rows = tx.all(
                sql.CARTS_OF_MEMBERS, **here, audience=place.audience, since=now - _LATELY, person=person, cart=cart, most=PORTION
            )
        for owner, _, body in rows:
            if any(line.key in keys or line.product_id in keys for line in _cart.decode(body).lines):
                yield owner
        if len(rows) < PORTION:
            return
        person, cart = rows[-1][:2]

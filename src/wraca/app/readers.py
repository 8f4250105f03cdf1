"""Whose key is whose in the shop's newsletter: written as people are taken in, and once for those who were there before."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from wraca.app.links import token_hash
from wraca.app.shoppers import Shoppers
from wraca.domain.events import Event, Instant
from wraca.domain.ids import PersonId, ShopId, bucket_of
from wraca.domain.newsletter import identities_of, reader_key
from wraca.storage.database import Database, Transaction
from wraca.storage.hot.newsletter import SAVE_READERS

_FOR_EVER = 20 * 365 * 24 * 3600 * 1000  # ms: these rows go with their person
_AT_ONCE = 500


class _ReaderRow(msgspec.Struct):
    shop: ShopId
    hash: str
    person: PersonId


def note_readers(
    tx: Transaction,
    bucket: int,
    shoppers: Shoppers,
    taken: Sequence[tuple[ShopId, Event]],
    now: Instant,
    secret_of: Callable[[ShopId], str],
) -> None:
    """In the transaction that took the events in. `secret_of`: the shop's secret for these links, "" where it has no block."""
    secrets = {shop: secret for shop in {shop for shop, _ in taken} if (secret := secret_of(shop))}
    if not secrets:
        return
    rows = [
        row
        for (shop, person), shopper in shoppers.people.items()
        if shop in secrets
        for row in _rows(shop, person, secrets[shop], shopper.person.email, shopper.person.user)
    ]
    _save(tx, bucket, rows, now)


def note_all(database: Database, shop: ShopId, secret: str, people: Iterable[tuple[PersonId, str, str]], now: Instant) -> int:
    """(id, address, customer number) of everybody who is known already; how many people. May be done again."""
    bucket, waiting, done = bucket_of(shop), [], 0
    for person, email, user in people:
        waiting += _rows(shop, person, secret, email, user)
        done += 1
        if len(waiting) >= _AT_ONCE:
            with database.write() as tx:
                _save(tx, bucket, waiting, now)
            waiting = []
    with database.write() as tx:
        _save(tx, bucket, waiting, now)
    return done


def _rows(shop: ShopId, person: PersonId, secret: str, email: str, user: str) -> list[_ReaderRow]:
    return [_ReaderRow(shop, token_hash(reader_key(secret, one)), person) for one in identities_of(email, user)]


def _save(tx: Transaction, bucket: int, rows: list[_ReaderRow], now: Instant) -> None:
    # One person's two addresses are two keys; of two people with one address the last is known by it.
    unique = {(row.shop, row.hash): row for row in rows}
    if unique:
        tx.run(SAVE_READERS, [unique[key] for key in sorted(unique)], bucket=bucket, until=now + _FOR_EVER)

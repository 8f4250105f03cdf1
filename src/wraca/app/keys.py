"""Whose write key is this, and from where may it be used?"""

from collections.abc import Sequence

import msgspec

from wraca.app.answers import KeyHolder
from wraca.app.shops import key_hash
from wraca.domain.events import Event, Instant
from wraca.domain.ids import EventId, ShopId, bucket_of
from wraca.ports.platform import ShopFacts
from wraca.storage.database import Database
from wraca.storage.hot import keys as sql

_origins = msgspec.json.Decoder(list[str])


class _ParkRow(msgspec.Struct):
    shop: ShopId
    id: EventId
    problem: str
    payload: Event


def find_key(database: Database, key: str) -> KeyHolder | None:
    """The shop that this key speaks for; None for an unknown or revoked one."""
    with database.read() as tx:
        rows = tx.all(sql.FIND_KEY, hash=key_hash(key))
    if not rows:
        return None
    kind, origins, shop, domain, currency, secret = rows[0]
    allowed = tuple(_origins.decode(origins)) or shop_origins(domain)
    return KeyHolder(ShopFacts(shop, domain, currency, secret), kind, allowed if kind == "browser" else ())


def shop_origins(domain: str) -> tuple[str, ...]:
    """The pages of a shop: its domain with and without www, or the very address where one is given."""
    if "://" in domain:
        return (domain.lower().rstrip("/"),)
    bare = domain.lower().removeprefix("www.")
    return (f"https://{bare}", f"https://www.{bare}")


def knows_origin(database: Database, origin: str) -> bool:
    """Whether any shop's pages live there: a browser's preflight asks before it shows a key."""
    with database.read() as tx:
        rows = tx.all(sql.ORIGINS)
    return any(origin in (_origins.decode(said) or shop_origins(domain)) or "*" in said for domain, said in rows)


def park_events(database: Database, shop: ShopId, events: Sequence[Event], problem: str, now: Instant) -> None:
    """Put events aside that intake cannot take, so that the others go on; they can be played again."""
    rows = [_ParkRow(shop, event.id, problem[:500], event) for event in events]
    with database.write() as tx:
        tx.run(sql.PARK, rows, bucket=bucket_of(shop), now=now)

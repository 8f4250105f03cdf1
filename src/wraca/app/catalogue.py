"""The shop's catalogue as Wraca keeps it: with what the prices were, and with word to whoever waits for a change."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from wraca.domain.events import Event, Instant, ProductTold
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.products import Change, Product, changes, observed, told
from wraca.storage.database import Database, DatabaseRace, Transaction
from wraca.storage.hot import catalogue as sql

_product = msgspec.json.Decoder(Product)
_TRIES = 8

# Called in the transaction that writes the products: what changed in one shop.
OnChanges: TypeAlias = Callable[[Transaction, int, ShopId, Sequence[Change], Instant], object]
_Place = tuple[ShopId, str]  # a shop and the key of a product


class _Key(msgspec.Struct):
    shop: ShopId
    key: str


class _ProductRow(msgspec.Struct):
    shop: ShopId
    key: str
    body: Product


def put_products(
    database: Database, shop: ShopId, products: Sequence[Product], now: Instant, on_changes: OnChanges | None = None
) -> list[Change]:
    """Write these products, new and changed, as the shop's list has them now; others stay as they are. What changed.

    Raises DatabaseBusy.
    """
    for _ in range(_TRIES - 1):
        try:
            return _put(database, shop, products, now, on_changes)
        except DatabaseRace:
            continue
    return _put(database, shop, products, now, on_changes)


def _put(database: Database, shop: ShopId, products: Sequence[Product], now: Instant, on_changes: OnChanges | None) -> list[Change]:
    said = {(shop, product.key): product for product in products}
    bucket = bucket_of(shop)
    with database.write() as tx:
        before = _held(tx, bucket, said)
        after = {place: observed(before.get(place), product, now) for place, product in said.items()}
        return _write(tx, bucket, before, after, now, on_changes).get(shop, [])


def take_told(
    tx: Transaction, bucket: int, taken: Iterable[tuple[ShopId, Event]], now: Instant, on_changes: OnChanges | None = None
) -> None:
    """Bring what servers told of products into the catalogue, in the order in which it happened.

    What came as history is remembered and starts nothing.
    """
    words = sorted(
        ((shop, event) for shop, event in taken if type(event.body) is ProductTold and event.source != "browser"),
        key=lambda one: one[1].order,
    )
    # History first: what is told now has the last word, and is compared with what was known before.
    for is_history in (True, False):
        part = [(shop, event) for shop, event in words if event.backfill is is_history]
        if part:
            _take(tx, bucket, part, now, None if is_history else on_changes)


def _take(tx: Transaction, bucket: int, words: Sequence[tuple[ShopId, Event]], now: Instant, on_changes: OnChanges | None) -> None:
    bodies = [(shop, event.body, min(event.at, now)) for shop, event in words if isinstance(event.body, ProductTold)]
    before = _held(tx, bucket, {(shop, body.key) for shop, body, _ in bodies})
    after = dict(before)
    for shop, body, at in bodies:
        place = (shop, body.key)
        after[place] = told(after.get(place), body, at)
    _write(tx, bucket, before, {place: one for place, one in after.items() if before.get(place) != one}, now, on_changes)


def _held(tx: Transaction, bucket: int, places: Iterable[_Place]) -> dict[_Place, Product]:
    keys = [_Key(shop, key) for shop, key in sorted(places)]
    if not keys:
        return {}
    return {(shop, key): _product.decode(body) for shop, key, body in tx.all(sql.HOLD_PRODUCTS, keys, bucket=bucket)}


def _write(
    tx: Transaction,
    bucket: int,
    before: dict[_Place, Product],
    after: dict[_Place, Product],
    now: Instant,
    on_changes: OnChanges | None,
) -> dict[ShopId, list[Change]]:
    if not after:
        return {}
    rows = [_ProductRow(*place, after[place]) for place in sorted(after)]
    tx.run(sql.PUT_PRODUCTS, rows, bucket=bucket, now=now)
    found: dict[ShopId, list[Change]] = {}
    for row in rows:
        found.setdefault(row.shop, []).extend(changes(before.get((row.shop, row.key)), row.body))
    for shop, changed in found.items():
        if changed and on_changes is not None:
            on_changes(tx, bucket, shop, changed, now)
    return found

"""The shop's catalogue as Wraca keeps it."""

from collections.abc import Sequence

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.products import Product
from wraca.storage.database import Database
from wraca.storage.hot import catalogue as sql


class _ProductRow(msgspec.Struct):
    shop: ShopId
    key: str
    body: Product


def put_products(database: Database, shop: ShopId, products: Sequence[Product], now: Instant) -> None:
    """Write these products, new and changed; others stay as they are."""
    rows = [_ProductRow(shop, product.key, product) for product in sorted(products, key=lambda each: each.key)]
    with database.write() as tx:
        tx.run(sql.PUT_PRODUCTS, rows, bucket=bucket_of(shop), now=now)

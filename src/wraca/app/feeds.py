"""Product feeds for ad platforms, under addresses that only whoever was told them knows.

A platform takes a product that is missing for one that is gone (trust A9): a catalogue that suddenly lost a third of itself is not
published, and the platform, answered with "later", keeps what it has, until the products are back or the merchant says that it is
right so.
"""

from collections.abc import Iterator

import msgspec

from wraca.app.errors import Busy
from wraca.app.feedfiles import FeedKind, Front, Item, item_of, written
from wraca.app.register import NoSuchShop, Register
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.products import Product
from wraca.storage.database import Database, DatabaseBusy
from wraca.storage.hot import feeds as sql
from wraca.storage.hot.catalogue import PRODUCTS_AFTER

_LOSS = 0.7  # of the products that the last good feed had: fewer than that, and it is not published
_LATER = 3_600  # seconds after which a platform may ask again
_PORTION = 500
_ID = 32  # hexadecimal digits of a shop's id, at the beginning of the key

_product = msgspec.json.Decoder(Product)


class Feed(msgspec.Struct, frozen=True):
    """A file that may be published."""

    content_type: str
    pieces: Iterator[bytes]


class Stopped(msgspec.Struct, frozen=True):
    """It is not published at the moment. `retry_after` in seconds."""

    retry_after: int = _LATER


def feed_key(register: Register, shop: ShopId) -> str:
    """What stands in the addresses of the shop's feeds; nobody can make it up."""
    return shop + register.seal.proof("feed", shop)


def product_feed(register: Register, key: str, name: str, now: Instant) -> Feed | Stopped | None:
    """The feed of this name; None for a key or a name that there is not. Raises Busy."""
    shop = ShopId(key[:_ID])
    if name not in set(FeedKind) or not register.seal.proves(key[_ID:], "feed", shop):
        return None
    kind = FeedKind(name)
    try:
        known = register.shop(shop)
        front = Front(known.name, known.home, known.currency, known.language)
        if not _may_be_published(register.database, shop, kind, sum(1 for _ in _items(register.database, shop, front, now)), now):
            return Stopped()
    except NoSuchShop:
        return None
    except DatabaseBusy as problem:
        raise Busy(str(problem)) from problem
    return Feed(kind.content_type, written(kind, front, _items(register.database, shop, front, now)))


def accept_loss(register: Register, shop: ShopId, kind: FeedKind) -> bool:
    """The merchant says that so few products are right: they are published from now on. False where nothing was stopped."""
    with register.database.write() as tx:
        accepted: int = tx.run(sql.ACCEPT, bucket=bucket_of(shop), shop=shop, kind=kind.value)
    return accepted > 0


def left_out(register: Register, shop: ShopId, now: Instant) -> tuple[int, int]:
    """How many products of the catalogue a feed has, and how many it cannot have: without a name, a price, a page or a picture."""
    known = register.shop(shop)
    front = Front(known.name, known.home, known.currency, known.language)
    told = total = 0
    for product in _products(register.database, shop):
        total += 1
        told += item_of(product, front, now) is not None
    return told, total - told


def _may_be_published(database: Database, shop: ShopId, kind: FeedKind, products: int, now: Instant) -> bool:
    here = {"bucket": bucket_of(shop), "shop": shop, "kind": kind.value}
    with database.write() as tx:
        before = tx.all(sql.PUBLISHED, **here)
        if products == 0 or (before and products <= before[0][0] * _LOSS):
            tx.run(sql.REFUSE, products=products, now=now, **here)
            return False
        tx.run(sql.PUBLISH, products=products, now=now, **here)
        return True


def _items(database: Database, shop: ShopId, front: Front, now: Instant) -> Iterator[Item]:
    return (item for product in _products(database, shop) if (item := item_of(product, front, now)) is not None)


def _products(database: Database, shop: ShopId) -> Iterator[Product]:
    after = ""
    while True:
        with database.read() as tx:
            rows = tx.all(PRODUCTS_AFTER, bucket=bucket_of(shop), shop=shop, after=after, most=_PORTION)
        for _, body in rows:
            yield _product.decode(body)
        if len(rows) < _PORTION:
            return
        after = rows[-1][0]

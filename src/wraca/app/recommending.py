"""Recommendations: what goes together is worked out now and then for a whole shop; a message only picks from it.

The work is bounded: the carts of 90 days, at most 200,000 of them, of people who did not object, read a portion at a time; only
products whose recommendations changed are written. Doing it twice, or by two workers at once, does no harm.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Line
from wraca.domain.ids import PersonId, ShopId, bucket_of
from wraca.domain.people import Permission
from wraca.domain.picking import MOST, Of, Pick, Shelf, Taste, Togetherness, candidates, others_than, picks_for
from wraca.domain.products import Product, is_reduced
from wraca.storage.database import Database, Transaction
from wraca.storage.hot import catalogue as sql
from wraca.storage.hot import outbox

_LATELY: Final = 90 * 24 * 3600 * 1000  # ms: taste older than that is another season's
_PORTION: Final = 500
_MOST_CARTS: Final = 200_000
_FIRST_ID: Final = "0" * 32

_product = msgspec.json.Decoder(Product)
_cart = msgspec.json.Decoder(Cart)
_consents = msgspec.json.Decoder(dict[str, Permission])
_OBJECTIONS: Final = ("email", "personalisation")


class PicksWanted(msgspec.Struct, frozen=True):
    """Somebody's cart, under a `key` by which the picks are found; `lines` as the cart has them."""

    key: str
    shop: ShopId
    person: PersonId
    lines: tuple[Line, ...]
    currency: str
    language: str
    of: Of = "together"
    most: int = MOST


class _ProductKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    key: str


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _ProductRow(msgspec.Struct):
    shop: ShopId
    key: str
    body: Product


class _Advice(msgspec.Struct, frozen=True):
    companions: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    bargains: tuple[str, ...] = ()


def recommend(database: Database, shop: ShopId, now: Instant) -> int:
    """Work out anew what goes together in this shop; how many products got other recommendations. Raises DatabaseBusy."""
    known = {product.key for product in _products(database, shop)}
    if not known:
        return 0
    together = Togetherness()
    for carts in _carts_by_person(database, shop, now):
        together.add({key for line in cart.lines if (key := _known_as(line, known))} for cart in carts)
    companions = together.companions()
    shelves = _shelves(_products(database, shop), together, now)
    changed = 0
    keys = sorted(known)
    for start in range(0, len(keys), _PORTION):
        changed += _save(database, shop, keys[start : start + _PORTION], companions, shelves)
    return changed


def _known_as(line: Line, known: set[str]) -> str:
    """The catalogue's key of a line; empty where the catalogue does not know it, whoever claims it."""
    return line.key if line.key in known else line.product_id if line.product_id in known else ""


def _products(database: Database, shop: ShopId) -> Iterator[Product]:
    after = ""
    while True:
        with database.read() as tx:
            rows = tx.all(sql.PRODUCTS_AFTER, bucket=bucket_of(shop), shop=shop, after=after, most=_PORTION)
        yield from (_product.decode(body) for _, body in rows)
        if len(rows) < _PORTION:
            return
        after = rows[-1][0]


def _carts(database: Database, shop: ShopId, now: Instant) -> Iterator[tuple[PersonId, Cart]]:
    person = cart = _FIRST_ID
    for _ in range(_MOST_CARTS // _PORTION):
        with database.read() as tx:
            found = tx.all(
                sql.CARTS_AFTER, bucket=bucket_of(shop), shop=shop, person=person, cart=cart, since=now - _LATELY, most=_PORTION
            )
        yield from (
            (PersonId(owner), _cart.decode(body)) for owner, _, body, consents, young in found if not _objected(consents, young)
        )
        if len(found) < _PORTION:
            return
        person, cart, *_ = found[-1]


def _objected(consents: str | None, young: str | None) -> bool:
    """Whether this person said no to messages or to being addressed as themselves (trust L9), or may be a minor (L19).

    Then their carts teach us nothing.
    """
    if young == "true":
        return True
    words = _consents.decode(consents) if consents else {}
    return any(channel in words and not words[channel].given for channel in _OBJECTIONS)


def _carts_by_person(database: Database, shop: ShopId, now: Instant) -> Iterator[list[Cart]]:
    for _, carts in groupby(_carts(database, shop, now), key=lambda one: one[0]):
        yield [cart for _, cart in carts]


def _shelves(
    products: Iterable[Product], together: Togetherness, now: Instant
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By category: the keys of the most wanted, and of the most wanted among the reduced."""
    shelves: dict[str, Shelf] = {}
    for product in products:
        if product.category and product.stock != 0 and product.url and product.name("") and product.prices:
            cheaper = any(is_reduced(product, currency, now) for currency in product.prices)
            shelf = shelves.setdefault(product.category, Shelf([]))
            shelf.products.append((together.having[product.key], product.key, cheaper))
    return {category: shelf.ranked() for category, shelf in shelves.items()}


def _save(
    database: Database,
    shop: ShopId,
    keys: Sequence[str],
    companions: Mapping[str, tuple[str, ...]],
    shelves: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
) -> int:
    """Write the recommendations of these products into them as they are now: prices may have changed while we counted."""
    bucket = bucket_of(shop)
    with database.write() as tx:
        held = tx.all(sql.HOLD_PRODUCTS, [_ProductKey(shop, key) for key in keys], bucket=bucket)
        rows = []
        for _, key, body in held:
            product = _product.decode(body)
            alike, bargains = shelves.get(product.category, ((), ()))
            advice = _Advice(
                others_than(product, companions.get(key, ())), others_than(product, alike), others_than(product, bargains)
            )
            if advice != _Advice(product.companions, product.alike, product.bargains):
                rows.append(_ProductRow(shop, key, msgspec.structs.replace(product, **msgspec.structs.asdict(advice))))
        if rows:
            tx.run(sql.SAVE_PICKS, rows, bucket=bucket)
    return len(rows)


def load_picks(tx: Transaction, bucket: int, wanted: Sequence[PicksWanted], now: Instant) -> dict[str, tuple[Pick, ...]]:
    """The picks of each wish, by its key: three statements, however many wishes."""
    if not wanted:
        return {}
    lines = {_ProductKey(one.shop, key) for one in wanted for line in one.lines for key in (line.key, line.product_id)}
    products = _catalogue(tx, bucket, lines)
    others = {
        _ProductKey(one.shop, key) for one in wanted for key in candidates(one.lines, products.get(one.shop, {}), one.of)
    } - lines
    if not others:
        return {one.key: () for one in wanted}
    for shop, more in _catalogue(tx, bucket, others).items():
        products[shop] = products[shop] | more
    bought = _bought(tx, bucket, wanted, now)
    picks = {}
    for one in wanted:
        taste = Taste(one.currency, one.language, bought.get((one.shop, one.person), frozenset()), one.of, one.most)
        picks[one.key] = picks_for(one.lines, products.get(one.shop, {}), taste, now)
    return picks


def _catalogue(tx: Transaction, bucket: int, keys: Iterable[_ProductKey]) -> dict[ShopId, dict[str, Product]]:
    rows = sorted(keys)
    found: dict[ShopId, dict[str, Product]] = {}
    for shop, key, body in tx.all(outbox.PRODUCTS, rows, bucket=bucket) if rows else ():
        found.setdefault(shop, {})[key] = _product.decode(body)
    return found


def _bought(tx: Transaction, bucket: int, wanted: Sequence[PicksWanted], now: Instant) -> dict[tuple[ShopId, PersonId], set[str]]:
    """Product ids that these people bought lately."""
    people = sorted({_PersonKey(one.shop, one.person) for one in wanted})
    bought: dict[tuple[ShopId, PersonId], set[str]] = {}
    for shop, person, body in tx.all(sql.BOUGHT_LATELY, people, bucket=bucket, since=now - _LATELY):
        bought.setdefault((shop, person), set()).update(line.product_id for line in _cart.decode(body).lines)
    return bought

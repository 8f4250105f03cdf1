"""Reviews kept as the shop reports them, and those that a message may quote.

Of their authors only a first name and an initial is kept, and nothing that leads to a person. Whoever is forgotten takes along the
reviews that came with events of theirs (domain.reviews.review_id finds the row from the event); others are words of the shop's own.
"""

from collections.abc import Iterable, Sequence

import msgspec

from wraca.domain.events import Event, Instant, Line, Reviewed
from wraca.domain.ids import ShopId
from wraca.domain.products import Product
from wraca.domain.reviews import (
    WORST_SHOWN,
    Opinion,
    Review,
    Score,
    cleaned,
    opinion,
    review_id,
    short_language,
    short_name,
    shortened,
)
from wraca.storage.database import Transaction
from wraca.storage.hot import outbox
from wraca.storage.hot import reviews as sql

_product = msgspec.json.Decoder(Product)
_MOST_ALIKE = 4  # products of the category that are asked for their reviews
_Place = tuple[ShopId, str]  # a shop and a product_id, or the key of a product


class ReviewsWanted(msgspec.Struct, frozen=True):
    """Somebody's cart, under a `key` by which the answer is found."""

    key: str
    shop: ShopId
    language: str
    lines: tuple[Line, ...]


class _ReviewRow(msgspec.Struct):
    shop: ShopId
    id: str
    product: str
    at: Instant
    rating: int | None
    text: str
    author: str
    language: str
    verified: bool | None


class _ProductKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    key: str


class _Asked(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    product: str
    language: str


def keep_reviews(tx: Transaction, bucket: int, taken: Iterable[tuple[ShopId, Event]]) -> None:
    """Write down the reviews among these events."""
    said = [(shop, event, event.body) for shop, event in taken if isinstance(event.body, Reviewed) and event.source != "browser"]
    if said:
        put_reviews(tx, bucket, [(shop, body, event.at, event.id) for shop, event, body in said])


def put_reviews(tx: Transaction, bucket: int, reviews: Iterable[tuple[ShopId, Reviewed, Instant, str]]) -> None:
    """Write down reviews, each with its moment and the name it goes by where the shop gave it no id of its own."""
    rows: dict[tuple[ShopId, str], _ReviewRow] = {}
    for shop, body, at, name in sorted(reviews, key=lambda one: one[2]):
        row = _row(shop, body, at, name)
        rows[shop, row.id] = row
    tx.run(sql.PUT_REVIEWS, [rows[key] for key in sorted(rows)], bucket=bucket)


def _row(shop: ShopId, body: Reviewed, at: Instant, name: str) -> _ReviewRow:
    identity = review_id(shop, body, name)
    words = cleaned(body.text), short_name(body.author), short_language(body.language)
    return _ReviewRow(shop, identity, body.product, at, body.rating, *words, body.verified)


def load_reviews(tx: Transaction, bucket: int, wanted: Sequence[ReviewsWanted]) -> dict[str, dict[str, object]]:
    """What a template sees of reviews, by the key of each wish: of the cart's products, else of others in their categories.

    Two statements; two more where a cart's own products have none. Nothing where nobody said anything.
    """
    if not wanted:
        return {}
    places = {(one.shop, key) for one in wanted for line in one.lines for key in (line.key, line.product_id)}
    catalogue = _catalogue(tx, bucket, places)
    found = _opinions(tx, bucket, [(one, tuple(dict.fromkeys(line.product_id for line in one.lines))) for one in wanted])
    speechless = [(one, _alike(one, catalogue)) for one in wanted if not found[one.key].shown]
    if elsewhere := [(one, products) for one, products in speechless if products]:
        catalogue |= _catalogue(tx, bucket, {(one.shop, product) for one, products in elsewhere for product in products})
        found |= _opinions(tx, bucket, elsewhere)
    return {one.key: _facts(one, found[one.key], catalogue) for one in wanted if found[one.key].shown}


def _alike(one: ReviewsWanted, catalogue: dict[_Place, Product]) -> tuple[str, ...]:
    """Product ids of the same categories, the most wanted first."""
    products = (catalogue.get((one.shop, line.key)) or catalogue.get((one.shop, line.product_id)) for line in one.lines)
    return tuple(dict.fromkeys(key.partition("/")[0] for product in products if product for key in product.alike))[:_MOST_ALIKE]


def _catalogue(tx: Transaction, bucket: int, places: Iterable[_Place]) -> dict[_Place, Product]:
    keys = [_ProductKey(*place) for place in sorted(places)]
    found = tx.all(outbox.PRODUCTS, keys, bucket=bucket) if keys else []
    return {(shop, key): _product.decode(body) for shop, key, body in found}


def _opinions(tx: Transaction, bucket: int, asked: Sequence[tuple[ReviewsWanted, tuple[str, ...]]]) -> dict[str, Opinion]:
    rows = sorted({_Asked(one.shop, product, short_language(one.language)) for one, products in asked for product in products})
    reviews: dict[_Asked, list[Review]] = {}
    scores: dict[_Asked, Score] = {}
    for shop, language, *said, rated, stars in tx.all(sql.REVIEWS_OF, rows, bucket=bucket, worst=WORST_SHOWN) if rows else ():
        identity, product, at, rating, text, author, spoken, verified = said
        place = _Asked(shop, product, language)
        review = Review(identity, product, at, rating, text, author, spoken, None if verified is None else bool(verified))
        reviews.setdefault(place, []).append(review)
        scores[place] = Score(int(rated), int(stars or 0))
    answers = {}
    for one, products in asked:
        language = short_language(one.language)
        places = [_Asked(one.shop, product, language) for product in products]
        said = [review for place in places for review in reviews.get(place, ())]
        answers[one.key] = opinion(said, [scores[place] for place in places if place in scores], language)
    return answers


def _facts(one: ReviewsWanted, said: Opinion, catalogue: dict[_Place, Product]) -> dict[str, object]:
    variants = {line.product_id: line.key for line in one.lines}
    return {
        "reviews": [
            {
                "text": shortened(review.text),
                "rating": review.rating,
                "author": review.author,
                "product": _name(one, review.product, variants.get(review.product, ""), catalogue),
                "verified": review.verified,
            }
            for review in said.shown
        ],
        "reviews_average": said.average,
        "reviews_count": said.count,
        "reviews_note": said.note,
    }


def _name(one: ReviewsWanted, product: str, variant: str, catalogue: dict[_Place, Product]) -> str:
    known = catalogue.get((one.shop, product)) or catalogue.get((one.shop, variant))
    return known.name(one.language) if known else ""

"""What else might please somebody with these things in the cart: worked out at night, chosen and checked when a message goes."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, Literal

import msgspec

from wraca.domain.events import Instant, Line
from wraca.domain.products import Product, is_reduced, lowest_30d, may_be_shown

KEPT: Final = 8  # keys of each kind that a product remembers
MOST: Final = 4  # picks in a message
_ENOUGH: Final = 4 * MOST  # candidates that are looked at: some will be sold out, bought or without a price
_PEOPLE: Final = 2  # fewer different people than that prove no taste
_LIFT: Final = 1.2  # together so much more often than by chance
_WIDEST: Final = 30  # products of one person that count: whoever had everything shows nothing
_MOST_PAIRS: Final = 1_000_000  # held in memory; what was seen once is dropped first

Of = Literal["together", "discounted"]


class Pick(msgspec.Struct, frozen=True):
    """A product to recommend, by the catalogue's word alone. Prices in minor units; `was` only beside a genuine reduction."""

    key: str
    name: str
    url: str
    image_url: str
    price: int
    currency: str
    was: int | None = None  # the lowest price of the 30 days before the reduction


class Togetherness:
    """Which products the same people had in one cart. Mutable: counts person after person."""

    def __init__(self) -> None:
        self.people = 0
        self.having: Counter[str] = Counter()  # how many people had it
        self._pairs: Counter[tuple[str, str]] = Counter()

    def add(self, carts: Iterable[Collection[str]]) -> None:
        """One person's carts, each a set of keys of products: what they had twice counts once."""
        had: set[str] = set()
        together: set[tuple[str, str]] = set()
        for cart in carts:
            some = sorted(cart)[:_WIDEST]
            had.update(some)
            together.update(combinations(some, 2))
        if had:
            self.people += 1
            self.having.update(had)
            self._pairs.update(sorted(together)[: _WIDEST * _WIDEST])
        if len(self._pairs) > _MOST_PAIRS:
            self._pairs = Counter({pair: count for pair, count in self._pairs.items() if count >= _PEOPLE})

    def companions(self) -> dict[str, tuple[str, ...]]:
        """For each product those that are with it more often than by chance, the most telling first."""
        found: dict[str, list[tuple[float, int, str]]] = {}
        for (one, other), count in self._pairs.items():
            lift = count * self.people / (self.having[one] * self.having[other])
            if count >= _PEOPLE and lift >= _LIFT:
                found.setdefault(one, []).append((-lift, -count, other))
                found.setdefault(other, []).append((-lift, -count, one))
        return {key: tuple(other for _, _, other in sorted(others)[:KEPT]) for key, others in found.items()}


class Shelf(msgspec.Struct):
    """The products of one category that could be shown, as (popularity, key, is it cheaper than before)."""

    products: list[tuple[int, str, bool]] = []

    def ranked(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The keys of the most wanted, and of the most wanted among the reduced; more than are kept, as each leaves itself out."""
        ordered = sorted(self.products, key=lambda one: (-one[0], one[1]))
        some = 2 * KEPT
        return tuple(key for _, key, _ in ordered[:some]), tuple([key for _, key, cheaper in ordered if cheaper][:some])


def others_than(product: Product, keys: Iterable[str]) -> tuple[str, ...]:
    """These keys without the product itself and its variants."""
    return tuple([key for key in keys if key.partition("/")[0] != product.product_id][:KEPT])


def candidates(lines: Iterable[Line], products: Mapping[str, Product], of: Of = "together") -> tuple[str, ...]:
    """The keys of what could be recommended with these lines, the best first, some more than a message needs.

    Companions and then the categories of the lines; for "discounted" what is reduced in these categories, and then companions.
    """
    known = [product for line in lines if (product := products.get(line.key) or products.get(line.product_id))]
    companions = [product.companions for product in known]
    others = [product.bargains if of == "discounted" else product.alike for product in known]
    kinds = (others, companions) if of == "discounted" else (companions, others)
    return tuple(dict.fromkeys(key for kind in kinds for key in _in_turn(kind)))[:_ENOUGH]


def _in_turn(lists: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first of each list, then the second of each: no product of the cart speaks alone."""
    for place in range(max(map(len, lists), default=0)):
        yield from (keys[place] for keys in lists if place < len(keys))


class Taste(msgspec.Struct, frozen=True):
    """For whom picks are made: the currency of the cart, the language, product ids bought lately, what is asked for."""

    currency: str
    language: str
    bought: Collection[str] = ()
    of: Of = "together"
    most: int = MOST


def picks_for(lines: Sequence[Line], products: Mapping[str, Product], taste: Taste, now: Instant) -> tuple[Pick, ...]:
    """Products to recommend with these lines, the best first; with `of` "discounted" only genuinely reduced ones.

    `products` are the catalogue's, by key: those of the lines and their candidates. Never what is sold out, in the cart, bought
    lately, without name, page or price in this currency, or known only from a browser. Two variants are one product.
    """
    left_out = {*taste.bought, *(line.product_id for line in lines), *(line.key.partition("/")[0] for line in lines)}
    picks: list[Pick] = []
    for key in candidates(lines, products, taste.of):
        product = products.get(key)
        if product is None or not {key, product.product_id}.isdisjoint(left_out) or not may_be_shown(product, taste.currency):
            continue
        pick = _pick(product, taste, now)
        if taste.of == "together" or pick.was is not None:
            picks.append(pick)
            left_out.add(product.product_id)
        if len(picks) >= taste.most:
            break
    return tuple(picks)


def _pick(product: Product, taste: Taste, now: Instant) -> Pick:
    currency = taste.currency
    was = lowest_30d(product, currency, now) if is_reduced(product, currency, now) else None
    name = product.name(taste.language)
    return Pick(product.key, name, product.url, product.image_url, product.prices[currency], currency, was)

"""A product as the shop's own catalogue has it, what became of its price and stock, and what a message may show of it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from wraca.domain.events import Instant, Line, ProductTold
from wraca.domain.pricing import Past, lowest_before, recorded

_DAY: Final = 24 * 3600 * 1000
_LIVE: Final = 15 * 60 * 1000  # how long a number of pieces is live enough to speak of the last ones
_replace = msgspec.structs.replace


class Product(msgspec.Struct, frozen=True, omit_defaults=True):
    """`names` by language with "" as the fallback; `prices` in minor units by currency; `stock` is None where nobody counts.

    The last three tuples are keys of other products, the best first, worked out every night (app/recommending.py).
    """

    key: str
    names: dict[str, str] = {}
    prices: dict[str, int] = {}
    url: str = ""
    image_url: str = ""
    category: str = ""
    brand: str = ""
    stock: int | None = None
    updated_at: Instant = 0
    history: tuple[Past, ...] = ()
    priced_at: Instant = 0  # when somebody last looked at the price
    stocked_at: Instant = 0  # when somebody last counted
    live: bool = False  # the shop's server tells each change of the price as it happens
    back_at: Instant = 0  # when it could be had again after it was sold out; 0: it never was, or still is
    companions: tuple[str, ...] = ()  # bought or put into carts together with it
    alike: tuple[str, ...] = ()  # of its category, the most wanted first
    bargains: tuple[str, ...] = ()  # of its category, cheaper than in the 30 days before

    @property
    def product_id(self) -> str:
        """The key without its variant."""
        return self.key.partition("/")[0]

    def name(self, language: str) -> str:
        """The name in this language, else in the shop's own."""
        return self.names.get(language.partition("-")[0]) or self.names.get("") or next(iter(self.names.values()), "")


class Change(msgspec.Struct, frozen=True):
    """What happened to a product: its price in one currency, or (with no currency) only its stock. Prices in minor units."""

    product: str  # its key
    currency: str
    was_price: int | None
    price: int | None
    was_stock: int | None
    stock: int | None


def observed(before: Product | None, said: Product, at: Instant) -> Product:
    """A whole product as a catalogue lists it at `at`, with what is remembered of it."""
    known = before or Product(said.key)
    past = recorded(_past(known), said.prices, at, seen_at=_seen_at(known), live=known.live)
    return _replace(
        said,
        updated_at=at,
        history=past,
        priced_at=at,
        stocked_at=0 if said.stock is None else at,
        live=known.live,
        back_at=_back_at(known, said.stock, at),
        companions=known.companions,
        alike=known.alike,
        bargains=known.bargains,
    )


def told(before: Product | None, word: ProductTold, at: Instant) -> Product:
    """The product after its shop's server told something of it; what it did not mention stays. An older word changes nothing."""
    known = before or Product(word.key)
    if at < known.updated_at:
        return known
    changes: dict[str, object] = {name: said for name in ("url", "image_url", "category", "brand") if (said := getattr(word, name))}
    if word.names:
        changes["names"] = known.names | word.names
    if word.price is not None:
        prices = known.prices | {word.currency: word.price}
        past = recorded(_past(known), prices, at, seen_at=_seen_at(known), live=known.live)
        changes |= {"prices": prices, "history": past, "priced_at": at, "live": True}
    if word.stock is not None:
        changes |= {"stock": word.stock, "stocked_at": at, "back_at": _back_at(known, word.stock, at)}
    return _replace(known, updated_at=at, **changes)


def _back_at(known: Product, stock: int | None, at: Instant) -> Instant:
    if stock == 0:
        return 0
    return at if stock and known.stock == 0 else known.back_at


def _past(known: Product) -> tuple[Past, ...]:
    """What is remembered; of a product stored before prices were, that it had its prices when it was stored."""
    if known.history or not known.updated_at:
        return known.history
    return tuple(Past(known.updated_at, currency, price) for currency, price in sorted(known.prices.items()))


def _seen_at(known: Product) -> Instant:
    return known.priced_at or known.updated_at


def changes(before: Product | None, after: Product) -> Iterator[Change]:
    """What changed; a product that was not there before did not change."""
    if before is None:
        return
    stocks = (before.stock, after.stock)
    priced = [
        currency
        for currency in sorted({*before.prices, *after.prices})
        if before.prices.get(currency) != after.prices.get(currency)
    ]
    for currency in priced:
        yield Change(after.key, currency, before.prices.get(currency), after.prices.get(currency), *stocks)
    if not priced and before.stock != after.stock:
        yield Change(after.key, "", None, None, *stocks)


def lowest_30d(product: Product, currency: str, now: Instant) -> int | None:
    """The lowest price of the 30 days before the present reduction (before now, where there is none); None where nobody knows."""
    return lowest_before(_past(product), currency, now, seen_at=_seen_at(product), live=product.live)


def is_reduced(product: Product, currency: str, now: Instant) -> bool:
    """Whether it genuinely costs less than in the 30 days before: only then may a message say so."""
    price, lowest = product.prices.get(currency), lowest_30d(product, currency, now)
    return price is not None and lowest is not None and price < lowest


def may_be_shown(product: Product, currency: str) -> bool:
    """Whether the catalogue says all that a message needs to show it, and it can be had."""
    return product.stock != 0 and bool(product.url and product.name("")) and product.prices.get(currency) is not None


def shown_line(line: Line, product: Product | None, currency: str, language: str) -> Line | None:
    """The line as a message shows it now; None when nobody who may be believed says what it is, or it is sold out."""
    if product is None:
        return _replace(line, name=line.name or line.product_id) if line.trusted else None
    if product.stock == 0:
        return None
    name = product.name(language) or (line.name if line.trusted else "")
    if not name:
        return None
    return _replace(
        line,
        name=name,
        price=product.prices.get(currency, line.price if line.trusted else None),
        url=product.url or (line.url if line.trusted else ""),
        image_url=product.image_url or (line.image_url if line.trusted else ""),
        trusted=True,
    )


def line_facts(line: Line, product: Product | None, currency: str, language: str, now: Instant) -> dict[str, object] | None:
    """What a template sees of a line of the cart, with `line` as the cart has it; None where the line may not be shown.

    Prices in minor units. `stock` only where it was counted in the last 24 hours, `stock_is_live` where in the last quarter of an
    hour: "only 2 left" needs the latter. `was_price` is what the person saw in the cart, where the shop's own server had said it.
    """
    shown = shown_line(line, product, currency, language)
    if shown is None:
        return None
    lowest = lowest_30d(product, currency, now) if product else None
    counted_at = product.stocked_at if product else 0
    was = line.price if line.trusted and line.price != shown.price else None
    # A word about the variant that only a browser said is shown no more than a name.
    is_believed = line.trusted or (product is not None and product.key == line.key)
    return {
        "name": shown.name,
        "quantity": shown.quantity,
        "price": shown.price,
        "line_total": None if shown.price is None else shown.price * shown.quantity,
        "url": shown.url,
        "image_url": shown.image_url,
        "variant": line.variant if is_believed else "",
        "stock": product.stock if product and now - counted_at <= _DAY else None,
        "stock_at": counted_at or None,
        "stock_is_live": product is not None and product.stock is not None and now - counted_at <= _LIVE,
        "lowest_30d": lowest,
        "was_price": was,
        "reduced": shown.price is not None and lowest is not None and shown.price < lowest,
    }

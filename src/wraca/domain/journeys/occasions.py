"""Which journeys an occasion starts now for one person, and when to look again. Pure; asked whenever the person's timer fires.

An occasion is whatever begins a journey and is no abandoned cart: products somebody looked at, a price that fell, stock that came
or goes, an order, an audience. Nothing from before a journey's activation begins it, and everything begins it at most once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Line
from wraca.domain.ids import CartId
from wraca.domain.journeys import triggers
from wraca.domain.journeys.about import About
from wraca.domain.journeys.conditions import judged
from wraca.domain.journeys.durations import DAY
from wraca.domain.journeys.watch import Candidate
from wraca.domain.people import Person, View
from wraca.domain.products import Product

FRESH: Final = 3 * DAY  # how long a price, a stock, an order or a joining is news
REMEMBERED: Final = 7 * DAY  # how long somebody who looked at a product still thinks of it
WANTED: Final = 60 * DAY  # how long somebody who looked at a product wants to hear of its price or stock
MOST_PRODUCTS: Final = 6  # in one message


class Bought(msgspec.Struct, frozen=True):
    """An order of the person that was not cancelled and did not fail."""

    number: str
    at: Instant


class Earlier(msgspec.Struct, frozen=True):
    """A run of the same journey that the person had, or has."""

    started_at: Instant
    about: About = About()


class Invited(msgspec.Struct, frozen=True):
    """An active journey that begins with an occasion, and what this person already had of it."""

    candidate: Candidate
    earlier: tuple[Earlier, ...] = ()


class Surroundings(msgspec.Struct, frozen=True):
    """All that the decision looks at, read live. `products` are the catalogue's by key; `currency` is the shop's."""

    person: Person
    carts: tuple[Cart, ...] = ()  # open ones
    products: Mapping[str, Product] = {}
    orders: tuple[Bought, ...] = ()
    audiences: Mapping[str, Instant] = {}  # by name, when they joined
    currency: str = ""
    values: Mapping[str, object] | None = None  # for the journeys' filters; None leaves the filters to the engine


class Beginning(msgspec.Struct, frozen=True):
    """A run to start. `cart` is None where the run has none; `named` is what began it: the same occasion, the same word."""

    journey: str
    version: int
    about: About
    cart: CartId | None
    named: str
    due: Instant  # when it was to begin, which may be before anybody looked


class _Ready(msgspec.Struct, frozen=True):
    """An occasion that is there: from `at` on, until `until`, its journey may begin."""

    about: About
    cart: CartId | None
    named: str
    at: Instant
    until: Instant


class _Wanted(msgspec.Struct, frozen=True):
    """A product somebody has in the cart or looked at. `price` is what they saw, in minor units; None where nobody knows."""

    product: Product
    since: Instant  # when they took an interest
    price: int | None
    currency: str
    cart: CartId | None


_Look: TypeAlias = "_Ready | None"


def watch_person(around: Surroundings, invited: Sequence[Invited], now: Instant) -> tuple[tuple[Beginning, ...], Instant | None]:
    """The journeys to start now, most urgent first, and the next instant (always later than `now`) at which that may change."""
    found: list[tuple[int, Beginning]] = []
    looks: list[Instant] = []
    for one in invited:
        ready = None if one.candidate.is_running else _occasion(around, one, now)
        if ready is None:
            continue
        candidate = one.candidate
        at = ready.at if candidate.last_start is None else max(ready.at, candidate.last_start + candidate.plan.reentry)
        if max(at, now) > ready.until:
            continue
        if at > now:
            looks.append(at)
        elif around.values is None or all(judged(source, around.values).holds for source in candidate.plan.filters):
            begun = Beginning(candidate.plan.journey, candidate.version, ready.about, ready.cart, ready.named, at)
            found.append((-candidate.plan.priority, begun))
    found.sort(key=lambda pair: (pair[0], pair[1].journey))
    return tuple(begun for _, begun in found), min(looks, default=None)


def _occasion(around: Surroundings, one: Invited, now: Instant) -> _Look:
    match one.candidate.plan.trigger:
        case triggers.BrowseAbandoned() as trigger:
            return _browse(around, one, trigger, now)
        case triggers.PriceDropped(by):
            return _news(around, one, "price", lambda wanted: _fell_at(wanted, by, one, now), now)
        case triggers.BackInStock():
            return _news(around, one, "stock", lambda wanted: _came_back_at(wanted, one), now)
        case triggers.LowStock(below):
            return _news(around, one, "low_stock", lambda wanted: _ran_low_at(wanted, below, one, now), now)
        case triggers.OrderPlaced():
            return _order(around, one)
        case triggers.AudienceJoined() as trigger:
            return _joining(around, one, trigger)
        case _:
            return None  # a cart begins it: see watch.py


# --- looked, and went ---------------------------------------------------------------------------------------------------------


def _browse(around: Surroundings, one: Invited, trigger: triggers.BrowseAbandoned, now: Instant) -> _Look:
    had = one.candidate.last_start or 0
    views = [view for view in around.person.views if view.at >= max(one.candidate.activated_at, now - REMEMBERED) and view.at > had]
    if len(views) < trigger.views or any(cart.is_waiting() for cart in around.carts):
        return None
    if around.person.last_order_at >= min(view.at for view in views):
        return None
    views.sort(key=lambda view: (-view.at, view.product))
    last = views[0].at
    known = [product for view in views if (product := _viewed(around.products, view)) is not None]
    # A product that the catalogue does not know may not be named, but the visit was one.
    shown = tuple(product.key for product in known) or tuple(view.product for view in views)
    about = About("browse", shown[:MOST_PRODUCTS], prices=_prices(known[:MOST_PRODUCTS], around.currency))
    return _Ready(about, None, str(last), last + trigger.idle, last + max(REMEMBERED, trigger.idle + DAY))


# --- news of a product --------------------------------------------------------------------------------------------------------


def _news(around: Surroundings, one: Invited, kind: str, happened: Callable[[_Wanted], Instant | None], now: Instant) -> _Look:
    """All the products of which there is such news, in one run: those in the cart first, then the latest looked at."""
    since = one.candidate.activated_at
    new: dict[str, tuple[_Wanted, Instant]] = {}
    for wanted in _interests(around, now):
        # What was bought since is no news, nor what happened before the journey was there.
        if wanted.since < since or around.person.last_order_at >= wanted.since or wanted.product.stock == 0:
            continue
        at = happened(wanted)
        if at is not None and since <= at <= now < at + FRESH:
            new.setdefault(wanted.product.key, (wanted, at))
    if not new:
        return None
    told = list(new.values())[:MOST_PRODUCTS]
    prices = {wanted.product.key: price for wanted, _ in told if (price := wanted.product.prices.get(wanted.currency)) is not None}
    cart = next((wanted.cart for wanted, _ in told if wanted.cart is not None), None)
    named = "/".join(f"{wanted.product.key}@{at}" for wanted, at in sorted(told, key=lambda pair: pair[0].product.key))
    first = min(at for _, at in told)
    return _Ready(About(kind, tuple(new)[:MOST_PRODUCTS], prices=prices), cart, named, first, first + FRESH)


def _interests(around: Surroundings, now: Instant) -> Iterator[_Wanted]:
    for cart in around.carts:
        if not cart.is_waiting() or cart.backfilled:
            continue
        for line in cart.lines:
            if (product := _lined(around.products, line)) is not None:
                currency = cart.currency or around.currency
                # What only a browser said of a price is no price that fell.
                seen = line.price if line.trusted else price_at(product, currency, cart.started_at)
                yield _Wanted(product, cart.started_at, seen, currency, cart.id)
    for view in reversed(around.person.views):
        if view.at > now - WANTED and (product := _viewed(around.products, view)) is not None:
            yield _Wanted(product, view.at, price_at(product, around.currency, view.at), around.currency, None)


def _fell_at(wanted: _Wanted, by: float, one: Invited, now: Instant) -> Instant | None:
    price = wanted.product.prices.get(wanted.currency)
    if price is None or wanted.price is None or price >= wanted.price or price > wanted.price * (1 - by):
        return None
    if any(told <= price for each in one.earlier if (told := each.about.prices.get(wanted.product.key)) is not None):
        return None
    steps = [step.at for step in wanted.product.history if step.currency == wanted.currency]
    return max(steps, default=now)


def _came_back_at(wanted: _Wanted, one: Invited) -> Instant | None:
    """They wanted it while it was out or before, and nobody told them since it came back."""
    product, at = wanted.product, wanted.product.back_at
    if not product.stock or not at or wanted.since >= at:
        return None
    return None if _was_told(one, product, at) else at


def _ran_low_at(wanted: _Wanted, below: int, one: Invited, now: Instant) -> Instant | None:
    """Once for a cart: the last pieces are not counted down to anybody."""
    product = wanted.product
    if wanted.cart is None or product.stock is None or not 0 < product.stock < below or now - product.stocked_at > DAY:
        return None
    return None if _was_told(one, product, wanted.since) else max(product.stocked_at, wanted.since)


def _was_told(one: Invited, product: Product, since: Instant) -> bool:
    return any(each.started_at >= since and product.key in each.about.products for each in one.earlier)


def price_at(product: Product, currency: str, at: Instant) -> int | None:
    """What the product cost at this moment, in minor units; None where nobody knows."""
    steps = [step for step in product.history if step.currency == currency and step.at <= at]
    return max(steps, key=lambda step: step.at).price if steps else None


def _lined(products: Mapping[str, Product], line: Line) -> Product | None:
    return products.get(line.key) or products.get(line.product_id)


def _viewed(products: Mapping[str, Product], view: View) -> Product | None:
    return products.get(view.product)


def _prices(products: Collection[Product], currency: str) -> dict[str, int]:
    return {product.key: price for product in products if (price := product.prices.get(currency)) is not None}


def wanted_keys(person: Person, carts: Collection[Cart]) -> set[str]:
    """The keys of all products that a decision about this person may look at."""
    lines = [line for cart in carts if cart.is_waiting() for line in cart.lines]
    return {view.product for view in person.views} | {line.key for line in lines} | {line.product_id for line in lines}


# --- bought, or joined --------------------------------------------------------------------------------------------------------


def _order(around: Surroundings, one: Invited) -> _Look:
    had = {each.about.order for each in one.earlier}
    orders = [order for order in around.orders if order.at >= one.candidate.activated_at and order.number not in had]
    if not orders:
        return None
    newest = max(orders, key=lambda order: (order.at, order.number))
    lines = around.person.last_order_lines if newest.at >= around.person.last_order_at else ()
    products = tuple(dict.fromkeys(key.partition("/")[0] for key in lines))[:MOST_PRODUCTS]
    return _Ready(About("order", products, order=newest.number), None, newest.number, newest.at, newest.at + FRESH)


def _joining(around: Surroundings, one: Invited, trigger: triggers.AudienceJoined) -> _Look:
    at = around.audiences.get(trigger.audience)
    last = one.candidate.last_start
    if at is None or at < one.candidate.activated_at or (last is not None and at <= last):
        return None
    return _Ready(About("audience", audience=trigger.audience), None, str(at), at, at + FRESH)

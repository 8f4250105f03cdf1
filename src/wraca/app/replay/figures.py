"""Figures about the messages of a replay: when they go, to whom, and what the offers in them cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from wraca.app.replay.ghosts import Notebook
from wraca.app.weighing import address_of
from wraca.domain.carts import Cart
from wraca.domain.consent import may_contact
from wraca.domain.events import Instant
from wraca.domain.offers import Offer
from wraca.domain.people import Person
from wraca.domain.shop import Shop


class Whom(msgspec.Struct, frozen=True):
    """Messages, by what was known of their people when they went."""

    customers: int = 0
    visitors: int = 0
    with_name: int = 0
    without_name: int = 0
    languages: Mapping[str, int] = {}
    channels: Mapping[str, int] = {}


class OfferCost(msgspec.Struct, frozen=True):
    """The offers of one step. `value`: what they would take off the carts as they then were, in minor units by currency."""

    step: str
    kind: str
    issued: int
    value: Mapping[str, int]
    unknown: int  # of them, those whose value cannot be told: free shipping of an unknown price, gifts, carts without prices


class Coupon(msgspec.Struct, frozen=True):
    """An offer that a step would have made."""

    person: str
    cart: str
    step: str
    offer: Offer
    at: Instant


class Priced(msgspec.Struct, frozen=True):
    """A coupon with what it would take off the cart as it was then; None where that cannot be told."""

    coupon: Coupon
    cost: int | None
    currency: str


def priced(coupon: Coupon, cart: Cart | None) -> Priced:
    """What the coupon would have cost, had it been used at once."""
    cost = coupon.offer.cost(cart.total, cart.shipping) if cart else None
    return Priced(coupon, cost, cart.currency if cart else "")


def offer_costs(every: Iterable[Priced]) -> tuple[OfferCost, ...]:
    """By step, in the order of their names."""
    by_step: dict[tuple[str, str], list[Priced]] = {}
    for one in every:
        by_step.setdefault((one.coupon.step, one.coupon.offer.kind.value), []).append(one)
    return tuple(_cost(step, kind, coupons) for (step, kind), coupons in sorted(by_step.items()))


def _cost(step: str, kind: str, coupons: Sequence[Priced]) -> OfferCost:
    value: Counter[str] = Counter()
    for one in coupons:
        if one.cost is not None:
            value[one.currency] += one.cost
    return OfferCost(step, kind, len(coupons), dict(sorted(value.items())), sum(one.cost is None for one in coupons))


def heat_of(moments: Iterable[datetime]) -> tuple[tuple[int, ...], ...]:
    """Messages by day of the week (Monday first) and hour: 7 rows of 24."""
    counts = Counter((moment.weekday(), moment.hour) for moment in moments)
    return tuple(tuple(counts[day, hour] for hour in range(24)) for day in range(7))


def whom(notebook: Notebook) -> Whom:
    """To whom the messages went."""
    kinds: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    channels: Counter[str] = Counter()
    for ghost in notebook.ghosts:
        met = notebook.met[ghost.message]
        kinds["customers" if met.is_customer else "visitors"] += 1
        kinds["with_name" if met.has_name else "without_name"] += 1
        languages[met.language] += 1
        channels[met.channel] += 1
    return Whom(**kinds, languages=_most_first(languages), channels=_most_first(channels))


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def reachable_people(people: Iterable[Person], channels: Iterable[str], shop: Shop) -> dict[str, int]:
    """How many of these people could be written to over each of these channels, as known at the end."""
    everybody = list(people)
    return {
        channel: sum(
            bool(address_of(one, channel)) and may_contact(one, channel, shop.country, shop.permission).is_given
            for one in everybody
        )
        for channel in channels
    }

"""A person's timer fired: is there an occasion, which journeys start, when to look again?"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wraca.app.audiences import memberships
from wraca.app.facts import condition_values, newest_cart
from wraca.app.register import ActiveJourney, Register
from wraca.app.starting import Past, Pasts, StartRow, begin_runs, pasts_of
from wraca.app.watching import Due
from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, derived_id
from wraca.domain.journeys.holdout import arm
from wraca.domain.journeys.occasions import (
    FRESH,
    Beginning,
    Bought,
    Earlier,
    Invited,
    Surroundings,
    wanted_keys,
    watch_person,
)
from wraca.domain.journeys.triggers import AudienceJoined, Occasion, OrderPlaced
from wraca.domain.journeys.watch import Candidate
from wraca.domain.people import Person
from wraca.domain.products import Product
from wraca.storage.database import Transaction
from wraca.storage.hot import occasions as sql
from wraca.storage.hot.intake import FIND_CARTS, SET_TIMERS
from wraca.storage.hot.rows import PERSON_TIMER, TimerRow

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_product = msgspec.json.Decoder(Product)
_Place = tuple[ShopId, PersonId]


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _ProductKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    key: str


class _Watched(msgspec.Struct):
    """A person, and what is read for the decision about them."""

    shop: ShopId
    person: Person
    carts: list[Cart] = msgspec.field(default_factory=list)
    orders: list[Bought] = msgspec.field(default_factory=list)
    products: dict[str, Product] = msgspec.field(default_factory=dict)
    audiences: Mapping[str, Instant] = msgspec.field(default_factory=dict)


def watch_people(tx: Transaction, bucket: int, register: Register, due: Sequence[Due], now: Instant) -> None:
    """Look at these people: start journeys, set the timers again."""
    concerned = [one for one in due if _journeys(register, one.shop)]
    if not concerned:
        return
    people = {
        (shop, person): _Watched(shop, _person.decode(body)) for shop, person, body in tx.all(sql.PEOPLE, concerned, bucket=bucket)
    }
    _load(tx, bucket, register, people, now)
    pasts = pasts_of(tx, bucket, people)
    starts: list[StartRow] = []
    looks: list[TimerRow] = []
    for (shop, person), one in sorted(people.items()):
        begun, look = watch_person(_around(register, one), _invited(register, shop, person, pasts), now)
        starts += [_start_row(register, one, beginning, now) for beginning in begun]
        if look is not None:
            looks.append(TimerRow(shop, person, PERSON_TIMER, look))
    begin_runs(tx, bucket, starts, now)
    if looks:
        tx.run(SET_TIMERS, looks, bucket=bucket)


def _journeys(register: Register, shop: ShopId) -> list[ActiveJourney]:
    return [journey for journey in register.journeys(shop) if isinstance(journey.plan.trigger, Occasion)]


def _load(tx: Transaction, bucket: int, register: Register, people: dict[_Place, _Watched], now: Instant) -> None:
    keys = [_PersonKey(*place) for place in sorted(people)]
    if not keys:
        return
    for shop, person, body in tx.all(FIND_CARTS, keys, bucket=bucket):
        people[shop, person].carts.append(_cart.decode(body))
    if places := _beginning_with(register, people, OrderPlaced):
        rows = [_PersonKey(*place) for place in places]
        for shop, person, number, at in tx.all(sql.ORDERS, rows, bucket=bucket, since=now - FRESH):
            people[shop, person].orders.append(Bought(number, at))
    if places := _beginning_with(register, people, AudienceJoined):
        for place, joined in memberships(tx, bucket, places).items():
            people[place].audiences = joined
    _load_products(tx, bucket, people)


def _beginning_with(register: Register, people: Iterable[_Place], kind: type[Occasion]) -> list[_Place]:
    """The people of shops that have a journey which begins this way."""
    shops = {shop for shop, _ in people}
    minding = {shop for shop in shops if any(isinstance(one.plan.trigger, kind) for one in _journeys(register, shop))}
    return sorted(place for place in people if place[0] in minding)


def _load_products(tx: Transaction, bucket: int, people: dict[_Place, _Watched]) -> None:
    wanted: dict[_ProductKey, list[_Watched]] = {}
    for one in people.values():
        for key in wanted_keys(one.person, one.carts):
            wanted.setdefault(_ProductKey(one.shop, key), []).append(one)
    if not wanted:
        return
    for shop, key, body in tx.all(sql.PRODUCTS, sorted(wanted), bucket=bucket):
        product = _product.decode(body)
        for one in wanted[_ProductKey(shop, key)]:
            one.products[key] = product


def _around(register: Register, one: _Watched) -> Surroundings:
    return Surroundings(
        one.person,
        tuple(sorted(one.carts, key=lambda cart: (-cart.last_activity, cart.id))),
        one.products,
        tuple(one.orders),
        one.audiences,
        register.shop(one.shop).currency,
        condition_values(one.person, newest_cart([cart for cart in one.carts if cart.is_waiting()], None)),
    )


def _invited(register: Register, shop: ShopId, person: PersonId, pasts: Pasts) -> list[Invited]:
    invited = []
    for journey in _journeys(register, shop):
        past = pasts.get((shop, person, journey.plan.journey), Past())
        candidate = Candidate(journey.plan, journey.version, journey.activated_at, past.last_start, past.is_running)
        invited.append(Invited(candidate, tuple(Earlier(at, about) for at, about in past.runs)))
    return invited


def _start_row(register: Register, one: _Watched, begun: Beginning, now: Instant) -> StartRow:
    person = one.person.id
    run = RunId(derived_id(one.shop, "run", begun.journey, person, begun.about.kind, begun.named))
    cart = begun.cart or CartId(derived_id(one.shop, "occasion", run))
    held_out = arm(one.shop, begun.journey, person, register.plan(one.shop, begun.journey, begun.version).holdout)
    return StartRow(one.shop, run, begun.journey, begun.version, person, cart, min(begun.due, now), held_out, begun.about)

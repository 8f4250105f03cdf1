"""What a decision about a person's occasions looks at, read for a whole batch at once."""

from collections.abc import Iterable, Mapping

import msgspec

from wraca.app.audiences import memberships
from wraca.app.register import ActiveJourney, Register
from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.journeys.occasions import FRESH, Bought, wanted_keys
from wraca.domain.journeys.triggers import AudienceJoined, Occasion, OrderPlaced
from wraca.domain.people import Person
from wraca.domain.products import Product
from wraca.storage.database import Transaction
from wraca.storage.hot import occasions as sql
from wraca.storage.hot.intake import FIND_CARTS

_cart = msgspec.json.Decoder(Cart)
_product = msgspec.json.Decoder(Product)
_Place = tuple[ShopId, PersonId]


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _ProductKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    key: str


class Watched(msgspec.Struct):
    """A person, and what is read for the decision about them."""

    shop: ShopId
    person: Person
    carts: list[Cart] = msgspec.field(default_factory=list)
    orders: list[Bought] = msgspec.field(default_factory=list)
    products: dict[str, Product] = msgspec.field(default_factory=dict)
    audiences: Mapping[str, Instant] = msgspec.field(default_factory=dict)


def journeys_of_occasions(register: Register, shop: ShopId) -> list[ActiveJourney]:
    """The active journeys of a shop that begin with something besides a cart."""
    return [journey for journey in register.journeys(shop) if isinstance(journey.plan.trigger, Occasion)]


def load(tx: Transaction, bucket: int, register: Register, people: dict[_Place, Watched], now: Instant) -> None:
    """Fill in their carts, orders, audiences and the products that they want."""
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
    minding = {shop for shop in shops if any(isinstance(one.plan.trigger, kind) for one in journeys_of_occasions(register, shop))}
    return sorted(place for place in people if place[0] in minding)


def _load_products(tx: Transaction, bucket: int, people: dict[_Place, Watched]) -> None:
    wanted: dict[_ProductKey, list[Watched]] = {}
    for one in people.values():
        for key in wanted_keys(one.person, one.carts):
            wanted.setdefault(_ProductKey(one.shop, key), []).append(one)
    if not wanted:
        return
    for shop, key, body in tx.all(sql.PRODUCTS, sorted(wanted), bucket=bucket):
        product = _product.decode(body)
        for one in wanted[_ProductKey(shop, key)]:
            one.products[key] = product

"""The rows that go into the one JSON parameter of a statement. Field names are the statement's columns."""

import msgspec

from wraca.domain.carts import Cart, Order
from wraca.domain.events import Event
from wraca.domain.ids import CartId, EventId, PersonId, ShopId
from wraca.domain.people import Person

CART_TIMER = 1
RUN_TIMER = 2
PERSON_TIMER = 3


class EventRow(msgspec.Struct, gc=False):
    """`anchor` is the identity the event hangs on; empty for none."""

    shop: ShopId
    id: EventId
    at: int
    anchor: str
    payload: Event


class IdentityRow(msgspec.Struct, gc=False):
    shop: ShopId
    key: str
    person: PersonId
    links: list[str]


class PersonRow(msgspec.Struct, gc=False):
    shop: ShopId
    id: PersonId
    email: str
    body: Person
    first_seen: int
    last_seen: int


class CartRow(msgspec.Struct, gc=False):
    shop: ShopId
    id: CartId
    person: PersonId
    state: str
    stage: int
    currency: str
    total: int
    started_at: int
    last_activity: int
    body: Cart


class OrderRow(msgspec.Struct, gc=False):
    shop: ShopId
    id: str
    number: str
    person: PersonId
    at: int
    state: str
    currency: str
    total: int
    coupon: str


class TimerRow(msgspec.Struct, gc=False):
    shop: ShopId
    subject: str
    kind: int
    due_at: int


def person_row(shop: ShopId, person: Person) -> PersonRow:
    return PersonRow(shop, person.id, person.email, person, person.first_seen, person.last_seen)


def cart_row(shop: ShopId, person: PersonId, cart: Cart) -> CartRow:
    total = cart.total
    return CartRow(
        shop,
        cart.id,
        person,
        cart.state.value,
        cart.stage.value,
        cart.currency,
        total.minor if total else 0,
        cart.started_at,
        cart.last_activity,
        cart,
    )


def order_row(shop: ShopId, person: PersonId, order: Order) -> OrderRow:
    return OrderRow(shop, order.id, order.number, person, order.at, order.state, order.currency, order.total, order.coupon)

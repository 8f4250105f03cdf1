"""What decisions look at: whether somebody has bought, and the values that a condition in a journey may name.

The values are small and plain, named as in docs/reference/journeys.md.
"""

from wraca.domain.carts import Cart, CartState
from wraca.domain.events import Instant
from wraca.domain.money import major_units
from wraca.domain.people import Person


def has_bought(person: Person | None, cart: Cart | None, since: Instant) -> bool:
    """Whether the cart was ordered, or its person ordered anything since it began (`since`, where there is no cart).

    Asked in the same words by the watch, the engine and the gate, so that none of them starts what another one ends.
    """
    if cart is not None and cart.state is CartState.ORDERED:
        return True
    return person is not None and person.last_order_at >= (cart.started_at if cart else since) > 0


def condition_values(person: Person, cart: Cart | None) -> dict[str, object]:
    """The names `person` and `cart` of a CEL condition. Money is in major units; an unknown price is absent, not zero."""
    return {"person": _person(person), "cart": _cart(cart) if cart else {}}


def _person(person: Person) -> dict[str, object]:
    return {
        "orders_count": person.orders_count,
        "is_customer": person.is_customer,
        "first_name": person.first_name,
        "gender": person.gender,
        "language": person.language,
        "country": person.country,
        "has_email": bool(person.email),
        "has_phone": bool(person.phone),
        "attributes": dict(person.attributes),
    }


def _cart(cart: Cart) -> dict[str, object]:
    total = cart.total
    values: dict[str, object] = {
        "stage": cart.stage.name.lower(),
        "currency": cart.currency,
        "count": sum(line.quantity for line in cart.lines),
        "products": [line.product_id for line in cart.lines],
        "categories": sorted({line.category for line in cart.lines if line.category}),
        "coupon": cart.coupon,
        "shipping_method": cart.shipping_method,
        "payment_method": cart.payment_method,
        "payment_failed": cart.payment_failed,
    }
    if total is not None:
        values["total"] = float(major_units(total))
    return values

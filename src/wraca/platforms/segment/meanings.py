"""What each event name means: the table of the Segment e-commerce events and ours, and how each becomes a body."""

from collections.abc import Callable
from functools import partial
from typing import Final

from wraca.domain.events import (
    Body,
    CartReplaced,
    FeedChecked,
    Landed,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderState,
    Other,
    Stage,
    StageReached,
)
from wraca.platforms.segment.lines import Properties, Terms, line_of, lines_of
from wraca.platforms.segment.shopwords import audience_changed, product_told, reviewed, seen
from wraca.platforms.segment.values import Unusable, amount, identifier, link, text

Meaning = Callable[[Properties, Terms], Body]

_STEPS: Final = (
    (Stage.PAYMENT, ("pay", "billing", "review", "confirm", "summary", "płat", "плащ")),
    (Stage.SHIPPING, ("ship", "deliver", "address", "dostaw", "достав")),
    (Stage.CONTACT, ("contact", "customer", "information", "email", "e-mail", "login", "account", "kontakt", "контакт")),
    (Stage.CART, ("cart", "basket", "bag")),
)
_NUMBERED: Final = {0: Stage.CART, 1: Stage.CONTACT, 2: Stage.SHIPPING}

# Words that shops use for the state of an order. What is not here leaves the event's own meaning as it is.
_STATES: Final = {
    "completed": OrderState.COMPLETED,
    "complete": OrderState.COMPLETED,
    "fulfilled": OrderState.COMPLETED,
    "shipped": OrderState.COMPLETED,
    "paid": OrderState.PAID,
    "captured": OrderState.PAID,
    "processing": OrderState.PAID,
    "on_hold": OrderState.ON_HOLD,
    "authorized": OrderState.PENDING,
    "pending": OrderState.PENDING,
    "unpaid": OrderState.PENDING,
    "pending_payment": OrderState.PENDING,
    "awaiting_payment": OrderState.PENDING,
    "failed": OrderState.FAILED,
    "declined": OrderState.FAILED,
    "cancelled": OrderState.CANCELLED,
    "canceled": OrderState.CANCELLED,
    "voided": OrderState.CANCELLED,
    "refunded": OrderState.REFUNDED,
}
_PARTIAL: Final = frozenset(("partial", "partially_refunded", "partially refunded"))


def _cart(properties: Properties) -> str:
    return identifier(properties.pop("cart_id", None))


def _first_amount(properties: Properties, terms: Terms, *names: str) -> int | None:
    """The first of these amounts that is given; all of them are taken."""
    found: int | None = None
    for name in names:
        value = properties.pop(name, None)
        if found is None:
            found = amount(value, terms.currency, f"properties.{name}", minor=terms.minor)
    return found


def _coupon(properties: Properties) -> str:
    return text(properties.pop("coupon", None) or properties.pop("coupon_id", None) or properties.pop("coupon_name", None), 100)


def added(properties: Properties, terms: Terms) -> Body:
    """Product Added: pieces more of one product."""
    return LineAdded(line_of(properties, terms), _cart(properties), terms.currency)


def removed(properties: Properties, terms: Terms) -> Body:
    """Product Removed: pieces less of one product."""
    return LineRemoved(line_of(properties, terms), _cart(properties))


def _replaced(properties: Properties, terms: Terms, stage: Stage) -> Body:
    return CartReplaced(
        lines_of(properties, terms),
        _cart(properties),
        terms.currency,
        _first_amount(properties, terms, "total", "value", "revenue"),
        _first_amount(properties, terms, "shipping"),
        _coupon(properties),
        stage,
        link(properties.pop("checkout_url", None)),
    )


def cart_updated(properties: Properties, terms: Terms) -> Body:
    """Cart Updated: the whole cart, empty included."""
    if not isinstance(properties.get("products"), list):
        raise Unusable("properties.products", "Send the whole cart as a list of products; an empty list when nothing is left.")
    return _replaced(properties, terms, Stage.CART)


def cart_viewed(properties: Properties, terms: Terms) -> Body:
    """Cart Viewed: the whole cart where it is listed, otherwise a sign of life."""
    return _replaced(properties, terms, Stage.CART) if "products" in properties else seen(properties, terms)


def checkout_started(properties: Properties, terms: Terms) -> Body:
    """Checkout Started: the whole cart where it is listed, otherwise only the stage."""
    return _replaced(properties, terms, Stage.CONTACT) if "products" in properties else _reached(properties, terms, Stage.CONTACT)


def _reached(properties: Properties, terms: Terms, stage: Stage, *, payment_failed: bool = False) -> Body:
    return StageReached(
        stage,
        _cart(properties),
        text(properties.pop("shipping_method", None), 200),
        _first_amount(properties, terms, "shipping"),
        text(properties.pop("payment_method", None), 200),
        _coupon(properties),
        payment_failed,
    )


def step(properties: Properties, terms: Terms) -> Body:
    """Checkout Step Viewed / Completed: `step` is a number (1 contact, 2 shipping, 3 and more payment) or a name."""
    named = text(properties.pop("step_name", None) or properties.get("name"), 100)
    given = properties.pop("step", None)
    stage = _stage_named(named) or _stage_given(given)
    if stage is None:
        stage = Stage.PAYMENT if properties.get("payment_method") else Stage.CONTACT
        if stage is Stage.CONTACT and properties.get("shipping_method"):
            stage = Stage.SHIPPING
    return _reached(properties, terms, stage)


def _stage_given(given: object) -> Stage | None:
    if isinstance(given, str) and not given.isdecimal():
        return _stage_named(given)
    if isinstance(given, (str, int, float)) and not isinstance(given, bool):
        return _NUMBERED.get(int(given), Stage.PAYMENT) if 0 <= float(given) < 100 else None
    return None


def _stage_named(name: str) -> Stage | None:
    lower = name.lower()
    return next((stage for stage, words in _STEPS if any(word in lower for word in words)), None) if lower else None


def _order(properties: Properties, terms: Terms, default: OrderState) -> Body:
    checkout = identifier(properties.pop("checkout_id", None))
    order = identifier(properties.pop("order_id", None)) or checkout
    cart = _cart(properties)
    state, partial_refund = _state(properties, default)
    if not terms.trusted and not state.is_bought:
        # A browser may say that its visitor bought. That an order is off again, only the shop can say.
        properties.update(order_id=order)
        failed = state is OrderState.FAILED
        return StageReached(Stage.PAYMENT, cart, payment_failed=True) if failed else Other()
    if partial_refund:
        properties.pop("products", None)  # the part that went back, not what was bought
        return OrderPlaced(order, OrderState.COMPLETED, cart, terms.currency)
    total = _first_amount(properties, terms, "total", "revenue", "value")
    return OrderPlaced(order, state, cart, terms.currency, total, lines_of(properties, terms), _coupon(properties))


def _state(properties: Properties, default: OrderState) -> tuple[OrderState, bool]:
    """The state, and whether only a part was refunded. What the event itself says wins over its status where it takes back."""
    words = [text(properties.pop(name, None), 50).lower().replace("-", "_") for name in ("status", "payment_status")]
    partial_refund = default is OrderState.REFUNDED and (properties.pop("partial", None) is True or not _PARTIAL.isdisjoint(words))
    if default is not OrderState.COMPLETED:
        return default, partial_refund
    told = [_STATES[word] for word in words if word in _STATES]
    taken_back = next((state for state in told if not state.is_bought or state is OrderState.REFUNDED), None)
    return taken_back or (told[-1] if told else default), False


def payment_failed(properties: Properties, terms: Terms) -> Body:
    """Payment Failed: of an order where one is named, otherwise of the checkout."""
    if identifier(properties.get("order_id")):
        return _order(properties, terms, OrderState.FAILED)
    return _reached(properties, terms, Stage.PAYMENT, payment_failed=True)


def landed(properties: Properties, _terms: Terms) -> Body:
    """Message Landed: the page behind a message's link was looked at."""
    hit = identifier(properties.pop("hit", None))
    if not hit:
        raise Unusable("properties.hit", "Send the hit that came with the link, as wraca.js does.")
    return Landed(hit)


def feed_checked(_properties: Properties, terms: Terms) -> Body:
    """Order Feed Checked: all orders so far are reported. Only the shop can know."""
    if not terms.trusted:
        raise Unusable("event", "Order Feed Checked is taken from a server key only.")
    return FeedChecked()


ORDERS: Final[dict[str, Meaning]] = {
    "Order Completed": partial(_order, default=OrderState.COMPLETED),
    "Order Updated": partial(_order, default=OrderState.COMPLETED),
    "Order Refunded": partial(_order, default=OrderState.REFUNDED),
    "Order Cancelled": partial(_order, default=OrderState.CANCELLED),
}

MEANINGS: Final[dict[str, Meaning]] = {
    **ORDERS,
    "Product Added": added,
    "Product Removed": removed,
    "Wishlist Product Added to Cart": added,
    "Cart Updated": cart_updated,
    "Cart Viewed": cart_viewed,
    "Checkout Started": checkout_started,
    "Checkout Step Viewed": step,
    "Checkout Step Completed": step,
    "Payment Info Entered": partial(_reached, stage=Stage.PAYMENT),
    "Payment Failed": payment_failed,
    "Coupon Applied": partial(_reached, stage=Stage.CART),
    "Message Landed": landed,
    "Order Feed Checked": feed_checked,
    "Product Updated": product_told,
    "Product Reviewed": reviewed,
    "Audience Entered": partial(audience_changed, joined=True),
    "Audience Exited": partial(audience_changed, joined=False),
    **dict.fromkeys(
        (
            "Products Searched",
            "Product List Viewed",
            "Product List Filtered",
            "Promotion Viewed",
            "Promotion Clicked",
            "Product Clicked",
            "Product Viewed",
            "Coupon Entered",
            "Coupon Denied",
            "Coupon Removed",
            "Product Added to Wishlist",
            "Product Removed from Wishlist",
            "Product Shared",
            "Cart Shared",
        ),
        seen,
    ),
}
CONSENTS: Final = {"Consent Given": True, "Consent Withdrawn": False}

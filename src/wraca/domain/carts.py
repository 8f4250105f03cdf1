"""A cart as it stands: what is in it, how far the order came, and what was known on the way."""

from enum import StrEnum

import msgspec

from wraca.domain.events import Instant, Line, Stage
from wraca.domain.ids import CartId, ShopId, derived_id
from wraca.domain.money import Money

LOST_AFTER = 14 * 24 * 3600 * 1000  # ms without activity after which nobody expects the shopper back


class CartState(StrEnum):
    OPEN = "open"
    EMPTIED = "emptied"
    ORDERED = "ordered"
    LOST = "lost"


class Cart(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One cart from its first product to its end.

    `scope` and `ordinal` name it: the browser, device or cart token it began in, and how many carts of that scope ended before.
    `token` is the shop's own name for it, once known. Amounts are minor units of `currency`.
    """

    id: CartId
    scope: str
    session: str
    started_at: Instant
    last_activity: Instant
    ordinal: int = 0
    token: str = ""
    lines: tuple[Line, ...] = ()
    currency: str = ""
    stated_total: int | None = None
    stage: Stage = Stage.CART
    state: CartState = CartState.OPEN
    shipping: int | None = None
    shipping_method: str = ""
    payment_method: str = ""
    payment_failed: bool = False
    coupon: str = ""
    checkout_url: str = ""
    ordered_at: Instant = 0
    order: str = ""
    backfilled: bool = False  # known only from history: starts no journey

    @property
    def total(self) -> Money | None:
        """What the lines cost together; what the shop stated where a price is missing; None where nobody knows."""
        if self.lines and all(line.price is not None for line in self.lines):
            return Money(sum((line.price or 0) * line.quantity for line in self.lines), self.currency)
        return None if self.stated_total is None else Money(self.stated_total, self.currency)

    def is_waiting(self) -> bool:
        """Whether there is something in it that nobody has ordered."""
        return self.state is CartState.OPEN and bool(self.lines)

    def is_lost(self, now: Instant) -> bool:
        """Whether it is too old for anybody to come back to."""
        return self.state is CartState.OPEN and now - self.last_activity >= LOST_AFTER


class Order(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An order of the shop and its latest state."""

    id: str
    number: str
    at: Instant  # when it was first placed
    state: str
    currency: str = ""
    total: int = 0
    coupon: str = ""


def order_id(shop: ShopId, number: str, said_by: str = "") -> str:
    """The id of an order by the shop's number for it.

    What only a browser said is another order than the shop's own of that number: `said_by` is the browser's key. Otherwise anybody
    could overwrite anybody's order.
    """
    return derived_id(shop, "order", number, said_by) if said_by else derived_id(shop, "order", number)


def with_line(lines: tuple[Line, ...], added: Line) -> tuple[Line, ...]:
    """The lines with this product added; the newest description of a product wins, its quantities add up."""
    for position, line in enumerate(lines):
        if line.key == added.key:
            merged = msgspec.structs.replace(
                added,
                quantity=line.quantity + added.quantity,
                price=line.price if added.price is None else added.price,
                name=added.name or line.name,
                url=added.url or line.url,
                image_url=added.image_url or line.image_url,
                trusted=added.trusted,
            )
            return (*lines[:position], merged, *lines[position + 1 :])
    return (*lines, added)


def without_line(lines: tuple[Line, ...], removed: Line) -> tuple[Line, ...]:
    """The lines with so many pieces of this product taken out; more than there are takes all of them."""
    kept = []
    for line in lines:
        if line.key != removed.key:
            kept.append(line)
        elif line.quantity > removed.quantity:
            kept.append(msgspec.structs.replace(line, quantity=line.quantity - removed.quantity))
    return tuple(kept)

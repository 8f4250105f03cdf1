"""What a shop offers to bring somebody back, and what it would cost."""

from enum import StrEnum

import msgspec

from wraca.domain.money import Money, minor_units


class OfferKind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"
    GIFT = "gift"


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The terms. `value`: percent (10 is 10 %), or major units of the cart's currency; 0 for the other kinds.

    The shop enforces them: a code that it does not know, or that it knows with other terms, is worth nothing.
    """

    kind: OfferKind
    value: float = 0
    text: str = ""  # of a gift: what it is
    min_cart: float = 0  # major units of the cart's currency; 0: any cart

    def cost(self, total: Money | None, shipping: int | None = None) -> int | None:
        """What it takes off this cart (minor units); None where that cannot be known."""
        match self.kind:
            case OfferKind.PERCENT:
                return None if total is None else round(total.minor * self.value / 100)
            case OfferKind.AMOUNT:
                return None if total is None else min(minor_units(self.value, total.currency), total.minor)
            case OfferKind.FREE_SHIPPING:
                return shipping
            case OfferKind.GIFT:
                return None

"""What begins a journey: a cart that was left, or an occasion that has nothing to do with one."""

from typing import TypeAlias

import msgspec

from wraca.domain.events import Stage
from wraca.domain.journeys.durations import HOUR, MINUTE

_STILL_HERE = 30 * MINUTE  # after their last sign of life nobody is written to about an occasion: they are in the shop
_LONGEST_QUIET = 6 * HOUR  # a journey under way need not wait as long as one that begins after weeks


class CartAbandoned(msgspec.Struct, frozen=True, tag="cart_abandoned"):
    """A cart with lines and without an order was quiet for `idle` ms (`idle_at_payment` once payment was reached)."""

    idle: int
    idle_at_payment: int | None = None
    stages: tuple[Stage, ...] = ()  # empty: any

    def idle_at(self, stage: Stage, failed: bool = False) -> int:  # noqa: ARG002, FBT001, FBT002  (every trigger answers the same question)
        """How long (ms) a cart at this stage must be quiet; `failed`: its payment did not go through."""
        if self.idle_at_payment is not None and stage is Stage.PAYMENT:
            return self.idle_at_payment
        return self.idle

    def fits(self, stage: Stage) -> bool:
        """Whether a cart that came this far is this trigger's business."""
        return not self.stages or stage in self.stages


class CheckoutAbandoned(msgspec.Struct, frozen=True, tag="checkout_abandoned"):
    """The same for a cart whose buyer had begun to order: contact data, shipping or payment was reached."""

    idle: int

    def idle_at(self, stage: Stage, failed: bool = False) -> int:  # noqa: ARG002, FBT001, FBT002
        """See CartAbandoned."""
        return self.idle

    def fits(self, stage: Stage) -> bool:
        """See CartAbandoned."""
        return Stage.CONTACT <= stage <= Stage.PAYMENT


class PaymentAbandoned(msgspec.Struct, frozen=True, tag="payment_abandoned"):
    """The order stopped at its payment: left for `idle` ms, or failed and not mended for `idle_if_failed`."""

    idle: int
    idle_if_failed: int | None = None

    def idle_at(self, stage: Stage, failed: bool = False) -> int:  # noqa: ARG002, FBT001, FBT002
        """See CartAbandoned."""
        return self.idle_if_failed if failed and self.idle_if_failed is not None else self.idle

    def fits(self, stage: Stage) -> bool:
        """See CartAbandoned."""
        return stage is Stage.PAYMENT


class CartKept(msgspec.Struct, frozen=True, tag="cart_kept"):
    """The cart is still there, untouched for `after` ms: usually weeks."""

    after: int

    def idle_at(self, stage: Stage, failed: bool = False) -> int:  # noqa: ARG002, FBT001, FBT002
        """See CartAbandoned."""
        return self.after

    def fits(self, stage: Stage) -> bool:  # noqa: ARG002
        """See CartAbandoned."""
        return True


class Occasion(msgspec.Struct, frozen=True):
    """What all triggers share that are about no cart. The shop's visitor is left in peace while they are there."""

    def idle_at(self, stage: Stage, failed: bool = False) -> int:  # noqa: ARG002, FBT001, FBT002
        """See CartAbandoned: here since the person's last sign of life."""
        return _STILL_HERE

    def fits(self, stage: Stage) -> bool:  # noqa: ARG002
        """A cart never begins it."""
        return False


class BrowseAbandoned(Occasion, frozen=True, tag="browse_abandoned"):
    """Somebody looked at `views` different products, put none into the cart, and was gone for `idle` ms."""

    idle: int
    views: int = 1


class PriceDropped(Occasion, frozen=True, tag="price_dropped"):
    """A product in the person's cart, or one they looked at, costs less than when they saw it: by this share of the price."""

    by: float = 0.0  # 0.05 is 5 %


class BackInStock(Occasion, frozen=True, tag="back_in_stock"):
    """A product that was sold out when the person wanted it can be had again."""


class LowStock(Occasion, frozen=True, tag="low_stock"):
    """Of a product in the person's cart there are fewer than `below` left, and at least one."""

    below: int


class OrderPlaced(Occasion, frozen=True, tag="order_placed"):
    """The person ordered. Another order ends such a run, as an order ends every other."""


class AudienceJoined(Occasion, frozen=True, tag="audience_joined"):
    """The person came into this audience, by a journey's step or because the shop said so."""

    audience: str


CartTrigger: TypeAlias = CartAbandoned | CheckoutAbandoned | PaymentAbandoned | CartKept
OccasionTrigger: TypeAlias = BrowseAbandoned | PriceDropped | BackInStock | LowStock | OrderPlaced | AudienceJoined
Trigger: TypeAlias = CartTrigger | OccasionTrigger


def quiet_for(trigger: Trigger, stage: Stage, failed: bool = False) -> int:  # noqa: FBT001, FBT002  (as the triggers ask)
    """How long (ms) after new activity a run under way keeps still: as long as its trigger waits, but never for days."""
    return min(trigger.idle_at(stage, failed), _LONGEST_QUIET)


def trigger_word(trigger: Trigger) -> str:
    """How the file names this trigger: "cart_abandoned"."""
    return str(trigger.__struct_config__.tag)

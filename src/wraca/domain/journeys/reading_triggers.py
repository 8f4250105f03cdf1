"""The trigger of a journey file as a value."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from wraca.domain.events import Stage
from wraca.domain.journeys import triggers
from wraca.domain.journeys.durations import read_duration


def read_share(text: str) -> float:
    """0.025 of "2.5%"; the text has passed the schema."""
    return float(Decimal(text.removesuffix("%")) / 100)


def read_trigger(content: Mapping[str, Any]) -> triggers.Trigger:
    """The one trigger that checked content names."""
    ((kind, fields),) = content.items()
    return _READERS[kind](fields or {})


def _cart_abandoned(fields: Mapping[str, Any]) -> triggers.CartAbandoned:
    stages = tuple(sorted(Stage[name.upper()] for name in fields.get("stages", ())))
    return triggers.CartAbandoned(read_duration(fields["idle"]), _optional(fields, "idle_at_payment"), stages)


def _optional(fields: Mapping[str, Any], name: str) -> int | None:
    return read_duration(fields[name]) if name in fields else None


_READERS: dict[str, Callable[[Mapping[str, Any]], triggers.Trigger]] = {
    "cart_abandoned": _cart_abandoned,
    "checkout_abandoned": lambda fields: triggers.CheckoutAbandoned(read_duration(fields["idle"])),
    "payment_abandoned": lambda fields: triggers.PaymentAbandoned(
        read_duration(fields["idle"]), _optional(fields, "idle_if_failed")
    ),
    "cart_kept": lambda fields: triggers.CartKept(read_duration(fields["after"])),
    "browse_abandoned": lambda fields: triggers.BrowseAbandoned(read_duration(fields["idle"]), fields.get("views", 1)),
    "price_dropped": lambda fields: triggers.PriceDropped(read_share(fields.get("by", "0%"))),
    "back_in_stock": lambda _: triggers.BackInStock(),
    "low_stock": lambda fields: triggers.LowStock(fields["below"]),
    "order_placed": lambda _: triggers.OrderPlaced(),
    "audience_joined": lambda fields: triggers.AudienceJoined(fields["audience"]),
}

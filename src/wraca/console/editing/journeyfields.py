"""The form of the journey itself: what begins it, and what holds for all of its steps."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.console.editing import telling
from wraca.console.editing.fields import Field, Option, choices, chosen, condition, duration, keys_of

_Step: TypeAlias = Mapping[str, Any]

_LADDER = gettext_lazy(
    "Where two want the same person, the higher goes first: 90 a payment, 70 an order that was begun, 50 a cart, "
    "30 products looked at."
)


def journey_fields(content: _Step) -> tuple[Field, ...]:
    """What holds for the whole journey; what the file leaves out is shown as it is then."""
    priority = str(content.get("priority", 50))
    return (
        Field("trigger", "one_of", _("What begins it"), options=_triggers(keys_of(content.get("trigger")))),
        Field("about", "text", _("In one sentence, for whoever chooses it"), str(content.get("about") or "")),
        Field("priority", "number", _("Priority"), priority, str(_LADDER)),
        Field(
            "filters",
            "conditions",
            _("Only while all of this holds, asked again before every message"),
            [condition(each) for each in content.get("filters") or ()],
        ),
        duration("reentry", _("Between two starts for one person at least"), content.get("reentry", "24h")),
        duration("min_gap", _("Between two messages at least"), content.get("min_gap", "6h")),
        duration("lost_after", _("A cart is given up when it was not touched for"), content.get("lost_after", "14d")),
        Field(
            "exit_on",
            "several",
            _("Ends when"),
            list(content.get("exit_on", ("order_placed", "cart_emptied"))),
            _("An order, an opt-out, a complaint and an erasure always end it."),
            (("order_placed", _("the person orders")), ("cart_emptied", _("the cart is emptied"))),
        ),
        Field(
            "holdout",
            "percent",
            _("Share of people who get nothing, for comparison"),
            str(content.get("holdout", "10%")).removesuffix("%"),
        ),
    )


def _triggers(said: dict[str, Any]) -> tuple[Option, ...]:
    now = next(iter(said), "cart_abandoned")
    fields = keys_of(said.get(now))
    options = tuple(
        Option(key, str(label), make(fields if key == now else {}) if make else (), key == now)
        for key, (label, make) in TRIGGERS.items()
    )
    return options if now in TRIGGERS else chosen(options, "cart_abandoned")


def _of_cart(said: _Step) -> tuple[Field, ...]:
    return (
        duration("trigger.cart_abandoned.idle", _("Left for"), said.get("idle", "60m"), must=True),
        duration(
            "trigger.cart_abandoned.idle_at_payment",
            _("At the payment step already after"),
            said.get("idle_at_payment"),
            _("Empty: the same."),
        ),
        Field(
            "trigger.cart_abandoned.stages",
            "several",
            _("Only carts that came exactly this far"),
            list(said.get("stages") or ()),
            _("None chosen: all of them."),
            choices(telling.STAGES),
        ),
    )


def _of_checkout(said: _Step) -> tuple[Field, ...]:
    return (duration("trigger.checkout_abandoned.idle", _("Left for"), said.get("idle", "60m"), must=True),)


def _of_payment(said: _Step) -> tuple[Field, ...]:
    return (
        duration("trigger.payment_abandoned.idle", _("Left for"), said.get("idle", "20m"), must=True),
        duration(
            "trigger.payment_abandoned.idle_if_failed",
            _("If the payment failed already after"),
            said.get("idle_if_failed"),
            _("Empty: the same."),
        ),
    )


def _of_kept(said: _Step) -> tuple[Field, ...]:
    return (duration("trigger.cart_kept.after", _("Not touched for"), said.get("after", "3w"), must=True),)


def _of_browsing(said: _Step) -> tuple[Field, ...]:
    return (
        duration("trigger.browse_abandoned.idle", _("Away for"), said.get("idle", "4h"), must=True),
        Field("trigger.browse_abandoned.views", "number", _("Different products looked at, at least"), said.get("views", 1)),
    )


def _of_price(said: _Step) -> tuple[Field, ...]:
    by = str(said.get("by") or "").removesuffix("%")
    return (Field("trigger.price_dropped.by", "percent", _("By at least"), by, _("Empty: by anything.")),)


def _of_low_stock(said: _Step) -> tuple[Field, ...]:
    return (Field("trigger.low_stock.below", "number", _("Fewer than"), said.get("below", 4), must=True),)


def _of_audience(said: _Step) -> tuple[Field, ...]:
    return (Field("trigger.audience_joined.audience", "text", _("Audience"), str(said.get("audience") or ""), must=True),)


TRIGGERS: dict[str, tuple["str | Promise", Callable[[_Step], tuple[Field, ...]] | None]] = {
    "cart_abandoned": (gettext_lazy("A cart is left"), _of_cart),
    "checkout_abandoned": (gettext_lazy("An order that was begun is left"), _of_checkout),
    "payment_abandoned": (gettext_lazy("The payment is left, or fails"), _of_payment),
    "cart_kept": (gettext_lazy("A cart is still there after weeks"), _of_kept),
    "browse_abandoned": (gettext_lazy("Products were looked at, without a cart"), _of_browsing),
    "price_dropped": (gettext_lazy("A price falls"), _of_price),
    "back_in_stock": (gettext_lazy("Something can be had again"), None),
    "low_stock": (gettext_lazy("Few are left of something in the cart"), _of_low_stock),
    "order_placed": (gettext_lazy("An order is placed"), None),
    "audience_joined": (gettext_lazy("Somebody comes into an audience"), _of_audience),
}

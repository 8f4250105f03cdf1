"""Steps, triggers and conditions of a journey's content in words. Whatever is missing or wrong is shown as it stands there."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from wraca.console import formats, words
from wraca.console.editing.conditions import Row, Rows, taken_apart
from wraca.console.editing.places import kind_of
from wraca.domain.journeys.durations import BadDuration, read_duration

_Fields: TypeAlias = Mapping[str, Any]

CHANNELS: words.Words = {**words.CHANNELS, "chat": gettext_lazy("Live chat")}
STAGES: dict[str, "str | Promise"] = {
    "cart": words.STAGES[1],
    "contact": words.STAGES[2],
    "shipping": words.STAGES[3],
    "payment": words.STAGES[4],
}
DAYS: dict[str, "str | Promise"] = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
SIGNALS: dict[str, "str | Promise"] = {
    "clicked": gettext_lazy("a click in a message"),
    "opened": gettext_lazy("a message is opened"),
    "visit": gettext_lazy("a visit to the shop"),
    "cart_changed": gettext_lazy("a change of the cart"),
    "answered": gettext_lazy("an answer to the question for the reason"),
}
REACTIONS: dict[str, "str | Promise"] = {
    "clicked": gettext_lazy("Clicked"),
    "opened": gettext_lazy("Opened"),
    "none": gettext_lazy("No reaction"),
}
FIELDS: dict[str, "str | Promise"] = {
    "person.orders_count": gettext_lazy("Orders so far"),
    "person.is_customer": gettext_lazy("Has bought before"),
    "person.first_name": gettext_lazy("First name"),
    "person.gender": gettext_lazy("Grammatical gender (f, m)"),
    "person.language": gettext_lazy("Language of the person"),
    "person.country": gettext_lazy("Country of the person"),
    "person.has_email": gettext_lazy("Has an e-mail address"),
    "person.has_phone": gettext_lazy("Has a phone number"),
    "person.audiences": gettext_lazy("Audiences of the person"),
    "cart.stage": gettext_lazy("How far the cart came"),
    "cart.currency": gettext_lazy("Currency of the cart"),
    "cart.count": gettext_lazy("Number of goods in the cart"),
    "cart.products": gettext_lazy("Products in the cart"),
    "cart.categories": gettext_lazy("Categories in the cart"),
    "cart.coupon": gettext_lazy("Coupon in the cart"),
    "cart.shipping_method": gettext_lazy("Way of shipping"),
    "cart.payment_method": gettext_lazy("Way of payment"),
    "cart.payment_failed": gettext_lazy("The payment failed"),
    "cart.total": gettext_lazy("Total of the cart"),
    "offer.given": gettext_lazy("An offer was given"),
    "offer.code": gettext_lazy("Code of the offer"),
    "offer.kind": gettext_lazy("Kind of the offer"),
    "offer.value": gettext_lazy("Value of the offer"),
    "offer.step": gettext_lazy("Step that gave the offer"),
    "reason.answered": gettext_lazy("The question for the reason was answered"),
    "reason.answer": gettext_lazy("The reason given"),
    "reason.text": gettext_lazy("Words of the answer"),
}
_MESSAGE_FIELDS: dict[str, "str | Promise"] = {
    "sent": gettext_lazy("“%(step)s” was sent"),
    "opened": gettext_lazy("“%(step)s” was opened"),
    "clicked": gettext_lazy("“%(step)s” was clicked"),
    "reaction": gettext_lazy("Reaction to “%(step)s”"),
}
COMPARISONS: dict[str, "str | Promise"] = {
    "==": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    "contains": gettext_lazy("contains"),
    "omits": gettext_lazy("does not contain"),
    "has": pgettext_lazy("a list", "include"),
    "lacks": pgettext_lazy("a list", "do not include"),
    "known": gettext_lazy("is known"),
    "unknown": gettext_lazy("is not known"),
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
}


class Told(msgspec.Struct, frozen=True):
    """A step in words. `kind` is one of the shapes the tree knows: send, wait, fork, act, end; `template` names its message."""

    kind: str
    title: str
    detail: str = ""
    template: str = ""


def told_step(step: object) -> Told:
    kind = kind_of(step)
    if not isinstance(step, dict) or kind not in _TELLERS:
        return Told("end", _("An empty step"))
    return _TELLERS[kind](step)


def told_trigger(content: object) -> tuple[str, str]:
    """What begins the journey: a sentence, and what it depends on besides."""
    trigger = dict(content) if isinstance(content, Mapping) else {}
    kind, fields = next(iter(trigger.items()), ("", None))
    tell = _TRIGGERS.get(str(kind))
    return tell(_dict(fields)) if tell else (_("Nothing begins this journey yet"), "")


def told_condition(text: object) -> str:
    """A condition as a sentence where rows can say it; else as it is written."""
    known = {"person.orders_count > 0": _("Has bought before"), "person.orders_count == 0": _("Has never bought")}
    source = str(text or "").strip()
    if source in known:
        return known[source]
    rows = taken_apart(source)
    return told_rows(rows) if rows and rows.rows else source


def told_rows(rows: Rows) -> str:
    between = _(" or ") if rows.join == "||" else _(" and ")
    return between.join(map(_told_row, rows.rows))


def _told_row(row: Row) -> str:
    what = field_label(row.what)
    if row.how == "yes":
        return what
    if row.how == "no":
        return _("not: %(what)s") % {"what": what}
    return f"{what} {COMPARISONS[row.how]} {row.value}".rstrip()


def field_label(what: str) -> str:
    if what.startswith("message."):
        name, _dot, field = what.removeprefix("message.").rpartition(".")
        return str(_MESSAGE_FIELDS[field]) % {"step": name}
    return str(FIELDS.get(what, what))


def lasting(text: object) -> str:
    """The words "2 days" for the text "2d"; what is no duration as it stands there."""
    try:
        return formats.length(read_duration(str(text)))
    except BadDuration:
        return str(text) if text else "…"


# --- steps --------------------------------------------------------------------------------------------------------------------


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _message_of(fields: _Fields) -> tuple[str, str]:
    """(channel, template) of a message's fields; empty where there is none yet."""
    return next(((key, str(fields[key] or "")) for key in fields if key not in {"id", "wait"}), ("", ""))


def _template(name: str) -> str:
    return words.word(words.TEMPLATES, name) if name else _("(no message chosen yet)")


def _send(step: _Fields) -> Told:
    channel, template = _message_of(_dict(step["send"]))
    return Told("send", _template(template), words.word(CHANNELS, channel), template)


def _chat(step: _Fields) -> Told:
    template = str(step["chat"] or "")
    return Told("send", _template(template), words.word(CHANNELS, "chat"), template)


def _best_channel(step: _Fields) -> Told:
    choices = [(key, str(value)) for key, value in _dict(step["best_channel"]).items() if key != "id"]
    names = ", ".join(words.word(CHANNELS, channel) for channel, _template_name in choices)
    template = choices[0][1] if choices else ""
    detail = _("over the first of these that can reach the person: %(channels)s") % {"channels": names}
    return Told("send", _template(template), detail, template)


def _ask_reason(step: _Fields) -> Told:
    fields = _dict(step["ask_reason"])
    channel, template = _message_of(fields)
    detail = _("%(channel)s; waits for the answer, at most %(length)s") % {
        "channel": words.word(CHANNELS, channel),
        "length": lasting(fields.get("wait", "2d")),
    }
    return Told("send", _("Ask for the reason: %(template)s") % {"template": _template(template)}, detail, template)


def _wait(step: _Fields) -> Told:
    wait = step["wait"]
    if not isinstance(wait, dict):
        return Told("wait", _("Wait %(length)s") % {"length": lasting(wait)})
    if "for" in wait:
        event = str(wait["for"])
        values = {"event": words.word(SIGNALS, event), "length": lasting(wait.get("at_most"))}
        return Told("wait", _("Wait for %(event)s, at most %(length)s") % values)
    days = ", ".join(words.word(DAYS, str(day)) for day in wait.get("days") or ())
    title = _("Wait until it is %(time)s where the person lives") % {"time": wait.get("until") or "…"}
    return Told("wait", title, _("only on: %(days)s") % {"days": days} if days else "")


def _branch(step: _Fields) -> Told:  # noqa: ARG001  (every teller takes its step)
    return Told("fork", _("Who is it?"))


def _react_to(step: _Fields) -> Told:
    return Told("fork", _("What did the person do with “%(step)s”?") % {"step": step["react_to"] or "…"})


def _split(step: _Fields) -> Told:
    name = str(step.get("id") or "")
    return Told("fork", _("Chance decides"), _("the same for a person every time: “%(name)s”") % {"name": name} if name else "")


def _offer(step: _Fields) -> Told:
    fields = _dict(step["offer"])
    given: dict[str, Callable[[Any], str]] = {
        "percent": lambda value: _("%(value)s%% off") % {"value": value},
        "amount": lambda value: _("%(value)s off, in the cart's currency") % {"value": value},
        "free_shipping": lambda _value: _("free shipping"),
        "gift": lambda value: _("a gift: %(gift)s") % {"gift": value},
    }
    said = next((tell(fields[key]) for key, tell in given.items() if key in fields), "…")
    details = [
        _("codes of “%(pool)s”") % {"pool": fields["pool"]} if fields.get("pool") else "",
        _("code %(code)s") % {"code": fields["code"]} if fields.get("code") else "",
        _("for %(length)s") % {"length": lasting(fields["expires"])} if fields.get("expires") else "",
        _("from a total of %(total)s") % {"total": fields["min_cart"]} if fields.get("min_cart") else "",
    ]
    return Told("act", _("Offer: %(offer)s") % {"offer": said}, "; ".join(filter(None, details)))


def _audience(step: _Fields) -> Told:
    fields = _dict(step["audience"])
    if "leave" in fields:
        return Told("act", _("Take out of the audience “%(name)s”") % {"name": fields["leave"]})
    return Told("act", _("Put into the audience “%(name)s”") % {"name": fields.get("join") or "…"})


def _notify_team(step: _Fields) -> Told:
    return Told("act", _("Tell the team"), str(step["notify_team"] or ""))


def _goto_journey(step: _Fields) -> Told:
    return Told("end", _("Go on with the journey “%(name)s”") % {"name": step["goto_journey"] or "…"})


def _end(step: _Fields) -> Told:  # noqa: ARG001
    return Told("end", _("The journey ends here"))


_TELLERS: dict[str, Callable[[_Fields], Told]] = {
    "send": _send,
    "chat": _chat,
    "best_channel": _best_channel,
    "ask_reason": _ask_reason,
    "wait": _wait,
    "branch": _branch,
    "react_to": _react_to,
    "split": _split,
    "offer": _offer,
    "audience": _audience,
    "notify_team": _notify_team,
    "goto_journey": _goto_journey,
    "end": _end,
}


# --- triggers -----------------------------------------------------------------------------------------------------------------


def _cart_abandoned(fields: _Fields) -> tuple[str, str]:
    details = []
    if fields.get("idle_at_payment"):
        details.append(_("at the payment step already after %(idle)s") % {"idle": lasting(fields["idle_at_payment"])})
    if fields.get("stages"):
        details.append(_("only at: %(stages)s") % {"stages": ", ".join(words.word(STAGES, str(each)) for each in fields["stages"])})
    return _("A cart is left for %(idle)s") % {"idle": lasting(fields.get("idle"))}, "; ".join(details)


def _checkout_abandoned(fields: _Fields) -> tuple[str, str]:
    return _("An order that was begun is left for %(idle)s") % {"idle": lasting(fields.get("idle"))}, ""


def _payment_abandoned(fields: _Fields) -> tuple[str, str]:
    failed = fields.get("idle_if_failed")
    detail = _("if the payment failed, already after %(idle)s") % {"idle": lasting(failed)} if failed else ""
    return _("The payment is left for %(idle)s") % {"idle": lasting(fields.get("idle"))}, detail


def _cart_kept(fields: _Fields) -> tuple[str, str]:
    return _("A cart is still there, untouched, after %(length)s") % {"length": lasting(fields.get("after"))}, ""


def _browse_abandoned(fields: _Fields) -> tuple[str, str]:
    values = {"views": fields.get("views", 1), "idle": lasting(fields.get("idle"))}
    return _("Somebody looked at products (%(views)s or more), put none into a cart, and is away for %(idle)s") % values, ""


def _price_dropped(fields: _Fields) -> tuple[str, str]:
    by = fields.get("by")
    detail = _("by %(share)s or more") % {"share": by} if by else ""
    return _("The price falls of a product that is in the cart or was looked at"), detail


def _back_in_stock(fields: _Fields) -> tuple[str, str]:  # noqa: ARG001
    return _("A product that was sold out can be had again"), ""


def _low_stock(fields: _Fields) -> tuple[str, str]:
    return _("Fewer than %(number)s are left of a product in the cart") % {"number": fields.get("below") or "…"}, ""


def _order_placed(fields: _Fields) -> tuple[str, str]:  # noqa: ARG001
    return _("An order is placed"), ""


def _audience_joined(fields: _Fields) -> tuple[str, str]:
    return _("Somebody comes into the audience “%(name)s”") % {"name": fields.get("audience") or "…"}, ""


_TRIGGERS: dict[str, Callable[[_Fields], tuple[str, str]]] = {
    "cart_abandoned": _cart_abandoned,
    "checkout_abandoned": _checkout_abandoned,
    "payment_abandoned": _payment_abandoned,
    "cart_kept": _cart_kept,
    "browse_abandoned": _browse_abandoned,
    "price_dropped": _price_dropped,
    "back_in_stock": _back_in_stock,
    "low_stock": _low_stock,
    "order_placed": _order_placed,
    "audience_joined": _audience_joined,
}


def told_way(step: _Fields, key: str, number: int) -> tuple[str, str]:
    """The title of one arm of a fork and what stands below it."""
    if key == "branch":
        arm = _dict(step["branch"][number])
        source = str(arm["when"]) if "when" in arm else ""
        return (told_condition(source) or "…", source) if "when" in arm else (_("Everybody else"), "")
    if key == "split":
        arm = _dict(step["split"][number])
        return f"{arm.get('share') or '…'} {arm.get('name') or ''}".strip(), pgettext("chance", "of the people")
    answer = _dict(step[key])
    return str(REACTIONS[key]), _("%(length)s after the message") % {"length": lasting(answer.get("after"))}

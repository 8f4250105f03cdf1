"""What decisions look at: whether somebody has bought, and the values that a condition in a journey may name.

The values are small and plain, named as in docs/reference/journeys.md. Pure: the database and the replay build the same facts here.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import msgspec

from wraca.app.zones import zone_of
from wraca.domain.carts import Cart, CartState
from wraca.domain.consent import may_contact
from wraca.domain.events import Instant, Stage
from wraca.domain.ids import StepId
from wraca.domain.journeys.about import About
from wraca.domain.journeys.plan import BestChannel, Plan
from wraca.domain.journeys.run import Facts, Given, Reach, Reaction, Run, Sent
from wraca.domain.journeys.triggers import quiet_for
from wraca.domain.journeys.watch import given_up_after
from wraca.domain.money import major_units
from wraca.domain.people import Person
from wraca.domain.shop import Shop

_OF_A_CART = About()
_Whose = TypeVar("_Whose")


class Known(msgspec.Struct):
    """A run with everything its decision is made of, as it now stands."""

    run: Run
    plan: Plan
    shop: Shop
    person: Person
    cart: Cart | None  # the run's own
    newest: Cart | None  # what the messages speak of: see newest_cart
    about: About = About()
    sent: Mapping[StepId, Sent] = {}
    over: Mapping[StepId, str] = {}  # over which channel each of them goes
    offers: Mapping[StepId, Given] = {}
    audiences: Collection[str] = ()
    connected: Collection[str] = ()
    suppressed: Mapping[str, str] = {}  # by channel, why the person's address there must not be written to


def facts_of(known: Known, now: Instant, values: Mapping[str, object] | None = None) -> Facts:
    """The facts of one decision. `values` may be what condition_values gave for the same person and cart before."""
    run, plan, person, newest, about = known.run, known.plan, known.person, known.newest, known.about
    of_cart = not about.kind
    idle = quiet_for(plan.trigger, newest.stage, newest.payment_failed) if newest else 0
    return Facts(
        last_activity=(newest.last_activity if newest else run.started_at) if of_cart else person.last_seen,
        counts_from=None if of_cart else run.entered_at,
        timezone=zone_of(person, known.shop),
        idle=idle if of_cart else quiet_for(plan.trigger, Stage.CART),
        ordered=has_ended_by_order(person, known.cart, about, run.started_at),
        emptied=of_cart and (newest is None or not newest.lines),
        lost=of_cart and newest is not None and newest.state is CartState.OPEN and _is_given_up(newest, plan, now),
        opted_out=_has_opted_out(known),
        complained="complained" in known.suppressed.values(),
        overtaken=about.kind == "browse" and newest is not None and newest.is_waiting(),
        sent=known.sent,
        offers=known.offers,
        happened=_happened(known) if plan.waits_for_events else {},
        channels=_reaches(known) if plan.chooses_channels else {},
        values=_values(known, values),
    )


def quiet_at(plan: Plan, cart: Cart | None, person: Person | None = None, about: About = _OF_A_CART) -> Instant:
    """From when on they count as gone: nobody is written to while they are in the shop."""
    if about.kind:
        return (person.last_seen if person else 0) + quiet_for(plan.trigger, Stage.CART)
    return cart.last_activity + quiet_for(plan.trigger, cart.stage, cart.payment_failed) if cart else 0


def newest_cart(carts: Collection[Cart], own: Cart | None) -> Cart | None:
    """The cart the messages speak of: the latest of these open ones with something in it, else the run's own."""
    filled = [cart for cart in carts if cart.lines]
    return max(filled, key=lambda cart: (cart.last_activity, cart.id), default=own)


def has_bought(person: Person | None, cart: Cart | None, since: Instant) -> bool:
    """Whether the cart was ordered, or its person ordered anything since it began (`since`, where there is no cart).

    Asked in the same words by the watch, the engine and the gate, so that none of them starts what another one ends.
    """
    if cart is not None and cart.state is CartState.ORDERED:
        return True
    return person is not None and person.last_order_at >= (cart.started_at if cart else since) > 0


def has_ended_by_order(person: Person | None, cart: Cart | None, about: About, started_at: Instant) -> bool:
    """Whether an order has ended a run: one for its cart, or one since the person took an interest in what it is about.

    An order may be reported late: it counts from the interest, not from the run that came of it. Only a run that an order began
    goes on until the next one.
    """
    match about.kind:
        case "":
            return has_bought(person, cart, started_at)
        case "order" | "audience":
            return person is not None and person.last_order_at > started_at
        case _:
            products = about.product_ids
            seen = [view.at for view in person.views if view.product in products] if person else []
            return has_bought(person, cart, min(seen, default=started_at))


def _is_given_up(cart: Cart, plan: Plan, now: Instant) -> bool:
    return now - cart.last_activity >= given_up_after(plan, cart.stage, cart.payment_failed)


def _has_opted_out(known: Known) -> bool:
    """A journey has nobody left to speak to once they said no on each of its channels."""
    if not known.suppressed and all(word.given for word in known.person.consents.values()):
        return False
    channels = known.plan.channels
    return bool(channels) and all(_said_no(known, channel) for channel in channels)


def _said_no(known: Known, channel: str) -> bool:
    word = known.person.consents.get(channel)
    return known.suppressed.get(channel, "") in {"unsubscribed", "by_hand"} or (word is not None and not word.given)


def _happened(known: Known) -> dict[str, Instant]:
    """When each of what a run can wait for last happened; the names of the shop's own events beside ours."""
    person, newest = known.person, known.newest
    clicked = max((sent.clicked_at or 0 for sent in known.sent.values()), default=0)
    opened = max((sent.opened_at or 0 for sent in known.sent.values()), default=0)
    return {
        **person.did,
        "clicked": clicked,
        "opened": max(opened, clicked),
        "visit": person.last_seen,
        "cart_changed": newest.last_activity if newest else 0,
        "answered": person.answers[-1].at if person.answers else 0,
    }


def _reaches(known: Known) -> dict[str, Reach]:
    """Of every channel that the plan chooses from: may this person be written to over it now?"""
    choices = {
        choice.channel
        for place in known.plan.places.values()
        if isinstance(place.step, BestChannel)
        for choice in place.step.choices
    }
    return {channel: _reach(known, channel) for channel in sorted(choices)}


def _reach(known: Known, channel: str) -> Reach:
    if channel not in known.connected:
        return Reach(is_open=False, objection="not_connected")
    if known.suppressed.get(channel):
        return Reach(is_open=False, objection="suppressed")
    permission = may_contact(known.person, channel, known.shop.country, known.shop.permission)
    if not permission.is_given:
        return Reach(is_open=False, objection=permission.objection)
    here = [sent for step, sent in known.sent.items() if known.over.get(step) == channel]
    if known.person.may_be_minor:
        return Reach(is_open=True)  # what they did once decides nothing (trust L19)
    return Reach(is_open=True, reacted=any(sent.reaction is not Reaction.NONE for sent in here))


# --- the names in conditions --------------------------------------------------------------------------------------------------


def condition_values(
    person: Person, cart: Cart | None, reads: Mapping[str, Collection[str] | None] | None = None
) -> dict[str, object]:
    """The names `person` and `cart` of a CEL condition. Money is in major units; an unknown price is absent, not zero.

    `reads` (Plan.reads) names the fields that anybody will look at: of a name with None, and without `reads`, all.
    """
    if reads is None:
        return {"person": _fields(_PERSON, person, None), "cart": _fields(_CART, cart, None) if cart else {}}
    values: dict[str, object] = {}
    if "person" in reads:
        values["person"] = _fields(_PERSON, person, reads["person"])
    if "cart" in reads:
        values["cart"] = _fields(_CART, cart, reads["cart"]) if cart else {}
    return values


def _fields(getters: Mapping[str, Callable[[_Whose], object]], whose: _Whose, names: Collection[str] | None) -> dict[str, object]:
    wanted = getters if names is None else [name for name in names if name in getters]
    values = {name: getters[name](whose) for name in wanted}
    if values.get("total", 0) is None:  # nobody knows: absent, so that `has(cart.total)` can ask
        del values["total"]
    return values


def _values(known: Known, base: Mapping[str, object] | None) -> Mapping[str, object]:
    """The names that the plan's conditions look at, and no others: most plans look at one or two."""
    names = known.plan.reads
    if not names:
        return {}
    values = dict(base) if base is not None else condition_values(known.person, known.newest, names)
    if "message" in names:
        values["message"] = {step: _message(one) for step, one in known.sent.items()}
    if "offer" in names:
        values["offer"] = _offer(known)
    if "reason" in names:
        values["reason"] = _reason(known)
    if known.audiences:
        values["person"] = _fields(_PERSON, known.person, None) | {"audiences": sorted(known.audiences)}
    return values


def _message(sent: Sent) -> dict[str, object]:
    clicked = sent.clicked_at is not None
    return {
        "sent": sent.was_sent,
        "opened": clicked or sent.opened_at is not None,
        "clicked": clicked,
        "reaction": sent.reaction.value,
    }


def _reason(known: Known) -> dict[str, object]:
    """The person's newest answer since the run began."""
    answer = next((one for one in reversed(known.person.answers) if one.at >= known.run.started_at), None)
    return {"answered": answer is not None, "answer": answer.reason if answer else "", "text": answer.text if answer else ""}


def _offer(known: Known) -> dict[str, object]:
    step, given = max(known.offers.items(), key=lambda one: (one[1].at, one[0]), default=(None, None))
    if given is None or not (given.code or known.run.held_out):  # who is held out goes the way of those who get a code
        return {"given": False}
    return {"given": True, "code": given.code, "kind": given.offer.kind.value, "value": given.offer.value, "step": step}


def _total(cart: Cart) -> float | None:
    total = cart.total
    return None if total is None else float(major_units(total))


_PERSON: Mapping[str, Callable[[Person], object]] = {
    "orders_count": lambda person: person.orders_count,
    "is_customer": lambda person: person.is_customer,
    "first_name": lambda person: person.first_name,
    "gender": lambda person: person.gender,
    "language": lambda person: person.language,
    "country": lambda person: person.country,
    "has_email": lambda person: bool(person.email),
    "has_phone": lambda person: bool(person.phone),
    "audiences": lambda _: [],
    "attributes": lambda person: dict(person.attributes),
}
_CART: Mapping[str, Callable[[Cart], object]] = {
    "stage": lambda cart: cart.stage.name.lower(),
    "currency": lambda cart: cart.currency,
    "count": lambda cart: sum(line.quantity for line in cart.lines),
    "products": lambda cart: [line.product_id for line in cart.lines],
    "categories": lambda cart: sorted({line.category for line in cart.lines if line.category}),
    "coupon": lambda cart: cart.coupon,
    "shipping_method": lambda cart: cart.shipping_method,
    "payment_method": lambda cart: cart.payment_method,
    "payment_failed": lambda cart: cart.payment_failed,
    "total": _total,
}

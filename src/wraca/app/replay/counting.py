"""What happened, counted from the events and the recorded messages, without asking the engine or the gate."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from wraca.app.replay.figures import Coupon, Priced, priced
from wraca.app.replay.playing import Ending
from wraca.domain.carts import Cart, CartState
from wraca.domain.consent import may_contact
from wraca.domain.events import Event, Instant
from wraca.domain.fold import Shopper
from wraca.domain.ids import CartId, PersonId
from wraca.domain.journeys.triggers import Trigger
from wraca.domain.people import Person
from wraca.domain.shop import Shop


class Abandoned(msgspec.Struct, frozen=True):
    """A cart that was left alone for as long as the journey waits. `objection`: why its person cannot be written to."""

    cart: CartId
    person: PersonId
    was_ordered: bool
    objection: str


class Counted(msgspec.Struct):
    """What a second fold of the events finds: carts that were left alone, and what coupons cost when they were given."""

    abandoned: list[Abandoned] = []
    coupons: list[Priced] = []
    people: list[Person] = []  # of the carts left alone, each once


def count_again(ending: Ending, trigger: Trigger, shop: Shop, until: Instant) -> Counted:
    """Fold all events that touch carts once more, person by person, up to `until`."""
    known = dict(ending.people_of_carts())
    coupons: dict[str, list[Coupon]] = {}
    for coupon in ending.coupons():
        coupons.setdefault(coupon.person, []).append(coupon)
    counted = Counted()
    for person, events in ending.cart_events():
        if person not in known:
            continue
        events.sort(key=_order)
        shopper = Shopper(shop.id, Person(PersonId(person), events[0].at, events[0].at))
        left, costs = _folded(shopper, events, coupons.get(person, []), trigger, until)
        counted.coupons += costs
        if left:
            objection = may_contact(known[person], "email", shop.country, shop.permission).objection
            counted.people.append(known[person])
            counted.abandoned += [
                Abandoned(cart, PersonId(person), shopper.carts[cart].state is CartState.ORDERED, objection)
                for cart in sorted(left)
            ]
    return counted


def _folded(
    shopper: Shopper, events: list[Event], coupons: list[Coupon], trigger: Trigger, until: Instant
) -> tuple[set[CartId], list[Priced]]:
    """The carts that were left alone at least once, and the coupons as they cost when they were given."""
    left: set[CartId] = set()
    costs: list[Priced] = []
    waiting = coupons[::-1]
    for event in events:
        while waiting and waiting[-1].at <= event.at:  # what happens at the same moment comes after what is due then
            costs.append(_priced(waiting.pop(), shopper))
        left |= _quiet(shopper.carts.values(), trigger, event.at)
        shopper.fold((event,))
    left |= _quiet(shopper.carts.values(), trigger, until)
    return left, costs + [_priced(coupon, shopper) for coupon in reversed(waiting)]


def _priced(coupon: Coupon, shopper: Shopper) -> Priced:
    return priced(coupon, shopper.carts.get(CartId(coupon.cart)))


def _order(event: Event) -> tuple[Instant, int, str]:
    return event.order


def _quiet(carts: Iterable[Cart], trigger: Trigger, now: Instant) -> set[CartId]:
    return {
        cart.id
        for cart in carts
        if cart.is_waiting()
        and not cart.backfilled
        and now - cart.last_activity >= trigger.idle_at(cart.stage, cart.payment_failed)
    }


def silences(ending: Ending, abandoned: Iterable[Abandoned]) -> tuple[Counter[str], int]:
    """Why messages and carts got nothing, by reason; and how many abandoned carts got at least one message."""
    reasons: Counter[str] = Counter()
    messaged: set[str] = set()
    planned: set[str] = set()
    for _, _, cart, _, _, state, why, _ in ending.messages():
        planned.add(cart)
        if state == "accepted":
            messaged.add(cart)
        else:
            words = why if state in {"skipped", "rejected"} else ["still_waiting"]
            reasons.update(f"message.{word}" for word in words)
    runs = ending.runs_of_carts()
    outcomes = {cart: outcome for cart, _, outcome in runs}
    travellers = {person for _, person, _ in runs}
    for one in abandoned:
        if one.objection:
            reasons[f"cart.{one.objection}"] += 1
        elif one.cart not in planned:
            reasons[f"cart.{_no_message(one, outcomes, travellers)}"] += 1
    for _, _, outcome in runs:
        if outcome not in {"completed", ""}:
            reasons[f"run.{outcome}"] += 1
    return reasons, len(messaged & {one.cart for one in abandoned})


def _no_message(one: Abandoned, outcomes: dict[str, str], travellers: set[str]) -> str:
    """Why an abandoned cart that could have been written about was not even considered."""
    if one.cart in outcomes:
        return outcomes[one.cart] or "still_waiting"
    return "joined_another" if one.person in travellers else "not_for_this_journey"

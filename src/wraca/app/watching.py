"""A cart's timer fired: is it abandoned, which journeys start, when to look again?"""

from collections.abc import Iterable, Sequence

import msgspec

from wraca.app.facts import condition_values, has_bought
from wraca.app.hooksout import Hearers, abandoned, tell
from wraca.app.register import Register
from wraca.app.starting import Past, Pasts, StartRow, begin_runs, is_held_out, pasts_of
from wraca.domain.carts import LOST_AFTER, Cart
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, derived_id
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.watch import Candidate, Start, WatchedCart, given_up_after, watch
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import intake
from wraca.storage.hot import timers as sql
from wraca.storage.hot.rows import CART_TIMER, TimerRow

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)


class Due(msgspec.Struct):
    """A cart or a run whose timer fired."""

    shop: ShopId
    subject: str


class _LostRow(msgspec.Struct):
    shop: ShopId
    subject: CartId
    last_activity: Instant


def watch_carts(tx: Transaction, bucket: int, register: Register, due: Sequence[Due], now: Instant) -> None:
    """Look at these carts: start journeys, set the timers again, give up the lost."""
    found = [
        (shop, person, _cart.decode(cart_body), _person.decode(person_body))
        for shop, _, person, cart_body, person_body in tx.all(sql.WATCHED_CARTS, due, bucket=bucket)
    ]
    waiting = [(shop, person, cart, who) for shop, person, cart, who in found if cart.is_waiting() and not cart.backfilled]
    pasts = pasts_of(tx, bucket, {(shop, person) for shop, person, _, _ in waiting})
    running = _running(register, pasts)
    starts: list[StartRow] = []
    looks: list[TimerRow] = []
    lost: list[_LostRow] = []
    for shop, person, cart, who in waiting:
        speaking = [*(journey.plan for journey in register.journeys(shop)), *running.get((shop, person), ())]
        given_up_at = cart.last_activity + _kept_for(cart, speaking)
        if now >= given_up_at:
            lost.append(_LostRow(shop, cart.id, cart.last_activity))
            continue
        begun, look = watch(watched(cart, who), candidates(register, shop, person, cart, pasts), now)
        for start in begun:
            past = pasts.setdefault((shop, person, start.journey), Past())
            starts.append(_start_row(shop, person, cart, register.plan(shop, start.journey, start.version), start, past, now))
            past.is_running = True
        looks.append(TimerRow(shop, cart.id, CART_TIMER, max(now + 1, min(look or given_up_at, given_up_at))))
    _write(tx, bucket, register.hearers, starts, looks, lost, now)
    left = (abandoned(shop, person, cart, now) for shop, person, cart, _ in waiting if _is_told_of(register, shop, cart, now))
    tell(tx, bucket, register.hearers, left, now)


def _is_told_of(register: Register, shop: ShopId, cart: Cart, now: Instant) -> bool:
    """Whether anybody listens, and the cart was left alone for as long as the most impatient journey waits, or an hour."""
    return bool(register.hearers(shop)) and now >= cart.last_activity + register.idle(shop).wait_for(cart)


def _running(register: Register, pasts: Pasts) -> dict[tuple[ShopId, PersonId], list[Plan]]:
    """What these people are on now: also of journeys that are paused by now, or changed."""
    running: dict[tuple[ShopId, PersonId], list[Plan]] = {}
    for (shop, person, journey), past in pasts.items():
        if past.running:
            running.setdefault((shop, person), []).append(register.plan(shop, journey, past.running))
    return running


def _kept_for(cart: Cart, plans: Iterable[Plan]) -> int:
    """How long (ms) after its last activity the cart is given up: as late as any journey would still speak of it."""
    speaking = (plan for plan in plans if plan.trigger.fits(cart.stage))
    return max((given_up_after(plan, cart.stage, cart.payment_failed) for plan in speaking), default=LOST_AFTER)


def _start_row(shop: ShopId, person: PersonId, cart: Cart, plan: Plan, start: Start, past: Past, now: Instant) -> StartRow:
    """The run begins at the moment it was due, not when we got to it: after an outage its messages are as late as they are."""
    due = cart.last_activity + plan.trigger.idle_at(cart.stage, cart.payment_failed)
    if past.last_start is not None:
        due = max(due, past.last_start + plan.reentry)
    run = RunId(derived_id(shop, "run", start.journey, cart.id, str(cart.last_activity)))
    held_out = is_held_out(shop, plan, person)
    return StartRow(shop, run, start.journey, start.version, person, cart.id, min(due, now), held_out)


def watched(cart: Cart, who: Person) -> WatchedCart:
    return WatchedCart(
        cart.id,
        who.id,
        cart.started_at,
        cart.last_activity,
        cart.stage,
        cart.payment_failed,
        has_lines=bool(cart.lines),
        is_ordered=has_bought(who, cart, cart.started_at),
        values=condition_values(who, cart),
    )


def candidates(register: Register, shop: ShopId, person: PersonId, cart: Cart, pasts: Pasts) -> list[Candidate]:
    found = []
    for journey in register.journeys(shop):
        past = pasts.get((shop, person, journey.plan.journey), Past())
        found.append(
            Candidate(journey.plan, journey.version, journey.activated_at, past.last_start, past.is_running, cart.id in past.carts)
        )
    return found


def _write(
    tx: Transaction,
    bucket: int,
    hearers: Hearers,
    starts: list[StartRow],
    looks: list[TimerRow],
    lost: list[_LostRow],
    now: Instant,
) -> None:
    begin_runs(tx, bucket, hearers, starts, now)
    if looks:
        tx.run(intake.SET_TIMERS, looks, bucket=bucket)
    if lost:
        tx.run(sql.LOSE_CARTS, lost, bucket=bucket)

"""Which journeys an abandoned cart starts now, and when to look at it again. Pure; asked whenever the cart's timer fires.

Whoever stores the timer may forget it when the answer says None: new activity in the cart sets another one.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import msgspec

from wraca.domain.events import Instant, Stage
from wraca.domain.ids import CartId, PersonId
from wraca.domain.journeys.conditions import judged
from wraca.domain.journeys.durations import DAY
from wraca.domain.journeys.plan import Plan

TOO_OLD = 7 * DAY  # nobody is surprised by a first reminder of last week's cart


class WatchedCart(msgspec.Struct, frozen=True):
    """The cart as it now is. `values` are the facts for the journeys' filters; None leaves the filters to the engine."""

    cart: CartId
    person: PersonId
    begun_at: Instant
    last_activity: Instant
    stage: Stage = Stage.CART
    payment_failed: bool = False
    has_lines: bool = True
    is_ordered: bool = False
    values: Mapping[str, object] | None = None


class Candidate(msgspec.Struct, frozen=True):
    """An active journey, and what this person already had of it."""

    plan: Plan
    version: int
    activated_at: Instant  # carts begun before are not its business
    last_start: Instant | None = None  # the newest start of this journey for this person
    is_running: bool = False  # for this person: a second cart joins the running run
    had_this_cart: bool = False  # a run of this journey was begun for this very cart


class NotBegun(StrEnum):
    """Why a journey does not begin for a cart."""

    NO_LINES = "no_lines"
    ORDERED = "ordered"
    BEFORE_ACTIVATION = "before_activation"  # the cart is older than the journey's being switched on
    RUNNING = "running"  # for this person, already: a second cart joins it
    HAD_THIS_CART = "had_this_cart"
    OTHER_STAGE = "other_stage"
    NOTHING_NEW = "nothing_new"  # the cart was quiet already when the last run began
    TOO_OLD = "too_old"
    FILTERED = "filtered"


class Start(msgspec.Struct, frozen=True):
    journey: str
    version: int


def watch(cart: WatchedCart, candidates: Sequence[Candidate], now: Instant) -> tuple[tuple[Start, ...], Instant | None]:
    """The journeys to start now, most urgent first, and the next instant (always later than `now`) at which that may change."""
    starts: list[Candidate] = []
    looks: list[Instant] = []
    for candidate in candidates:
        ready_at = _ready_at(cart, candidate)
        if ready_at is None or max(ready_at, now) > _too_old_at(cart, candidate.plan):
            continue
        if ready_at > now:
            looks.append(ready_at)
        elif _passes_filters(cart, candidate.plan):
            starts.append(candidate)
    starts.sort(key=lambda candidate: (-candidate.plan.priority, candidate.plan.journey))
    return tuple(Start(each.plan.journey, each.version) for each in starts), min(looks, default=None)


def given_up_after(plan: Plan, stage: Stage, failed: bool) -> int:  # noqa: FBT001  (as the triggers ask)
    """How long (ms) after its last activity a cart is given up; a journey that begins late keeps some time for its steps."""
    return max(plan.lost_after, plan.trigger.idle_at(stage, failed) + plan.lost_after // 2)


def _too_old_at(cart: WatchedCart, plan: Plan) -> Instant:
    """The last moment at which this journey may begin: a week after the cart was left, or after it was to begin at all."""
    return cart.last_activity + max(TOO_OLD, plan.trigger.idle_at(cart.stage, cart.payment_failed) + DAY)


# Everything that keeps a journey from beginning, until something happens: in the order in which it is told.
_NEVER: tuple[tuple[NotBegun, Callable[[WatchedCart, Candidate], bool]], ...] = (
    (NotBegun.NO_LINES, lambda cart, _: not cart.has_lines),
    (NotBegun.ORDERED, lambda cart, _: cart.is_ordered),
    (NotBegun.BEFORE_ACTIVATION, lambda cart, candidate: cart.begun_at < candidate.activated_at),
    (NotBegun.RUNNING, lambda _, candidate: candidate.is_running),
    (NotBegun.HAD_THIS_CART, lambda _, candidate: candidate.had_this_cart),
    (NotBegun.OTHER_STAGE, lambda cart, candidate: not candidate.plan.trigger.fits(cart.stage)),
    (NotBegun.NOTHING_NEW, lambda cart, candidate: candidate.last_start is not None and cart.last_activity <= candidate.last_start),
)


def why_not(cart: WatchedCart, candidate: Candidate, now: Instant) -> tuple[NotBegun, ...]:
    """Everything that keeps this journey from beginning for the cart; empty: it begins, now or when the cart was quiet for long."""
    told = [reason for reason, applies in _NEVER if applies(cart, candidate)]
    if not told and max(_quiet_at(cart, candidate), now) > _too_old_at(cart, candidate.plan):
        told.append(NotBegun.TOO_OLD)
    if not told and not _passes_filters(cart, candidate.plan):
        told.append(NotBegun.FILTERED)
    return tuple(told)


def begins_at(cart: WatchedCart, candidate: Candidate, now: Instant) -> Instant:
    """When this journey begins for the cart if nothing happens; only where nothing keeps it from beginning."""
    return max(_quiet_at(cart, candidate), now)


def _ready_at(cart: WatchedCart, candidate: Candidate) -> Instant | None:
    """From when on this journey may start for the cart; None for not at all unless something happens."""
    return None if any(applies(cart, candidate) for _, applies in _NEVER) else _quiet_at(cart, candidate)


def _quiet_at(cart: WatchedCart, candidate: Candidate) -> Instant:
    quiet_at = cart.last_activity + candidate.plan.trigger.idle_at(cart.stage, cart.payment_failed)
    return quiet_at if candidate.last_start is None else max(quiet_at, candidate.last_start + candidate.plan.reentry)


def _passes_filters(cart: WatchedCart, plan: Plan) -> bool:
    values = cart.values
    return values is None or all(judged(source, values).holds for source in plan.filters)

"""A run's timer fired: read the facts, decide, write the move and its effect together."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from wraca.app.acting import act
from wraca.app.facts import facts_of
from wraca.app.offers import OfferWanted, close_offers, give_offers
from wraca.app.register import Register
from wraca.app.starting import Following, start_journeys
from wraca.app.travelling import Travelling, travelling
from wraca.app.watching import Due
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, ShopId, StepId, derived_id
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.run import (
    Advance,
    AwaitMessage,
    Continue,
    Decision,
    Effect,
    Finish,
    MakeOffer,
    Outcome,
    SendMessage,
    Sleep,
)
from wraca.domain.outbox import USEFUL_FOR
from wraca.storage.database import Transaction
from wraca.storage.hot import intake, runs
from wraca.storage.hot.rows import RUN_TIMER, TimerRow


class _MoveRow(msgspec.Struct):
    shop: ShopId
    id: RunId
    turn: int
    at: str
    entered_at: Instant
    last_sent_at: Instant
    outcome: str
    cart: CartId
    ended_at: Instant | None


class _DecisionRow(msgspec.Struct):
    shop: ShopId
    id: RunId
    turn: int
    trail: tuple[Decision, ...]


class _MessageRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    id: MessageId
    person: PersonId
    cart: CartId
    journey: str
    template: str
    held_out: bool
    due_at: Instant
    deadline_at: Instant


class _CloseRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    reasons: tuple[str, ...]


class _Effects(msgspec.Struct):
    """What a batch of decisions asks for, by kind."""

    sleeps: list[TimerRow] = []
    messages: list[_MessageRow] = []
    offers: list[OfferWanted] = []
    closed: list[_CloseRow] = []
    over: list[tuple[ShopId, RunId]] = []  # which of these end for good: their offers end with them
    starts: list[Following] = []


_Decided: TypeAlias = list[tuple[Travelling, Advance]]


def advance_runs(tx: Transaction, bucket: int, register: Register, due: Sequence[Due], now: Instant) -> None:
    """Decide for all of these runs and write what was decided."""
    decided = [
        (each, advance(each.run, each.known.plan, facts_of(each.known, now), now)) for each in travelling(tx, bucket, register, due)
    ]
    moves = [_move_row(each, answer, now) for each, answer in decided]
    if not moves:
        return
    moved = set(tx.all(runs.MOVE_RUNS, moves, bucket=bucket))
    _write(tx, bucket, register, [(each, answer) for each, answer in decided if (each.shop, each.run.id) in moved], now)


# --- writing ------------------------------------------------------------------------------------------------------------------


def _move_row(each: Travelling, answer: Advance, now: Instant) -> _MoveRow:
    run, newest = answer.run, each.known.newest
    outcome = _outcome(answer.effect)
    cart = newest.id if newest and not each.known.about.kind else run.cart
    return _MoveRow(each.shop, run.id, each.turn, run.at, run.entered_at, run.last_sent_at, outcome, cart, now if outcome else None)


def _outcome(effect: Effect) -> str:
    match effect:
        case Finish(outcome=outcome):
            return outcome.value
        case Continue():
            return Outcome.CONTINUED.value
        case _:
            return ""


def _write(tx: Transaction, bucket: int, register: Register, decided: _Decided, now: Instant) -> None:
    effects = _effects(decided, now)
    refused = start_journeys(tx, bucket, register, effects.starts, now)
    decisions = [_decision_row(each, answer, refused.get((each.shop, each.run.id))) for each, answer in decided]
    tx.run(runs.ADD_DECISIONS, decisions, bucket=bucket, now=now)
    give_offers(tx, bucket, effects.offers, now)
    if effects.sleeps:
        tx.run(intake.SET_TIMERS, effects.sleeps, bucket=bucket)
    if effects.messages:
        tx.run(runs.PLAN_MESSAGES, effects.messages, bucket=bucket, now=now)
    if effects.closed:
        tx.run(runs.CLOSE_MESSAGES, effects.closed, bucket=bucket, now=now)
    close_offers(tx, bucket, effects.over, now)
    act(tx, bucket, register, decided, now)


def _decision_row(each: Travelling, answer: Advance, refused: str | None) -> _DecisionRow:
    """`refused`: why the journey that this one leads to did not begin."""
    trail = answer.trail
    if refused is not None:
        trail = (*trail, Decision(answer.run.at, "not_begun", {"reason": str(refused)}))
    return _DecisionRow(each.shop, each.run.id, each.turn, trail)


def _effects(decided: _Decided, now: Instant) -> _Effects:
    every = _Effects()
    for each, answer in decided:
        run = answer.run
        match answer.effect:
            case Sleep(until=until):
                every.sleeps.append(TimerRow(each.shop, run.id, RUN_TIMER, until))
            case SendMessage():
                every.messages.append(_message_row(each, answer, answer.effect))
            case MakeOffer():
                every.offers.append(_offer_wanted(each, answer.effect))
                every.sleeps.append(TimerRow(each.shop, run.id, RUN_TIMER, now))
            case Finish() | Continue():
                _end(every, each, answer.effect)
            case AwaitMessage():
                pass  # its settling wakes the run
    return every


def _end(every: _Effects, each: Travelling, effect: Finish | Continue) -> None:
    run = each.run
    every.closed.append(_CloseRow(each.shop, run.id, (_outcome(effect),)))
    if isinstance(effect, Continue):
        every.starts.append(
            Following(each.shop, run.id, run.journey, effect.journey, run.person, run.cart, run.held_out, each.known.about)
        )
    elif each.known.plan.makes_offers:
        every.over.append((each.shop, run.id))


def _offer_wanted(each: Travelling, effect: MakeOffer) -> OfferWanted:
    run = each.run
    return OfferWanted(
        each.shop, run.id, effect.step, run.journey, run.person, run.cart, effect.offer, effect.pool, effect.code, effect.expires,
        run.held_out,
    )  # fmt: skip


def _message_row(each: Travelling, answer: Advance, effect: SendMessage) -> _MessageRow:
    """The message is useful for a while after the moment it should have gone, not after the moment we got to it."""
    run, newest = answer.run, None if each.known.about.kind else each.known.newest
    message = MessageId(derived_id(each.shop, run.id, effect.step, effect.channel))
    due = max(run.entered_at, newest.last_activity if newest else 0, run.last_sent_at)
    return _MessageRow(
        each.shop,
        run.id,
        effect.step,
        effect.channel,
        message,
        run.person,
        newest.id if newest else run.cart,
        run.journey,
        effect.template,
        run.held_out,
        effect.due,
        due + USEFUL_FOR,
    )

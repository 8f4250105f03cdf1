"""The decision: where does this run stand, and what is the one thing to do next?

`advance` is pure. It is asked when a timer fires, a message settles, a reaction comes in, the cart changes; asking too often does
no harm, because whatever is not due yet answers with a Sleep. It walks through instant steps (branches, ends of waits) until
something has to be done or waited for.
"""

from collections.abc import Callable
from typing import TypeAlias, assert_never

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys.conditions import Verdict, judged
from wraca.domain.journeys.plan import END, Branch, End, ExitOn, Place, Plan, ReactTo, Send, Wait
from wraca.domain.journeys.run import (
    Advance,
    AwaitMessage,
    Decision,
    Effect,
    Facts,
    Finish,
    Outcome,
    Reaction,
    Run,
    SendMessage,
    Sent,
    Sleep,
)

_STRENGTH = {Reaction.NONE: 0, Reaction.OPENED: 1, Reaction.CLICKED: 2}


class NoSuchStep(LookupError):
    """The run stands at a path that its plan does not have: it was given another version's plan."""


class _Go(msgspec.Struct, frozen=True):
    """This step is done since `at`; the run goes to the path `to`."""

    to: str
    at: Instant
    because: Decision
    sent_at: Instant = 0


class _Stop(msgspec.Struct, frozen=True):
    effect: Effect
    because: Decision


_Answer: TypeAlias = _Go | _Stop
_Exit: TypeAlias = tuple[Outcome, Callable[[Plan, Facts], bool]]

# Everything that ends a run from outside, in the order in which it names the outcome.
EXITS: tuple[_Exit, ...] = (
    (Outcome.ORDERED, lambda _, facts: facts.ordered),
    (Outcome.ERASED, lambda _, facts: facts.erased),
    (Outcome.COMPLAINED, lambda _, facts: facts.complained),
    (Outcome.OPTED_OUT, lambda _, facts: facts.opted_out),
    (Outcome.EMPTIED, lambda plan, facts: facts.emptied and ExitOn.CART_EMPTIED in plan.exit_on),
    (Outcome.LOST, lambda _, facts: facts.lost),
)


def advance(run: Run, plan: Plan, facts: Facts, now: Instant) -> Advance:
    """What this run does at `now`. Raises NoSuchStep if the plan is not the one the run was started with.

    Leaving comes first: a purchase or an opt-out wins over whatever step the run is at. A Sleep is always later than `now`; a
    SendMessage is always due now, because a message that may not go yet is slept for and judged again, not planned ahead.
    """
    for outcome, applies in EXITS:
        if applies(plan, facts):
            return Advance(run, Finish(outcome), (Decision(run.at, "exit", {"outcome": outcome.value}),))
    trail: list[Decision] = []
    while run.at != END:  # ends: every path leads to one further down or behind, and the plan is a finite tree
        place = plan.places.get(run.at)
        if place is None:
            raise NoSuchStep(f"journey {run.journey} version {run.version} has no step {run.at}")
        answer = _decide(run, place, plan, facts, now)
        trail.append(answer.because)
        if isinstance(answer, _Stop):
            return Advance(run, answer.effect, tuple(trail))
        run = _moved(run, answer)
    trail.append(Decision(END, "finished", {"outcome": Outcome.COMPLETED.value}))
    return Advance(run, Finish(Outcome.COMPLETED), tuple(trail))


def _moved(run: Run, answer: _Go) -> Run:
    return msgspec.structs.replace(run, at=answer.to, entered_at=answer.at, last_sent_at=max(run.last_sent_at, answer.sent_at))


def _decide(run: Run, place: Place, plan: Plan, facts: Facts, now: Instant) -> _Answer:
    step = place.step
    match step:
        case Wait():
            return _wait(run, place, step, facts, now)
        case Send():
            return _send(run, place, step, plan, facts, now)
        case Branch():
            return _branch(run, place, step, facts)
        case ReactTo():
            return _react(run, place, step, facts, now)
        case End():
            return _Go(END, run.entered_at, Decision(run.at, "ended"))
        case _:
            assert_never(step)


def _wait(run: Run, place: Place, step: Wait, facts: Facts, now: Instant) -> _Answer:
    """The first wait counts from the cart's last activity, a later one from when the step before it was done.

    A wait is done at its own time, not at the later one when somebody looked: delays of the timers do not add up.
    """
    since = facts.last_activity if place.is_first_delay else run.entered_at
    due = since + step.length
    if now < due:
        return _Stop(Sleep(due), Decision(run.at, "waits", {"since": since, "length": step.length, "until": due}))
    return _Go(place.then, max(due, run.entered_at), Decision(run.at, "waited", {"since": since, "length": step.length}))


def _send(run: Run, place: Place, step: Send, plan: Plan, facts: Facts, now: Instant) -> _Answer:
    sent = facts.sent.get(step.id)
    if sent is None:
        return _begin_send(run, step, plan, facts, now)
    if sent.settled_at is None:
        return _Stop(AwaitMessage(step.id), Decision(run.at, "awaits", {"step": step.id}))
    because = Decision(run.at, "settled", {"step": step.id, "was_sent": sent.was_sent, "at": sent.settled_at})
    return _Go(place.then, sent.settled_at, because, sent.settled_at if sent.was_sent else 0)


def _begin_send(run: Run, step: Send, plan: Plan, facts: Facts, now: Instant) -> _Stop:
    """Nobody is written to while they are in the shop, nor twice within the plan's gap, nor when a filter says no."""
    quiet_at = facts.last_activity + facts.idle
    apart_at = run.last_sent_at + plan.min_gap if run.last_sent_at else 0
    may_go_at = max(quiet_at, apart_at)
    if may_go_at > now:
        cause = "active" if quiet_at >= apart_at else "min_gap"
        seen = {"cause": cause, "last_activity": facts.last_activity, "last_sent_at": run.last_sent_at, "until": may_go_at}
        return _Stop(Sleep(may_go_at), Decision(run.at, "postponed", seen))
    for source in plan.filters:
        verdict = judged(source, facts.values)
        if not verdict.holds:
            return _Stop(Finish(Outcome.FILTERED), Decision(run.at, "filtered", _seen(source, verdict)))
    because = Decision(run.at, "sends", {"step": step.id, "channel": step.channel, "template": step.template})
    return _Stop(SendMessage(step.id, step.channel, step.template, now), because)


def _branch(run: Run, place: Place, step: Branch, facts: Facts) -> _Go:
    refused: list[dict[str, object]] = []
    for number, arm in enumerate(step.arms):
        verdict = judged(arm.when, facts.values) if arm.when else Verdict(holds=True)
        if verdict.holds:
            seen = {"arm": number, "when": arm.when, "refused": refused}
            return _Go(place.doors[f"b{number}"], run.entered_at, Decision(run.at, "branch_taken", seen))
        refused.append(_seen(arm.when, verdict))
    return _Go(place.then, run.entered_at, Decision(run.at, "branch_passed", {"refused": refused}))


def _react(run: Run, place: Place, step: ReactTo, facts: Facts, now: Instant) -> _Answer:
    """The strongest reaction known when the time of its answer has come decides; nobody is moved later.

    So with opened after 6h, clicked after 8h and none after 10h: opened at 5h is answered at 6h, even if a click comes at 7h;
    clicked at 5h (opened or not) at 8h; opened at 7h at 7h; clicked at 9h at 9h; nothing by 10h closes the question. A reaction
    without an answer goes on behind this step when the question closes (ReactTo.closes_after). A message that was not sent has
    the reaction none.

    Whoever stores reactions wakes the run, so that a late one is answered at once; the Sleep itself looks again at each time
    that could decide.
    """
    sent = facts.sent.get(step.target, Sent(settled_at=run.entered_at))
    settled_at = sent.settled_at
    if settled_at is None:
        return _Stop(AwaitMessage(step.target), Decision(run.at, "awaits", {"step": step.target}))
    reaction = sent.reaction if sent.was_sent else Reaction.NONE
    answer_at, label = settled_at + step.closes_after, ""
    looks: list[Instant] = []
    for answer in step.answers:
        if answer.reaction is reaction:
            answer_at, label = settled_at + answer.after, answer.reaction.value
        elif _STRENGTH[answer.reaction] > _STRENGTH[reaction]:
            looks.append(settled_at + answer.after)
    seen = {"to": step.target, "reaction": reaction.value, "settled_at": settled_at, "answer_at": answer_at}
    if now < answer_at:
        until = min([answer_at, *(look for look in looks if look > now)])
        return _Stop(Sleep(until), Decision(run.at, "waits", {**seen, "until": until}))
    done_at = min(now, max(answer_at, _reacted_at(sent, reaction)))
    return _Go(place.doors.get(label, place.then), done_at, Decision(run.at, "reacted", seen))


def _reacted_at(sent: Sent, reaction: Reaction) -> Instant:
    return {Reaction.CLICKED: sent.clicked_at, Reaction.OPENED: sent.opened_at, Reaction.NONE: None}[reaction] or 0


def _seen(source: str, verdict: Verdict) -> dict[str, object]:
    return {"condition": source, "reason": verdict.reason} if verdict.reason else {"condition": source}

"""Messages: when one may be planned, over which channel, and when the run goes on behind it."""

from wraca.domain.events import Instant
from wraca.domain.ids import StepId
from wraca.domain.journeys.conditions import judged
from wraca.domain.journeys.plan import AskReason, BestChannel, Choice, Send
from wraca.domain.journeys.run import AwaitMessage, Decision, Facts, Finish, Outcome, Reach, SendMessage, Sent, Sleep
from wraca.domain.journeys.steps.moves import At, Go, Move, Stop, seen_of

_UNKNOWN = Reach(is_open=False, objection="not_connected")


def send(at: At, step: Send) -> Move:
    """Plan it, wait until it has settled, go on."""
    if (sent := at.facts.sent.get(step.id)) is None:
        return _held_back(at) or _planned(at, step.id, Choice(step.channel, step.template))
    return _awaited(at, step.id, sent)


def best_channel(at: At, step: BestChannel) -> Move:
    """One of these, chosen when its time has come; a run whose person none of them can reach goes on without it."""
    if (sent := at.facts.sent.get(step.id)) is not None:
        return _awaited(at, step.id, sent)
    if held_back := _held_back(at):
        return held_back
    if (choice := best_of(step.choices, at.facts)) is not None:
        return _planned(at, step.id, choice)
    objections = {one.channel: at.facts.channels.get(one.channel, _UNKNOWN).objection for one in step.choices}
    return Go(at.place.then, at.run.entered_at, Decision(at.run.at, "unreachable", {"step": step.id, "objections": objections}))


def best_of(choices: tuple[Choice, ...], facts: Facts) -> Choice | None:
    """The channel on which the person ever reacted, else the first in the file that reaches them; None: none does."""
    able = [choice for choice in choices if facts.channels.get(choice.channel, _UNKNOWN).is_open]
    return next((choice for choice in able if facts.channels[choice.channel].reacted), able[0] if able else None)


def ask_reason(at: At, step: AskReason) -> Move:
    """As a message; then the answer is waited for. One that was not sent is not waited for."""
    sent = at.facts.sent.get(step.id)
    if sent is None:
        return _held_back(at) or _planned(at, step.id, Choice(step.channel, step.template))
    if sent.settled_at is None or not sent.was_sent:
        return _awaited(at, step.id, sent)
    answered_at = at.facts.happened.get("answered", 0)
    until = sent.settled_at + step.patience
    seen = {"step": step.id, "settled_at": sent.settled_at}
    if sent.settled_at <= answered_at <= until:
        return Go(at.place.then, answered_at, Decision(at.run.at, "answered", {**seen, "at": answered_at}), sent.settled_at)
    if at.now < until:
        return Stop(
            Sleep(until), Decision(at.run.at, "waits", {**seen, "for": "answered", "since": sent.settled_at, "until": until})
        )
    return Go(at.place.then, until, Decision(at.run.at, "unanswered", seen), sent.settled_at)


def _awaited(at: At, step: StepId, sent: Sent) -> Move:
    if sent.settled_at is None:
        return Stop(AwaitMessage(step), Decision(at.run.at, "awaits", {"step": step}))
    because = Decision(at.run.at, "settled", {"step": step, "was_sent": sent.was_sent, "at": sent.settled_at})
    return Go(at.place.then, sent.settled_at, because, sent.settled_at if sent.was_sent else 0)


def _planned(at: At, step: StepId, choice: Choice) -> Stop:
    because = Decision(at.run.at, "sends", {"step": step, "channel": choice.channel, "template": choice.template})
    return Stop(SendMessage(step, choice.channel, choice.template, at.now), because)


def _held_back(at: At) -> Stop | None:
    """Nobody is written to while they are in the shop, nor twice within the plan's gap, nor when a filter says no."""
    facts, last_sent_at = at.facts, at.run.last_sent_at
    quiet_at: Instant = facts.last_activity + facts.idle
    apart_at: Instant = last_sent_at + at.plan.min_gap if last_sent_at else 0
    may_go_at = max(quiet_at, apart_at)
    if may_go_at > at.now:
        cause = "active" if quiet_at >= apart_at else "min_gap"
        seen = {"cause": cause, "last_activity": facts.last_activity, "last_sent_at": last_sent_at, "until": may_go_at}
        return Stop(Sleep(may_go_at), Decision(at.run.at, "postponed", seen))
    for source in at.plan.filters:
        verdict = judged(source, facts.values)
        if not verdict.holds:
            return Stop(Finish(Outcome.FILTERED), Decision(at.run.at, "filtered", seen_of(source, verdict)))
    return None

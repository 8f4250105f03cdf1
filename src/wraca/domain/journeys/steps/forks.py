"""Forks: by a condition, by what the person did with a message, by chance."""

from itertools import accumulate

from wraca.domain.events import Instant
from wraca.domain.journeys.conditions import Verdict, judged
from wraca.domain.journeys.holdout import place_of
from wraca.domain.journeys.plan import Branch, ReactTo, Split
from wraca.domain.journeys.run import AwaitMessage, Decision, Reaction, Sent, Sleep
from wraca.domain.journeys.steps.moves import At, Go, Move, Stop, seen_of

_STRENGTH = {Reaction.NONE: 0, Reaction.OPENED: 1, Reaction.CLICKED: 2}


def branch(at: At, step: Branch) -> Go:
    """The first arm whose condition holds."""
    refused: list[dict[str, object]] = []
    for number, arm in enumerate(step.arms):
        verdict = judged(arm.when, at.facts.values) if arm.when else Verdict(holds=True)
        if verdict.holds:
            seen = {"arm": number, "when": arm.when, "refused": refused}
            return Go(at.place.doors[f"b{number}"], at.run.entered_at, Decision(at.run.at, "branch_taken", seen))
        refused.append(seen_of(arm.when, verdict))
    return Go(at.place.then, at.run.entered_at, Decision(at.run.at, "branch_passed", {"refused": refused}))


def split(at: At, step: Split) -> Go:
    """Everybody has a place on a line as long as the shares together; it is the same for every run and every version."""
    place = place_of(("split", at.run.journey, step.name), at.run.person)
    ends = accumulate(variant.share for variant in step.variants)
    number = next((number for number, end in enumerate(ends) if place < end), len(step.variants) - 1)
    variant = step.variants[number]
    seen = {"split": step.name, "variant": variant.name, "share": variant.share}
    return Go(at.place.doors[f"s{number}"], at.run.entered_at, Decision(at.run.at, "split", seen))


def react_to(at: At, step: ReactTo) -> Move:
    """The strongest reaction known when the time of its answer has come decides; nobody is moved later.

    So with opened after 6h, clicked after 8h and none after 10h: opened at 5h is answered at 6h, even if a click comes at 7h;
    clicked at 5h (opened or not) at 8h; opened at 7h at 7h; clicked at 9h at 9h; nothing by 10h closes the question. A reaction
    without an answer goes on behind this step when the question closes (ReactTo.closes_after). A message that was not sent has
    the reaction none.

    Whoever stores reactions wakes the run, so that a late one is answered at once; the Sleep itself looks again at each time
    that could decide.
    """
    sent = at.facts.sent.get(step.target, Sent(settled_at=at.run.entered_at))
    settled_at = sent.settled_at
    if settled_at is None:
        return Stop(AwaitMessage(step.target), Decision(at.run.at, "awaits", {"step": step.target}))
    reaction = sent.reaction if sent.was_sent else Reaction.NONE
    answer_at, label = settled_at + step.closes_after, ""
    looks: list[Instant] = []
    for answer in step.answers:
        if answer.reaction is reaction:
            answer_at, label = settled_at + answer.after, answer.reaction.value
        elif _STRENGTH[answer.reaction] > _STRENGTH[reaction]:
            looks.append(settled_at + answer.after)
    seen = {"to": step.target, "reaction": reaction.value, "settled_at": settled_at, "answer_at": answer_at}
    if at.now < answer_at:
        until = min([answer_at, *(look for look in looks if look > at.now)])
        return Stop(Sleep(until), Decision(at.run.at, "waits", {**seen, "until": until}))
    done_at = min(at.now, max(answer_at, _reacted_at(sent, reaction)))
    return Go(at.place.doors.get(label, at.place.then), done_at, Decision(at.run.at, "reacted", seen))


def _reacted_at(sent: Sent, reaction: Reaction) -> Instant:
    return {Reaction.CLICKED: sent.clicked_at, Reaction.OPENED: sent.opened_at, Reaction.NONE: None}[reaction] or 0

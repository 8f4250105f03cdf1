"""The decision: where does this run stand, and what is the one thing to do next?

`advance` is pure. It is asked when a timer fires, a message settles, a reaction comes in, the cart changes; asking too often does
no harm, because whatever is not due yet answers with a Sleep. It walks through instant steps (branches, ends of waits) until
something has to be done or waited for.
"""

from collections.abc import Callable
from typing import TypeAlias, assert_never

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys import plan as steps
from wraca.domain.journeys.plan import END, ExitOn, Plan
from wraca.domain.journeys.run import Act, Advance, Decision, Facts, Finish, Outcome, Run
from wraca.domain.journeys.steps import deeds, forks, messages, waits
from wraca.domain.journeys.steps.moves import At, Go, Move, Stop


class NoSuchStep(LookupError):
    """The run stands at a path that its plan does not have: it was given another version's plan."""


_Exit: TypeAlias = tuple[Outcome, Callable[[Plan, Facts], bool]]

# Everything that ends a run from outside, in the order in which it names the outcome.
EXITS: tuple[_Exit, ...] = (
    (Outcome.ORDERED, lambda _, facts: facts.ordered),
    (Outcome.ERASED, lambda _, facts: facts.erased),
    (Outcome.COMPLAINED, lambda _, facts: facts.complained),
    (Outcome.OPTED_OUT, lambda _, facts: facts.opted_out),
    (Outcome.EMPTIED, lambda plan, facts: facts.emptied and ExitOn.CART_EMPTIED in plan.exit_on),
    (Outcome.OVERTAKEN, lambda _, facts: facts.overtaken),
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
    acts: list[Act] = []
    while run.at != END:  # ends: every path leads to one further down or behind, and the plan is a finite tree
        place = plan.places.get(run.at)
        if place is None:
            raise NoSuchStep(f"journey {run.journey} version {run.version} has no step {run.at}")
        move = _decided(At(run, place, plan, facts, now))
        trail.append(move.because)
        if isinstance(move, Stop):
            return Advance(run, move.effect, tuple(trail), tuple(acts))
        acts += move.acts
        run = _moved(run, move)
    trail.append(Decision(END, "finished", {"outcome": Outcome.COMPLETED.value}))
    return Advance(run, Finish(Outcome.COMPLETED), tuple(trail), tuple(acts))


def _moved(run: Run, move: Go) -> Run:
    return msgspec.structs.replace(run, at=move.to, entered_at=move.at, last_sent_at=max(run.last_sent_at, move.sent_at))


def _decided(at: At) -> Move:
    match at.place.step:
        case steps.Wait() | steps.WaitUntil() | steps.WaitFor() as step:
            return _wait(at, step)
        case steps.Send() | steps.BestChannel() | steps.AskReason() as step:
            return _message(at, step)
        case steps.Branch() | steps.ReactTo() | steps.Split() as step:
            return _fork(at, step)
        case step:
            return _deed(at, step)


def _wait(at: At, step: steps.Wait | steps.WaitUntil | steps.WaitFor) -> Move:
    match step:
        case steps.Wait():
            return waits.wait(at, step)
        case steps.WaitUntil():
            return waits.wait_until(at, step)
        case steps.WaitFor():
            return waits.wait_for(at, step)
        case _:
            assert_never(step)


def _message(at: At, step: steps.Message) -> Move:
    match step:
        case steps.Send():
            return messages.send(at, step)
        case steps.BestChannel():
            return messages.best_channel(at, step)
        case steps.AskReason():
            return messages.ask_reason(at, step)
        case _:
            assert_never(step)


def _fork(at: At, step: steps.Fork) -> Move:
    match step:
        case steps.Branch():
            return forks.branch(at, step)
        case steps.ReactTo():
            return forks.react_to(at, step)
        case steps.Split():
            return forks.split(at, step)
        case _:
            assert_never(step)


def _deed(at: At, step: steps.Deed) -> Move:
    match step:
        case steps.GiveOffer():
            return deeds.give_offer(at, step)
        case steps.ChangeAudience():
            return deeds.change_audience(at, step)
        case steps.NotifyTeam():
            return deeds.notify_team(at, step)
        case steps.GotoJourney():
            return deeds.goto_journey(at, step)
        case steps.End():
            return deeds.end(at)
        case _:
            assert_never(step)

"""A journey played on a virtual clock: the engine, a mailbox that always works, and a person who does as told.

Times are ms since the cart's first last activity (`LEFT_AT`), so a test reads like the merchant's table.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

import msgspec

from wraca.domain.events import Instant, Stage
from wraca.domain.ids import CartId, PersonId, RunId, StepId
from wraca.domain.journeys.durations import MINUTE
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.plan import BEGIN, Plan
from wraca.domain.journeys.run import (
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

LEFT_AT: Instant = 1_767_607_200_000  # 2026-01-05 10:00 UTC, a Monday
_MOST_WAKINGS = 10_000


class Played(msgspec.Struct, frozen=True):
    """What happened. `messages` are (ms since the cart was left, step); those a gate would have skipped are among them."""

    messages: tuple[tuple[int, StepId], ...]
    outcome: Outcome
    ended_at: int  # ms since the cart was left
    trail: tuple[Decision, ...]


class World(msgspec.Struct, frozen=True):
    """What the person and the machines do. Everything has a quiet default."""

    hits: Mapping[str, Mapping[Reaction, int]] = {}  # step -> reaction -> ms after the message settled
    wakes: tuple[int, ...] = ()  # when something in the shop wakes the run (ms since the cart was left)
    settles_after: int = 0  # ms from planning to settling
    unsent: frozenset[str] = frozenset()  # steps whose message settles without being sent
    outages: tuple[tuple[int, int], ...] = ()  # nobody wakes runs from .. until (ms since the cart was left)


class NeverEnds(AssertionError):
    """The run was woken ten thousand times and is still not over, or it sleeps into the past."""


def left_alone(_elapsed: int) -> Facts:
    """The facts of a cart that nobody touches again."""
    return Facts(last_activity=LEFT_AT, idle=60 * MINUTE, values={"cart": {"total": 4999}, "person": {"orders_count": 0}})


def play(plan: Plan, facts_at: Callable[[int], Facts] = left_alone, world: World | None = None) -> Played:
    """Play the plan for one person from its trigger to its end. `facts_at(elapsed)` says all but `sent`. Raises NeverEnds."""
    return _Stage(plan, facts_at, world or World()).play()


class _Stage:
    def __init__(self, plan: Plan, facts_at: Callable[[int], Facts], world: World) -> None:
        self.plan, self.facts_at, self.world = plan, facts_at, world
        self.planned: dict[StepId, Instant] = {}

    def play(self) -> Played:
        now = LEFT_AT + self.plan.trigger.idle_at(Stage.CART)
        run = Run(RunId("run"), self.plan.journey, 1, PersonId("person"), CartId("cart"), BEGIN, entered_at=now, started_at=now)
        trail: list[Decision] = []
        for _ in range(_MOST_WAKINGS):
            facts = msgspec.structs.replace(self.facts_at(now - LEFT_AT), sent=self.sent(now))
            answer = advance(run, self.plan, facts, now)
            run = answer.run
            trail += answer.trail
            if isinstance(answer.effect, Finish):
                messages = tuple((planned_at - LEFT_AT, step) for step, planned_at in self.planned.items())
                return Played(messages, answer.effect.outcome, now - LEFT_AT, tuple(trail))
            now = self.next_waking(answer.effect, now)
        raise NeverEnds(f"{self.plan.journey} stands at {run.at} after {_MOST_WAKINGS} wakings")

    def next_waking(self, effect: Effect, now: Instant) -> Instant:
        """When the run is asked again: as the effect says, or sooner if something happens."""
        match effect:
            case Sleep(until):
                if until <= now:
                    raise NeverEnds(f"{self.plan.journey} sleeps until {until}, which is not later than {now}")
                return self._awake_at(min([until, *(when for when in self.happenings() if when > now)]))
            case SendMessage(step):
                if step in self.planned:
                    raise NeverEnds(f"{step} was planned twice")
                self.planned[step] = now
                return self._awake_at(now + self.world.settles_after)
            case AwaitMessage(step):
                return self._awake_at(self.planned[step] + self.world.settles_after)
            case Finish():
                return now
            case _:
                assert_never(effect)

    def happenings(self) -> Iterable[Instant]:
        """Everything that wakes a run before its time."""
        yield from (LEFT_AT + elapsed for elapsed in self.world.wakes)
        for step, planned_at in self.planned.items():
            yield from (planned_at + self.world.settles_after + after for after in self.world.hits.get(step, {}).values())

    def sent(self, now: Instant) -> dict[StepId, Sent]:
        """The mailbox as it stands: which messages settled, and how the person reacted until now."""
        after = self.world.settles_after
        return {step: self._message(step, planned_at + after, now) for step, planned_at in self.planned.items()}

    def _message(self, step: StepId, settled_at: Instant, now: Instant) -> Sent:
        if settled_at > now:
            return Sent()
        all_hits = {reaction: settled_at + after for reaction, after in self.world.hits.get(step, {}).items()}
        hits = {reaction: hit_at for reaction, hit_at in all_hits.items() if hit_at <= now}
        strongest = next((each for each in (Reaction.CLICKED, Reaction.OPENED) if each in hits), Reaction.NONE)
        was_sent = step not in self.world.unsent
        return Sent(settled_at, was_sent, strongest, hits.get(Reaction.OPENED), hits.get(Reaction.CLICKED))

    def _awake_at(self, when: Instant) -> Instant:
        for begin, end in sorted(self.world.outages):
            if LEFT_AT + begin <= when < LEFT_AT + end:
                when = LEFT_AT + end
        return when

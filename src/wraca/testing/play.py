"""A journey played on a virtual clock: the engine, a mailbox that always works, and a person who does as told.

Times are ms since the cart's first last activity (`LEFT_AT`), so a test reads like the merchant's table.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

import msgspec

from wraca.domain.events import Instant, Stage
from wraca.domain.ids import CartId, PersonId, RunId, StepId
from wraca.domain.journeys import run as engine
from wraca.domain.journeys.durations import MINUTE
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.plan import BEGIN, Plan
from wraca.domain.journeys.run import (
    Act,
    Advance,
    Decision,
    Effect,
    Facts,
    Given,
    Outcome,
    Reach,
    Reaction,
    Run,
    Sent,
)

LEFT_AT: Instant = 1_767_607_200_000  # 2026-01-05 10:00 UTC, a Monday
_MOST_WAKINGS = 10_000
_EVERYWHERE: Mapping[str, Reach] = {name: Reach(is_open=True) for name in ("email", "sms", "webpush", "onsite", "chat")}


class Played(msgspec.Struct, frozen=True):
    """What happened. `messages` are (ms since the cart was left, step); those a gate would have skipped are among them."""

    messages: tuple[tuple[int, StepId], ...]
    outcome: Outcome
    ended_at: int  # ms since the cart was left
    trail: tuple[Decision, ...]
    channels: tuple[str, ...] = ()  # of the messages, in their order
    offers: tuple[tuple[int, StepId], ...] = ()  # (ms since the cart was left, step)
    acts: tuple[tuple[int, Act], ...] = ()  # (ms since the cart was left, what was done on the way)
    goes_on_in: str = ""  # the journey that follows


class World(msgspec.Struct, frozen=True):
    """What the person and the machines do. Everything has a quiet default."""

    hits: Mapping[str, Mapping[Reaction, int]] = {}  # step -> reaction -> ms after the message settled
    wakes: tuple[int, ...] = ()  # when something in the shop wakes the run (ms since the cart was left)
    settles_after: int = 0  # ms from planning to settling
    unsent: frozenset[str] = frozenset()  # steps whose message settles without being sent
    outages: tuple[tuple[int, int], ...] = ()  # nobody wakes runs from .. until (ms since the cart was left)
    happens: Mapping[str, tuple[int, ...]] = {}  # events of the shop's own, and "visit": ms since the cart was left
    answers: tuple[tuple[int, str], ...] = ()  # (ms since the cart was left, reason)
    channels: Mapping[str, Reach] = msgspec.field(default_factory=lambda: _EVERYWHERE)
    timezone: str = "UTC"
    person: str = "person"
    codes: bool = True  # pools have codes
    held_out: bool = False


class NeverEnds(AssertionError):
    """The run was woken ten thousand times and is still not over, or it sleeps into the past."""


def left_alone(_elapsed: int) -> Facts:
    """The facts of a cart that nobody touches again."""
    return Facts(last_activity=LEFT_AT, idle=60 * MINUTE, values={"cart": {"total": 4999}, "person": {"orders_count": 0}})


def play(plan: Plan, facts_at: Callable[[int], Facts] = left_alone, world: World | None = None) -> Played:
    """Play the plan for one person from its trigger to its end. `facts_at(elapsed)` says all but what the run itself did.

    Raises NeverEnds.
    """
    return _Stage(plan, facts_at, world or World()).play()


class _Stage:
    def __init__(self, plan: Plan, facts_at: Callable[[int], Facts], world: World) -> None:
        self.plan, self.facts_at, self.world = plan, facts_at, world
        self.planned: dict[StepId, Instant] = {}
        self.over: dict[StepId, str] = {}
        self.given: dict[StepId, Given] = {}
        self.acts: list[tuple[int, Act]] = []
        self.started_at = LEFT_AT + plan.trigger.idle_at(Stage.CART)

    def play(self) -> Played:
        now, person = self.started_at, PersonId(self.world.person)
        run = Run(
            RunId("run"), self.plan.journey, 1, person, CartId("cart"), BEGIN, entered_at=now, started_at=now,
            held_out=self.world.held_out,
        )  # fmt: skip
        trail: list[Decision] = []
        for _ in range(_MOST_WAKINGS):
            answer = advance(run, self.plan, self.facts(now), now)
            run = answer.run
            trail += answer.trail
            self.acts += [(now - LEFT_AT, act) for act in answer.acts]
            if isinstance(answer.effect, engine.Finish | engine.Continue):
                return self.played(answer, now, trail)
            now = self.next_waking(answer.effect, now)
        raise NeverEnds(f"{self.plan.journey} stands at {run.at} after {_MOST_WAKINGS} wakings")

    def played(self, answer: Advance, now: Instant, trail: list[Decision]) -> Played:
        """The whole of it, when it is over."""
        ends_in = answer.effect.journey if isinstance(answer.effect, engine.Continue) else ""
        outcome = answer.effect.outcome if isinstance(answer.effect, engine.Finish) else Outcome.CONTINUED
        messages = tuple((planned_at - LEFT_AT, step) for step, planned_at in self.planned.items())
        offers = tuple((given.at - LEFT_AT, step) for step, given in self.given.items())
        return Played(
            messages, outcome, now - LEFT_AT, tuple(trail), tuple(self.over.values()), offers, tuple(self.acts), ends_in
        )  # fmt: skip

    def next_waking(self, effect: Effect, now: Instant) -> Instant:
        """When the run is asked again: as the effect says, or sooner if something happens."""
        match effect:
            case engine.Sleep(until):
                if until <= now:
                    raise NeverEnds(f"{self.plan.journey} sleeps until {until}, which is not later than {now}")
                return self._awake_at(min([until, *(when for when in self.happenings() if when > now)]))
            case engine.SendMessage(step, channel):
                if step in self.planned:
                    raise NeverEnds(f"{step} was planned twice")
                self.planned[step], self.over[step] = now, channel
                return self._awake_at(now + self.world.settles_after)
            case engine.AwaitMessage(step):
                return self._awake_at(self.planned[step] + self.world.settles_after)
            case engine.MakeOffer():
                self.give(effect, now)
                return now
            case engine.Finish() | engine.Continue():
                return now
            case _:
                assert_never(effect)

    def give(self, effect: engine.MakeOffer, now: Instant) -> None:
        """The shop's codes: a fixed one is always there, a pool may be empty, and who is held out gets none."""
        if effect.step in self.given:
            raise NeverEnds(f"{effect.step} was given twice")
        code = effect.code or (effect.pool.upper() if self.world.codes else "")
        ends = None if effect.expires is None else now + effect.expires
        self.given[effect.step] = Given(effect.offer, "" if self.world.held_out else code, now, ends)

    def happenings(self) -> Iterable[Instant]:
        """Everything that wakes a run before its time."""
        told = [*self.world.wakes, *(at for times in self.world.happens.values() for at in times)]
        yield from (LEFT_AT + elapsed for elapsed in (*told, *(at for at, _ in self.world.answers)))
        for step, planned_at in self.planned.items():
            yield from (planned_at + self.world.settles_after + after for after in self.world.hits.get(step, {}).values())

    def facts(self, now: Instant) -> Facts:
        """What the shop knows at `now`: what the test says of the cart, and what came of the run's own messages."""
        told, sent = self.facts_at(now - LEFT_AT), self.sent(now)
        return msgspec.structs.replace(
            told,
            timezone=self.world.timezone,
            sent=sent,
            offers=dict(self.given),
            happened=self._happened(told, sent, now),
            channels=self.world.channels,
            values={**self._values(sent, now), **told.values},
        )

    def _happened(self, told: Facts, sent: Mapping[StepId, Sent], now: Instant) -> dict[str, Instant]:
        times = {name: [LEFT_AT + at for at in ats if LEFT_AT + at <= now] for name, ats in self.world.happens.items()}
        clicked = max((one.clicked_at or 0 for one in sent.values()), default=0)
        opened = max((one.opened_at or 0 for one in sent.values()), default=0)
        answered = [LEFT_AT + at for at, _ in self.world.answers if LEFT_AT + at <= now]
        return {
            **{name: max(ats) for name, ats in times.items() if ats},
            "clicked": clicked,
            "opened": max(opened, clicked),
            "cart_changed": told.last_activity,
            "answered": max(answered, default=0),
        }

    def _values(self, sent: Mapping[StepId, Sent], now: Instant) -> dict[str, object]:
        messages = {
            step: {
                "sent": one.was_sent,
                "opened": one.reaction is not Reaction.NONE,
                "clicked": one.reaction is Reaction.CLICKED,
                "reaction": one.reaction.value,
            }
            for step, one in sent.items()
        }
        answers = [reason for at, reason in self.world.answers if self.started_at <= LEFT_AT + at <= now]
        step, given = max(self.given.items(), key=lambda one: one[1].at, default=("", None))
        has_offer = given is not None and bool(given.code or self.world.held_out)
        offer = {"given": True, "code": given.code, "step": step} if given and has_offer else {"given": False}
        return {
            "message": messages,
            "offer": offer,
            "reason": {"answered": bool(answers), "answer": answers[-1] if answers else "", "text": ""},
        }

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

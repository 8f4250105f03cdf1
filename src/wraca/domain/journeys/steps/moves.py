"""What a step can answer: go on, or stop here."""

from typing import TypeAlias

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys.conditions import Verdict
from wraca.domain.journeys.plan import Place, Plan
from wraca.domain.journeys.run import Act, Decision, Effect, Facts, Run


class At(msgspec.Struct, frozen=True):
    """A run at a step of its plan, with all that is known now."""

    run: Run
    place: Place
    plan: Plan
    facts: Facts
    now: Instant


class Go(msgspec.Struct, frozen=True):
    """This step is done since `at`; the run goes to the path `to`. `acts` are to be done on the way."""

    to: str
    at: Instant
    because: Decision
    sent_at: Instant = 0
    acts: tuple[Act, ...] = ()


class Stop(msgspec.Struct, frozen=True):
    """The run stays, and this is what it does."""

    effect: Effect
    because: Decision


Move: TypeAlias = Go | Stop


def seen_of(source: str, verdict: Verdict) -> dict[str, object]:
    """What a refused condition is remembered by."""
    return {"condition": source, "reason": verdict.reason} if verdict.reason else {"condition": source}

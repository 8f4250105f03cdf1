"""What would happen to this person from now on, if they did nothing and nothing changed: the engine and the gate, asked ahead.

The same decisions as in earnest, on facts that stand still while the clock goes on. Nothing is written anywhere.
"""

from collections.abc import Callable

import msgspec

from wraca.domain.events import Instant
from wraca.domain.gate import Answer, Ghost, Hold, Pass, Postpone, Silence, Skip
from wraca.domain.ids import StepId
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.plan import BEGIN, Plan
from wraca.domain.journeys.run import (
    AwaitMessage,
    Continue,
    Facts,
    Finish,
    Given,
    MakeOffer,
    Outcome,
    Run,
    SendMessage,
    Sent,
    Sleep,
)

__all__ = ["BEGIN", "Ahead", "Course", "Gate", "foreseen"]

_MOST_TURNS = 300  # a plan is a finite tree; postponements are what could go on for long
_FAR = 90 * 24 * 3600 * 1000  # ms ahead that anybody wants to look


class Ahead(msgspec.Struct, frozen=True):
    """One message that would be due, and what the gate would say of it then.

    `at`: when it would go, or when it would be given up; None: nobody can say (it waits for somebody to act).
    """

    step: StepId
    channel: str
    template: str
    due: Instant
    at: Instant | None
    goes: bool
    reasons: tuple[Silence, ...] = ()  # why not, or why later than due
    is_ghost: bool = False


class Course(msgspec.Struct, frozen=True):
    """The messages in order, and how the run would end; `outcome` None: it would still be waiting."""

    messages: tuple[Ahead, ...]
    outcome: Outcome | None
    ends_at: Instant
    leads_to: str = ""  # the journey it would go on in


Gate = Callable[[str, Instant, tuple[Ahead, ...]], Answer]  # (channel, now, what would have gone before) -> the gate's answer


def foreseen(run: Run, plan: Plan, facts_at: Callable[[Run, Instant], Facts], gate: Gate, now: Instant) -> Course:
    """Play the run on from `now`. `facts_at` gives what is known, without what is foreseen; times never go back."""
    teller = _Teller(run, plan, facts_at, gate)
    return teller.tell(now)


class _Teller:
    def __init__(self, run: Run, plan: Plan, facts_at: Callable[[Run, Instant], Facts], gate: Gate) -> None:
        self.run, self.plan, self.facts_at, self.gate = run, plan, facts_at, gate
        self.messages: list[Ahead] = []
        self.sent: dict[StepId, Sent] = {}
        self.offers: dict[StepId, Given] = {}

    def tell(self, now: Instant) -> Course:
        far = now + _FAR
        for _ in range(_MOST_TURNS):
            answer = advance(self.run, self.plan, self._facts(now), now)
            self.run = answer.run
            match answer.effect:
                case Finish(outcome=outcome):
                    return Course(tuple(self.messages), outcome, now)
                case Continue(journey=journey):
                    return Course(tuple(self.messages), Outcome.CONTINUED, now, journey)
                case effect:
                    later = self._done(effect, now)
            if later is None or later > far:
                break
            now = later
        return Course(tuple(self.messages), None, now)

    def _done(self, effect: Sleep | SendMessage | AwaitMessage | MakeOffer, now: Instant) -> Instant | None:
        """When the run is asked again; None where nobody knows."""
        match effect:
            case Sleep(until=until):
                return until
            case SendMessage():
                return self._sent(effect, now)
            case MakeOffer(step=step, offer=offer, expires=expires):
                self.offers[step] = Given(offer, "…", now, None if expires is None else now + expires)
                return now
            case AwaitMessage():  # one that is on its way already
                return None

    def _facts(self, now: Instant) -> Facts:
        facts = self.facts_at(self.run, now)
        return msgspec.structs.replace(facts, sent={**facts.sent, **self.sent}, offers={**facts.offers, **self.offers})

    def _sent(self, effect: SendMessage, now: Instant) -> Instant | None:
        """When the run goes on after this message; None where it waits for somebody to act."""
        due, reasons = now, []
        for _ in range(_MOST_TURNS):
            answer = self.gate(effect.channel, now, tuple(self.messages))
            match answer:
                case Postpone(reasons=why, until=until) if until > now:
                    reasons += [one for one in why if one not in reasons]
                    now = until
                case Hold(reasons=why):
                    self._add(effect, due, None, (*reasons, *why))
                    return None
                case Skip(reasons=why):
                    self._add(effect, due, now, (*reasons, *why))
                    self.sent[effect.step] = Sent(now, was_sent=False)
                    return now
                case _:
                    self._add(effect, due, now, tuple(reasons), goes=True, is_ghost=isinstance(answer, Ghost))
                    self.sent[effect.step] = Sent(now, was_sent=isinstance(answer, Pass | Ghost))
                    return now
        return None

    def _add(
        self,
        effect: SendMessage,
        due: Instant,
        at: Instant | None,
        reasons: tuple[Silence, ...],
        *,
        goes: bool = False,
        is_ghost: bool = False,
    ) -> None:
        self.messages.append(Ahead(effect.step, effect.channel, effect.template, due, at, goes, tuple(reasons), is_ghost))

"""What the engine knows and what it answers: the values between the pure decision and the code that performs it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, StepId


class Outcome(StrEnum):
    """Why a run ended."""

    COMPLETED = "completed"  # all steps done
    ORDERED = "ordered"
    EMPTIED = "emptied"
    OPTED_OUT = "opted_out"
    COMPLAINED = "complained"
    ERASED = "erased"
    LOST = "lost"  # the cart is older than its 14 days
    STOPPED = "stopped"  # by the merchant
    FILTERED = "filtered"  # the journey's filters no longer hold


class Reaction(StrEnum):
    """The strongest human answer to a message so far. Machine hits never count."""

    NONE = "none"
    OPENED = "opened"
    CLICKED = "clicked"


class Sent(msgspec.Struct, frozen=True):
    """What became of one step's message.

    `settled_at`: when it reached an end (accepted, rejected, skipped, uncertain, or would-have-been sent to the held-out arm);
    None while it is still on its way. `reaction_at` belongs to `reaction`.
    """

    settled_at: Instant | None = None
    was_sent: bool = False  # accepted, uncertain or ghost: the person has it, or would have
    reaction: Reaction = Reaction.NONE
    opened_at: Instant | None = None
    clicked_at: Instant | None = None


class Facts(msgspec.Struct, frozen=True):
    """All that a decision may look at, read live in the deciding transaction."""

    last_activity: Instant  # of the run's cart (the latest open cart of the person)
    idle: int = 0  # ms the cart must be quiet, as the trigger says for the cart's present stage
    ordered: bool = False  # since the run's cart began
    emptied: bool = False
    lost: bool = False
    opted_out: bool = False
    complained: bool = False
    erased: bool = False
    sent: Mapping[StepId, Sent] = {}  # this run's messages by step id
    values: Mapping[str, object] = {}  # for conditions: {"person": {...}, "cart": {...}, "message": {...}}


class Run(msgspec.Struct, frozen=True):
    """One person on one journey. `at` names a step of the plan by its path ("2", "1.b0.3"); `entered_at` is when it got there."""

    id: RunId
    journey: str
    version: int
    person: PersonId
    cart: CartId
    at: str
    entered_at: Instant
    started_at: Instant
    last_sent_at: Instant = 0  # when this run's newest message settled as sent; 0 for none
    held_out: bool = False


class Decision(msgspec.Struct, frozen=True):
    """One line of the answer to "why": the step, the rule in words a person can check, and the values it saw."""

    at: str
    # A stable word. The step is done: "waited", "settled", "branch_taken", "branch_passed", "reacted", "ended". The run stops
    # at it: "waits", "postponed", "awaits", "sends". The run is over: "exit", "filtered", "finished".
    rule: str
    seen: Mapping[str, object] = {}


class Sleep(msgspec.Struct, frozen=True):
    """Nothing to do before `until`."""

    until: Instant


class SendMessage(msgspec.Struct, frozen=True):
    """Plan this message. `due` is now or later (never closer to the previous one than the plan's gap)."""

    step: StepId
    channel: str
    template: str
    due: Instant


class AwaitMessage(msgspec.Struct, frozen=True):
    """A message is on its way; its settling wakes the run."""

    step: StepId


class Finish(msgspec.Struct, frozen=True):
    outcome: Outcome


Effect: TypeAlias = Sleep | SendMessage | AwaitMessage | Finish


class Advance(msgspec.Struct, frozen=True):
    """The run as it now stands, the one thing to do next, and how that was decided."""

    run: Run
    effect: Effect
    trail: tuple[Decision, ...] = ()

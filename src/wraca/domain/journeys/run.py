"""What the engine knows and what it answers: the values between the pure decision and the code that performs it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, StepId
from wraca.domain.offers import Offer


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
    OVERTAKEN = "overtaken"  # what began it is no longer so
    CONTINUED = "continued"  # in another journey


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


class Given(msgspec.Struct, frozen=True):
    """An offer that the run's person got, or would have got; the code is empty where the pool had none left."""

    offer: Offer
    code: str = ""
    at: Instant = 0
    expires_at: Instant | None = None


class Reach(msgspec.Struct, frozen=True):
    """Whether a channel can reach this person now; `objection` says why not, `reacted` whether they ever reacted there."""

    is_open: bool
    objection: str = ""
    reacted: bool = False


class Facts(msgspec.Struct, frozen=True):
    """All that a decision may look at, read live in the deciding transaction."""

    last_activity: Instant  # of the run's cart (the latest open cart of the person); of the person, where it is about no cart
    counts_from: Instant | None = None  # what the first wait counts from; None: `last_activity`
    timezone: str = "UTC"  # the person's, else the shop's
    idle: int = 0  # ms the cart must be quiet, as the trigger says for the cart's present stage
    ordered: bool = False  # since the run's cart began
    emptied: bool = False
    lost: bool = False
    opted_out: bool = False
    complained: bool = False
    erased: bool = False
    overtaken: bool = False  # what began the run is no longer so
    sent: Mapping[StepId, Sent] = {}  # this run's messages by step id
    offers: Mapping[StepId, Given] = {}  # by the step that gave them
    happened: Mapping[str, Instant] = {}  # when each of what can be waited for last happened
    channels: Mapping[str, Reach] = {}
    values: Mapping[str, object] = {}  # for conditions: {"person": {...}, "cart": {...}, "message": {...}, ...}


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
    # A stable word. The step is done: "waited", "came", "missed", "settled", "unreachable", "answered", "unanswered",
    # "branch_taken", "branch_passed", "split", "reacted", "offered", "joined", "left", "told_team", "ended". The run stops
    # at it: "waits", "postponed", "awaits", "sends", "offers". The run is over: "exit", "filtered", "finished", "continues".
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


class MakeOffer(msgspec.Struct, frozen=True):
    """Give this offer, and ask again at once."""

    step: StepId
    offer: Offer
    pool: str
    code: str
    expires: int | None


class Finish(msgspec.Struct, frozen=True):
    outcome: Outcome


class Continue(msgspec.Struct, frozen=True):
    """The run is over, and another journey begins for the same person and cart."""

    journey: str


class MoveAudience(msgspec.Struct, frozen=True):
    audience: str
    joins: bool


class TellTeam(msgspec.Struct, frozen=True):
    at: str  # the path of the step: each tells once
    text: str


Effect: TypeAlias = Sleep | SendMessage | AwaitMessage | MakeOffer | Finish | Continue
Act: TypeAlias = MoveAudience | TellTeam


class Advance(msgspec.Struct, frozen=True):
    """The run as it now stands, the one thing to do next, how that was decided, and what else was to be done on the way.

    `acts` of a held-out run are written down and not done.
    """

    run: Run
    effect: Effect
    trail: tuple[Decision, ...] = ()
    acts: tuple[Act, ...] = ()

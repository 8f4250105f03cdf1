"""The checked plan: what a journey file means once nothing in it is doubtful.

A plan is a tree of steps. Every step has a path: its number among its siblings, after the path of the door it stands behind
("2", "1.b0.3" in the first arm of a branch, "1.opened.0" behind a reaction). A run remembers only such a path.

A new kind of step is: a Struct here and in `Step`, a case in `doors_of`, its shape in schema.json, a builder in reading.py, a
writer in writing.py, a function in steps/ that engine.py calls. mypy names each place that forgot it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, assert_never

import msgspec

from wraca.domain.ids import StepId
from wraca.domain.journeys.conditions import fields_read
from wraca.domain.journeys.durations import DAY, HOUR
from wraca.domain.journeys.run import Reaction
from wraca.domain.journeys.triggers import Trigger
from wraca.domain.offers import Offer

# What a run can wait for, beside the names of a shop's own events.
SIGNALS = ("clicked", "opened", "visit", "cart_changed", "answered")

BEGIN = "0"  # the path of every plan's first step
END = ""  # the path behind the last one


class ExitOn(StrEnum):
    """What the file may name under `exit_on`. An order ends a run whether it is named or not."""

    ORDER_PLACED = "order_placed"
    CART_EMPTIED = "cart_emptied"


class Send(msgspec.Struct, frozen=True, tag="send"):
    id: StepId
    channel: str
    template: str


class Choice(msgspec.Struct, frozen=True):
    """One of several ways to say the same."""

    channel: str
    template: str


class BestChannel(msgspec.Struct, frozen=True, tag="best_channel"):
    """One message over the best of these channels; the file's order is the order of preference."""

    id: StepId
    choices: tuple[Choice, ...]


class AskReason(msgspec.Struct, frozen=True, tag="ask_reason"):
    """A message that asks why; the run then waits for the answer, at most `patience` ms."""

    id: StepId
    channel: str
    template: str
    patience: int


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    length: int  # ms


class WaitUntil(msgspec.Struct, frozen=True, tag="wait_until"):
    """The next time that clocks where the person lives show `minute` (of the day), on one of these days (0 is Monday)."""

    minute: int
    days: tuple[int, ...] = ()  # empty: any


class WaitFor(msgspec.Struct, frozen=True, tag="wait_for"):
    """Something happens (a word of SIGNALS, or the name of an event of the shop's own), or `at_most` ms have passed."""

    event: str
    at_most: int


class Arm(msgspec.Struct, frozen=True):
    """One way out of a branch. `when` is a CEL condition; "" is everybody else."""

    when: str
    steps: tuple["Step", ...]


class Branch(msgspec.Struct, frozen=True, tag="branch"):
    """The first arm whose condition holds is taken; none: the run goes on behind the branch."""

    arms: tuple[Arm, ...]


class Variant(msgspec.Struct, frozen=True):
    """One way out of a split, and its share of the people (0.0-1.0)."""

    name: str
    share: float
    steps: tuple["Step", ...]


class Split(msgspec.Struct, frozen=True, tag="split"):
    """Chance decides, the same for a person whenever they come by: by the name of the split."""

    name: str
    variants: tuple[Variant, ...]


class Answer(msgspec.Struct, frozen=True):
    """What to do about one reaction, `after` ms from the settling of the message."""

    reaction: Reaction
    after: int
    steps: tuple["Step", ...]


class ReactTo(msgspec.Struct, frozen=True, tag="react_to"):
    target: StepId
    answers: tuple[Answer, ...]  # strongest reaction first

    @property
    def closes_after(self) -> int:
        """When (ms after the message) a run goes on whose reaction has no answer: with `none`, else with the last answer."""
        closing = [answer.after for answer in self.answers if answer.reaction is Reaction.NONE]
        return closing[0] if closing else max(answer.after for answer in self.answers)


class GiveOffer(msgspec.Struct, frozen=True, tag="offer"):
    """The person gets a code: the next free one of a pool that the merchant uploaded, or a fixed one."""

    id: StepId
    offer: Offer
    pool: str = ""
    code: str = ""
    expires: int | None = None  # ms after it was given; None: the shop knows no end


class ChangeAudience(msgspec.Struct, frozen=True, tag="audience"):
    audience: str
    joins: bool


class NotifyTeam(msgspec.Struct, frozen=True, tag="notify_team"):
    text: str


class GotoJourney(msgspec.Struct, frozen=True, tag="goto_journey"):
    """This run ends, and that journey begins for the same person and cart."""

    journey: str


class End(msgspec.Struct, frozen=True, tag="end"):
    """The journey is over here, whatever stands behind the branch."""


Message: TypeAlias = Send | BestChannel | AskReason
Fork: TypeAlias = Branch | ReactTo | Split
Deed: TypeAlias = GiveOffer | ChangeAudience | NotifyTeam | GotoJourney | End
Step: TypeAlias = Message | Wait | WaitUntil | WaitFor | Fork | Deed


class Place(msgspec.Struct, frozen=True):
    """A step where it stands."""

    step: Step
    then: str  # the path after it, END behind the last
    doors: Mapping[str, str]  # label ("b0", "opened") -> path of the first step behind it
    is_first_delay: bool  # nothing before it took time: a wait here counts from the cart's last activity


class Plan(msgspec.Struct, frozen=True):
    """A journey without its version: the same content is the same value."""

    journey: str
    trigger: Trigger
    steps: tuple[Step, ...]
    about: str = ""
    priority: int = 50
    filters: tuple[str, ...] = ()
    reentry: int = 24 * HOUR  # ms between two starts for the same person
    exit_on: tuple[ExitOn, ...] = (ExitOn.ORDER_PLACED, ExitOn.CART_EMPTIED)
    holdout: float = 0.1  # the share of people who get nothing, for comparison
    min_gap: int = 6 * HOUR  # ms between two messages of one run
    lost_after: int = 14 * DAY  # ms after its last activity, a cart is given up
    # The rest is made from `steps`, so that it can never disagree with the tree.
    places: Mapping[str, Place] = {}  # by path
    sends: tuple[Send, ...] = ()  # every message the plan may send, in reading order; one step may choose between several
    channels: tuple[str, ...] = ()  # of these messages, each once
    awaits: frozenset[str] = frozenset()  # what its runs wait for: intake wakes them when it happens
    waits_for_events: bool = False
    chooses_channels: bool = False
    makes_offers: bool = False
    asks_audiences: bool = False  # a condition names them
    # What its conditions look at: by name ("person", "cart", "message" ...) the fields; None: may be any.
    reads: Mapping[str, frozenset[str] | None] = {}

    def __post_init__(self) -> None:
        """Lay the steps out."""
        places = _laid_out(self.steps)
        steps = [place.step for place in places.values()]
        sends = tuple(send for step in steps for send in sends_of(step))
        conditions = (*self.filters, *(arm.when for step in steps if isinstance(step, Branch) for arm in step.arms))
        awaits = frozenset(step.event for step in steps if isinstance(step, WaitFor))
        made = {
            "places": places,
            "sends": sends,
            "channels": tuple(dict.fromkeys(send.channel for send in sends)),
            "awaits": awaits,
            "waits_for_events": bool(awaits) or any(isinstance(step, AskReason) for step in steps),
            "chooses_channels": any(isinstance(step, BestChannel) for step in steps),
            "makes_offers": any(isinstance(step, GiveOffer) for step in steps),
            "asks_audiences": any("audiences" in condition for condition in conditions),
            "reads": fields_read(condition for condition in conditions if condition),
        }
        for name, value in made.items():
            msgspec.structs.force_setattr(self, name, value)


def sends_of(step: Step) -> tuple[Send, ...]:
    """The messages that this very step may send."""
    match step:
        case Send():
            return (step,)
        case AskReason(name, channel, template):
            return (Send(name, channel, template),)
        case BestChannel(name, choices):
            return tuple(Send(name, choice.channel, choice.template) for choice in choices)
        case _:
            return ()


def derived_step_id(path: str) -> StepId:
    """The id of a message that the file gives none. The dot keeps it apart from every id a file can write."""
    return StepId(f"at.{path}")


def doors_of(step: Step) -> tuple[tuple[str, tuple[Step, ...]], ...]:
    """The lists of steps inside this step, each with the label that stands for it in paths."""
    match step:
        case Branch(arms):
            return tuple((f"b{number}", arm.steps) for number, arm in enumerate(arms))
        case ReactTo(_, answers):
            return tuple((answer.reaction.value, answer.steps) for answer in answers)
        case Split(_, variants):
            return tuple((f"s{number}", variant.steps) for number, variant in enumerate(variants))
        case Send() | BestChannel() | AskReason() | Wait() | WaitUntil() | WaitFor():
            return ()
        case GiveOffer() | ChangeAudience() | NotifyTeam() | GotoJourney() | End():
            return ()
        case _:
            assert_never(step)


_TAKES_TIME = (Send, BestChannel, AskReason, Wait, WaitUntil, WaitFor, ReactTo)


def _laid_out(steps: tuple[Step, ...]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    _lay(places, steps, "", then=END, is_first_delay=True)
    return places


def _lay(places: dict[str, Place], steps: tuple[Step, ...], prefix: str, *, then: str, is_first_delay: bool) -> bool:
    """Enter these steps into the table; True while a wait behind them would still be the first delay on every way."""
    for number, step in enumerate(steps):
        path = f"{prefix}{number}"
        after = f"{prefix}{number + 1}" if number + 1 < len(steps) else then
        doors = doors_of(step)
        places[path] = Place(step, after, {label: f"{path}.{label}.0" for label, _ in doors}, is_first_delay)
        inside_first = is_first_delay and isinstance(step, Branch | Split)
        inside = [_lay(places, behind, f"{path}.{label}.", then=after, is_first_delay=inside_first) for label, behind in doors]
        is_first_delay = is_first_delay and not isinstance(step, _TAKES_TIME) and all(inside)
    return is_first_delay

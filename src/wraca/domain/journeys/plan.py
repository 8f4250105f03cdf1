"""The checked plan: what a journey file means once nothing in it is doubtful.

A plan is a tree of steps. Every step has a path: its number among its siblings, after the path of the door it stands behind
("2", "1.b0.3" in the first arm of a branch, "1.opened.0" behind a reaction). A run remembers only such a path.

A new kind of step is: a Struct here and in `Step`, a case in `doors_of`, its shape in schema.json, a builder in reading.py, a
writer in writing.py, a function in engine.py. mypy names each place that forgot it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, assert_never

import msgspec

from wraca.domain.events import Stage
from wraca.domain.ids import StepId
from wraca.domain.journeys.durations import HOUR
from wraca.domain.journeys.run import Reaction

BEGIN = "0"  # the path of every plan's first step
END = ""  # the path behind the last one


class ExitOn(StrEnum):
    """What the file may name under `exit_on`. An order ends a run whether it is named or not."""

    ORDER_PLACED = "order_placed"
    CART_EMPTIED = "cart_emptied"


class CartAbandoned(msgspec.Struct, frozen=True, tag="cart_abandoned"):
    """A cart with lines and without an order was quiet for `idle` ms (`idle_at_payment` once payment was reached)."""

    idle: int
    idle_at_payment: int | None = None
    stages: tuple[Stage, ...] = ()  # empty: any

    def idle_at(self, stage: Stage) -> int:
        """How long (ms) a cart at this stage must be quiet."""
        if self.idle_at_payment is not None and stage is Stage.PAYMENT:
            return self.idle_at_payment
        return self.idle


Trigger: TypeAlias = CartAbandoned  # further triggers join with |


class Send(msgspec.Struct, frozen=True, tag="send"):
    id: StepId
    channel: str
    template: str


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    length: int  # ms


class Arm(msgspec.Struct, frozen=True):
    """One way out of a branch. `when` is a CEL condition; "" is everybody else."""

    when: str
    steps: tuple["Step", ...]


class Branch(msgspec.Struct, frozen=True, tag="branch"):
    """The first arm whose condition holds is taken; none: the run goes on behind the branch."""

    arms: tuple[Arm, ...]


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


class End(msgspec.Struct, frozen=True, tag="end"):
    """The journey is over here, whatever stands behind the branch."""


Step: TypeAlias = Send | Wait | Branch | ReactTo | End


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
    places: Mapping[str, Place] = {}  # made from `steps`, by path

    def __post_init__(self) -> None:
        """Lay the steps out, so that the table can never disagree with the tree."""
        msgspec.structs.force_setattr(self, "places", _laid_out(self.steps))

    @property
    def sends(self) -> tuple[Send, ...]:
        """Every message of the plan, in reading order."""
        return tuple(place.step for place in self.places.values() if isinstance(place.step, Send))


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
        case Send() | Wait() | End():
            return ()
        case _:
            assert_never(step)


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
        inside = [_lay(places, behind, f"{path}.{label}.", then=after, is_first_delay=is_first_delay and isinstance(step, Branch))
                  for label, behind in doors]  # fmt: skip
        is_first_delay = is_first_delay and not isinstance(step, Send | Wait | ReactTo) and all(inside)
    return is_first_delay

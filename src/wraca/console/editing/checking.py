"""A draft as the file that it would be, and what is wrong with that file, at the places where it can be mended."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import yaml
from django.utils.translation import gettext as _

from wraca.console import formats
from wraca.console.editing.fields import Field
from wraca.console.editing.places import KINDS, REACTIONS, Content, Path, step_around, told_path, written_path
from wraca.console.editing.sentences import translated
from wraca.domain.journeys.durations import HOUR
from wraca.domain.journeys.plan import Plan, Wait
from wraca.domain.journeys.problems import BadPlan, Problem
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.triggers import CartAbandoned, CheckoutAbandoned

_WIDEST = 100


class Fault(msgspec.Struct, frozen=True):
    """Something that must be mended before the journey can be saved. `step` is the path of its step, "" for the journey itself."""

    step: str
    inside: str  # where in the step: "send.id", "branch.0.when"
    message: str
    is_english: bool  # nobody has put it into other words yet


class Checked(msgspec.Struct, frozen=True):
    """A draft that was read: `plan` is None where it has faults."""

    text: str
    plan: Plan | None
    faults: tuple[Fault, ...]

    def by_place(self) -> dict[str, tuple[str, ...]]:
        """The messages by the path of the step, or of the arm of a fork, that they are about."""
        found: dict[str, tuple[str, ...]] = {}
        for fault in self.faults:
            place = arm_of(fault) or fault.step
            found[place] = (*found.get(place, ()), fault.message)
        return found

    def of_step(self, path: str) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.step == path)


def checked(content: Content) -> Checked:
    """Read the draft as if it were a file."""
    text = written_file(content)
    try:
        return Checked(text, read_plan(text), ())
    except BadPlan as bad:
        return Checked(text, None, tuple(map(_fault, bad.problems)))


def _fault(problem: Problem) -> Fault:
    path = told_path(problem.where)
    step = step_around(path)
    said = translated(problem.message)
    return Fault(written_path(step), written_path(path[len(step) :]), said or problem.message, said is None)


def arm_of(fault: Fault) -> str | None:
    """The arm of a fork that a fault is about."""
    parts: Path = told_path(fault.inside)
    if not fault.step or not parts:
        return None
    if parts[0] in REACTIONS:
        return f"{fault.step}.{parts[0]}"
    if len(parts) > 1 and parts[0] in {"branch", "split"}:
        return f"{fault.step}.{parts[0]}.{parts[1]}"
    return None


def faults_by_field(faults: Iterable[Fault], fields: Iterable[Field]) -> dict[str, tuple[str, ...]]:
    """The messages by the name of the field that can mend them: the one whose name says most of the fault's place."""
    names = sorted(_names(fields), key=len, reverse=True)
    found: dict[str, tuple[str, ...]] = {}
    for fault in faults:
        inside = fault.inside.removesuffix(".steps") if fault.inside.count(".") < 2 else fault.inside
        name = next((each for each in names if inside == each or inside.startswith(f"{each}.")), "")
        found[name] = (*found.get(name, ()), fault.message)
    return found


def _names(fields: Iterable[Field]) -> Iterable[str]:
    for field in fields:
        yield field.at
        for option in field.options:
            yield from _names(option.fields)


# --- the file -----------------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Small blocks in one line, as a person writes them: `send: {id: first, email: visitor-first}`."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002  (theirs; a journey file knows no aliases)
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        """A dash stands further in than the key above it."""
        super().increase_indent(flow, indentless=False)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:  # noqa: ANN401, FBT001
        return super().represent_mapping(tag, mapping, _is_small(mapping) if flow_style is None else flow_style)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:  # noqa: ANN401, FBT001
        is_flow = _is_short(sequence) if flow_style is None else flow_style
        return super().represent_sequence(tag, sequence, is_flow)


def _is_short(values: Sequence[object]) -> bool:
    """Whether the list is made of words that fit into one line."""
    return not any(isinstance(value, (dict, list)) for value in values) and len(str(values)) < _WIDEST


def _is_small(value: Mapping[str, Any]) -> bool:
    """Whether it fits into one line: it holds no steps, is no step itself, and is short."""
    is_step_itself = len(value) == 1 and next(iter(value)) in KINDS
    return not is_step_itself and "journey" not in value and len(str(value)) < _WIDEST and all(map(_is_plain, value.values()))


def _is_plain(value: object) -> bool:
    match value:
        case dict():
            return _is_small(value)
        case list():
            return bool(value) and _is_short(value)
        case _:
            return len(str(value)) < _WIDEST


def written_file(content: Content) -> str:
    """The YAML of this content; comments that the merchant once wrote into the file are not in it."""
    ordered = {key: value for key, value in content.items() if key != "steps"} | {"steps": content.get("steps", [])}
    return str(yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def has_comments(text: str) -> bool:
    """Whether the file says something that an editor of its content would lose: a # that stands in no value."""
    rest, end = [], 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.ScalarToken):
                rest.append(text[end : token.start_mark.index])
                end = token.end_mark.index
    except yaml.YAMLError:
        return False
    return any("#" in part for part in (*rest, text[end:]))


# --- advice -------------------------------------------------------------------------------------------------------------------


def warnings(plan: Plan) -> tuple[str, ...]:
    """What is allowed, and yet was seen to harm."""
    earliest = first_message_after(plan)
    found = []
    if earliest is not None and earliest < HOUR and not plan.holdout:
        found.append(
            _(
                "The first message can go out %(length)s after the cart was left, and nobody is held out for comparison. Reminders "
                "within the first hour were seen to lower sales: wait an hour, or keep a comparison group and see the difference."
            )
            % {"length": formats.length(earliest)}
        )
    return tuple(found)


def first_message_after(plan: Plan) -> int | None:
    """How long (ms) after the last sign of life the first message may go out, at the earliest; None where no cart begins it."""
    match plan.trigger:
        case CartAbandoned(idle, at_payment):
            shortest = min(idle, at_payment or idle)
        case CheckoutAbandoned(idle):
            shortest = idle
        case _:
            return None
    first = plan.steps[0] if plan.steps else None
    return max(shortest, first.length) if isinstance(first, Wait) else shortest

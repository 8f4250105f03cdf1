"""What stands beside the tree: the form of the chosen step, the kinds of a new one, or a word on how to go about it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from wraca.console.editing import choices, telling
from wraca.console.editing.checking import Checked, Fault, arm_of, faults_by_field
from wraca.console.editing.fields import UNITS, Surroundings, condition, step_fields
from wraca.console.editing.journeyfields import journey_fields
from wraca.console.editing.kinds import GROUPS, kind_label
from wraca.console.editing.operations import holds_steps
from wraca.console.editing.places import (
    Content,
    NoSuchPlace,
    Path,
    at,
    gaps,
    is_step,
    kind_of,
    message_ids,
    read_path,
    step_around,
    written_path,
)


class Named(msgspec.Struct, frozen=True):
    """A fault with the words of the step it is about, for the list above the tree."""

    at: str
    title: str
    message: str
    is_english: bool


def named(content: Content, faults: Iterable[Fault]) -> tuple[Named, ...]:
    """The faults as a list that leads to their places; each sentence once per place."""
    found = {
        (place := arm_of(fault) or fault.step, fault.message): Named(
            fault.step or "journey", _title(content, place), fault.message, fault.is_english
        )
        for fault in faults
    }
    return tuple(found.values())


def _title(content: Content, place: str) -> str:
    """The words of a step; of an arm those of its fork and its own."""
    path = read_path(place)
    around = step_around(path)
    step = at(content, around) if around else {}
    if path == around:
        return telling.told_step(step).title if place else ""
    key, number = path[len(around)], path[-1]
    way = telling.told_way(step, str(key), number if isinstance(number, int) else 0)[0]
    return f"{telling.told_step(step).title} · {way}"


def shown(content: Content, path: Path | None, gap: Path | None, known: Surroundings, read: Checked) -> dict[str, Any]:
    """The context of the panel. Raises NoSuchPlace where the content has no such step."""
    asked: dict[str, Any] = {
        "units": UNITS,
        "nothing": condition(""),
        "questions": choices.questions(known),
        "comparisons": choices.comparisons(),
        "suggestions": choices.suggestions(known),
    }
    if gap is not None:
        if gap not in set(gaps(content)):
            raise NoSuchPlace(written_path(gap))
        return {"panel": "menu", "gap": written_path(gap), "groups": GROUPS}
    if path is None:
        return {"panel": "help"}
    if not path:
        fields = journey_fields(content)
        return {"panel": "journey", "fields": fields, "wrong": faults_by_field(read.of_step(""), fields), **asked}
    return {"panel": "step", **_step(content, path, known, read), **asked}


def _step(content: Content, path: Path, known: Surroundings, read: Checked) -> dict[str, Any]:
    if not is_step(path):
        raise NoSuchPlace(written_path(path))
    step = at(content, path)
    kind = kind_of(step)
    earlier = tuple(name for place, name in message_ids(content) if place != path)
    fields = step_fields(step, msgspec.structs.replace(known, messages=earlier))
    return {
        "step_kind": kind,
        "step_label": kind_label(kind),
        "fields": fields,
        "wrong": faults_by_field(read.of_step(written_path(path)), fields),
        "loses_steps": holds_steps(step),
        "has_open_arm": kind == "branch" and any("when" not in arm for arm in step["branch"]),
    }

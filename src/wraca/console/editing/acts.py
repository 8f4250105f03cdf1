"""The edits that a page can ask for, by the words of its buttons."""

from collections.abc import Callable

import msgspec
from django.http import QueryDict

from wraca.console.editing import operations
from wraca.console.editing.fields import Surroundings
from wraca.console.editing.kinds import fresh_step
from wraca.console.editing.operations import Edited
from wraca.console.editing.places import Content, Path, at, read_path
from wraca.console.editing.said import journey_said, step_said


class Asked(msgspec.Struct, frozen=True):
    """One edit that somebody wants: of the step at `path`, with what the form says."""

    content: Content
    path: Path
    said: QueryDict
    known: Surroundings
    about: str = ""  # what else the button says: the arm


def edited(act: str, asked: Asked) -> Edited:
    """The content after this edit. Raises NoSuchPlace, Refused, and LookupError for an act or a kind that nobody knows."""
    return _ACTS[act](asked)


def _insert(asked: Asked) -> Edited:
    step = fresh_step(asked.said.get("kind", ""), asked.content, asked.known, asked.path)
    return operations.insert(asked.content, asked.path, step)


def _change(asked: Asked) -> Edited:
    """What the form says, in place of what the step said; an arm's button sends the form along."""
    if not asked.path:
        return operations.change(asked.content, (), journey_said(asked.content, asked.said))
    return operations.change(asked.content, asked.path, step_said(at(asked.content, asked.path), asked.said))


def _add_arm(asked: Asked) -> Edited:
    return operations.add_arm(_change(asked).content, asked.path, is_open=asked.about == "open")


def _drop_arm(asked: Asked) -> Edited:
    arm = (*asked.path, *read_path(asked.about))
    return Edited(operations.remove(_change(asked).content, arm).content, asked.path)


def _raise_arm(asked: Asked) -> Edited:
    arm = (*asked.path, *read_path(asked.about))
    return Edited(operations.nudge(_change(asked).content, arm, -1).content, asked.path)


_ACTS: dict[str, Callable[[Asked], Edited]] = {
    "insert": _insert,
    "change": _change,
    "remove": lambda asked: operations.remove(asked.content, asked.path),
    "up": lambda asked: operations.nudge(asked.content, asked.path, -1),
    "down": lambda asked: operations.nudge(asked.content, asked.path, 1),
    "duplicate": lambda asked: operations.duplicate(asked.content, asked.path),
    "move": lambda asked: operations.move(asked.content, asked.path, read_path(asked.said.get("to", ""))),
    "add_arm": _add_arm,
    "drop_arm": _drop_arm,
    "raise_arm": _raise_arm,
}

"""Where things are in a journey's content: the dicts and lists of its file, before anybody has said that it makes sense.

A place is written with dots, as pages and forms send it: "steps.2.branch.0.steps.1" is the second step of the first arm of the
third step. Whatever has the wrong shape is passed over, because a draft may hold it for a while.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Content: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]

KINDS = (
    "send", "best_channel", "ask_reason", "chat", "wait", "branch", "react_to", "split", "offer", "audience", "notify_team",
    "goto_journey", "end",
)  # fmt: skip
REACTIONS = ("clicked", "opened", "none")
ARMS = ("branch", "split")  # the keys whose lists hold arms, each with its own steps

_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]{1,4}")


class NoSuchPlace(LookupError):
    """The content has nothing at this path, or not what was asked for."""


def read_path(text: str) -> Path:
    """The path ("steps", 2, "wait") of "steps.2.wait"; () of "": the journey itself. Raises NoSuchPlace for what is no path."""
    parts = text.split(".") if text else []
    if not all(_PART.fullmatch(part) for part in parts):
        raise NoSuchPlace(text)
    return tuple(int(part) if part.isdigit() else part for part in parts)


def written_path(path: Path) -> str:
    return ".".join(map(str, path))


def told_path(where: str) -> Path:
    """The path that a Problem names: "steps[2].branch[0].when" -> ("steps", 2, "branch", 0, "when")."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", where))


def at(content: object, path: Path) -> Any:  # noqa: ANN401  (whatever the file holds there)
    """What stands at this path. Raises NoSuchPlace."""
    for part in path:
        match content:
            case dict() if part in content:
                content = content[part]
            case list() if isinstance(part, int) and 0 <= part < len(content):
                content = content[part]
            case _:
                raise NoSuchPlace(written_path(path))
    return content


def kind_of(step: object) -> str:
    """Which of KINDS this step is; "" for none of them."""
    return next((kind for kind in KINDS if isinstance(step, dict) and kind in step), "")


def is_step(path: Path) -> bool:
    """Whether a step, and nothing inside or around one, stands at such a path."""
    return len(path) >= 2 and path[-2] == "steps" and isinstance(path[-1], int)


def is_arm(path: Path) -> bool:
    return len(path) >= 2 and path[-2] in ARMS and isinstance(path[-1], int)


def step_around(path: Path) -> Path:
    """The path of the nearest step at or around this one; () where there is none: the journey itself."""
    while path and not is_step(path):
        path = path[:-1]
    return path


def lists_in(step: object) -> Iterator[tuple[Path, list[Any]]]:
    """The lists of steps right inside this step, each with its path from the step: ("branch", 0, "steps"), ("opened", "steps")."""
    if not isinstance(step, dict):
        return
    for key in ARMS:
        arms = step.get(key)
        for number, arm in enumerate(arms if isinstance(arms, list) else []):
            if isinstance(arm, dict) and isinstance(arm.get("steps"), list):
                yield (key, number, "steps"), arm["steps"]
    for name in REACTIONS if "react_to" in step else ():
        answer = step.get(name)
        if isinstance(answer, dict) and isinstance(answer.get("steps"), list):
            yield (name, "steps"), answer["steps"]


def walk(content: Content) -> Iterator[tuple[Path, Any]]:
    """Every step with its path, from the top to the bottom."""
    yield from _walk(_steps(content), ("steps",))


def _walk(steps: list[Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for number, step in enumerate(steps):
        here = (*path, number)
        yield here, step
        for inside, behind in lists_in(step):
            yield from _walk(behind, (*here, *inside))


def gaps(content: Content) -> Iterator[Path]:
    """Every place where a step could be put, as the path it would then have, from the top to the bottom."""
    yield from _gaps(_steps(content), ("steps",))


def _gaps(steps: list[Any], path: Path) -> Iterator[Path]:
    for number, step in enumerate(steps):
        yield (*path, number)
        for inside, behind in lists_in(step):
            yield from _gaps(behind, (*path, number, *inside))
    yield (*path, len(steps))


def message_ids(content: Content) -> Iterator[tuple[Path, str]]:
    """The messages that have an id, with the paths of their steps."""
    for path, step in walk(content):
        for kind in ("send", "best_channel", "ask_reason"):
            fields = step.get(kind) if isinstance(step, dict) else None
            if isinstance(fields, dict) and isinstance(fields.get("id"), str):
                yield path, fields["id"]


def ids(content: Content) -> set[str]:
    """Every id that a step of any kind has."""
    return {name for _path, step in walk(content) for name in _ids_of(step)}


def _ids_of(step: object) -> Iterator[str]:
    holders: list[object] = [step, *(step.values() if isinstance(step, dict) else ())]
    yield from (each["id"] for each in holders if isinstance(each, Mapping) and isinstance(each.get("id"), str))


def _steps(content: Content) -> list[Any]:
    steps = content.get("steps")
    return steps if isinstance(steps, list) else []

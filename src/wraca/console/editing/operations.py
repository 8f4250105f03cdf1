"""The edits of a journey, pure: content and a path in, new content out. Nothing that was handed in is ever changed.

None of them asks whether the journey still makes sense: half-made journeys are drafts like any other, and reading.py tells what is
missing. They only refuse what cannot be done: a place that does not exist, a step that would have to stand inside itself.
"""

from copy import deepcopy
from typing import Any

import msgspec

from wraca.console.editing.places import (
    Content,
    NoSuchPlace,
    Path,
    at,
    gaps,
    ids,
    is_arm,
    is_step,
    kind_of,
    lists_in,
    walk,
    written_path,
)


class Refused(ValueError):
    """This edit cannot be made there."""


class Edited(msgspec.Struct, frozen=True):
    """The new content, and where that what was edited stands now; () for the journey itself."""

    content: Content
    path: Path = ()


def insert(content: Content, path: Path, step: Content) -> Edited:
    """Put a step at this place; what stood there and behind moves on. Raises NoSuchPlace."""
    new = deepcopy(content)
    _list_of_steps(new, path).insert(_number(path), deepcopy(step))
    return Edited(new, path)


def remove(content: Content, path: Path) -> Edited:
    """Take a step or an arm away; selected is then what stands in its place, or the one before. Raises NoSuchPlace."""
    new = deepcopy(content)
    siblings = _list_of_its(new, path)
    number = _number(path)
    if number >= len(siblings):
        raise NoSuchPlace(written_path(path))
    del siblings[number]
    if number < len(siblings):
        return Edited(new, path)
    return Edited(new, (*path[:-1], number - 1) if siblings else _owner(path))


def move(content: Content, source: Path, target: Path) -> Edited:
    """Move a step, or an arm among its own, to a place named as it is before the move. Raises NoSuchPlace, Refused."""
    if target[: len(source)] == source and len(target) > len(source):
        raise Refused("a step cannot stand inside itself")
    if is_step(source) != is_step(target) or (is_arm(source) and source[:-1] != target[:-1]):
        raise Refused("this cannot stand there")
    new = deepcopy(content)
    here, there = _list_of_its(new, source), _list_of_its(new, target)
    moved, holder = at(new, source), {"": "what is moved comes here"}
    there.insert(_number(target), holder)
    del here[next(number for number, each in enumerate(here) if each is moved)]
    there[next(number for number, each in enumerate(there) if each is holder)] = moved
    if is_arm(source):
        return Edited(new, (*source[:-1], _number(target) - (_number(target) > _number(source))))
    return Edited(new, next(path for path, step in walk(new) if step is moved))


def nudge(content: Content, path: Path, by: int) -> Edited:
    """Move a step to the next place in reading order, up (-1) or down (1): also into forks and out of them. At the end it stays."""
    if is_arm(path):
        target = (*path[:-1], _number(path) + (2 if by > 0 else -1))
        return move(content, path, target) if 0 <= _number(target) <= len(_list_of_its(content, path)) else Edited(content, path)
    at(content, path)
    places = [gap for gap in gaps(content) if gap[: len(path)] != path or len(gap) == len(path)]
    now = places.index(path)
    wanted = now - 1 if by < 0 else now + 2
    return move(content, path, places[wanted]) if 0 <= wanted < len(places) else Edited(content, path)


def change(content: Content, path: Path, step: Content) -> Edited:
    """Put these fields in place of those that stand there; () is the journey itself, its steps stay. Raises NoSuchPlace."""
    new = deepcopy(content)
    if not path:
        return Edited({**deepcopy(step), "steps": new.get("steps", [])})
    at(new, path)
    _list_of_its(new, path)[_number(path)] = deepcopy(step)
    return Edited(new, path)


def duplicate(content: Content, path: Path) -> Edited:
    """The same step once more behind itself, with ids of its own. Raises NoSuchPlace."""
    _list_of_steps(content, path)
    step = deepcopy(at(content, path))
    _rename(step, ids(content))
    return insert(content, (*path[:-1], _number(path) + 1), step)


def add_arm(content: Content, path: Path, *, is_open: bool = False) -> Edited:
    """One more arm for the branch or split at this path: before the one for everybody else, or (`is_open`) that very one.

    Raises NoSuchPlace, Refused.
    """
    new = deepcopy(content)
    step = at(new, path)
    if isinstance(branch := step.get("branch"), list):
        has_open = bool(branch) and "when" not in branch[-1]
        if is_open and has_open:
            raise Refused("there is one for everybody else")
        branch.insert(len(branch) - has_open, {"steps": []} if is_open else {"when": "person.is_customer", "steps": []})
    elif isinstance(split := step.get("split"), list):
        taken = {arm.get("name") for arm in split}
        split.append({"share": "0%", "name": next(name for name in "abcdefghijklmnopqrstuvwxyz" if name not in taken), "steps": []})
    else:
        raise Refused("only a fork has arms")
    return Edited(new, path)


def fresh_id(taken: set[str], wish: str) -> str:
    """`wish`, or `wish` with the first number that nobody has: "message", "message-2"."""
    number, name = 1, wish
    while name in taken:
        number += 1
        name = f"{wish[:36]}-{number}"
    return name


def _rename(step: Any, taken: set[str]) -> None:  # noqa: ANN401
    """Give every id inside a copy another name, also where the copy itself reacts to it."""
    names: dict[str, str] = {}
    inner = [step, *(each for path, each in walk({"steps": [step]}) if len(path) > 2)]
    for each in inner:
        for holder in (each, *each.values()):
            if isinstance(holder, dict) and isinstance(name := holder.get("id"), str):
                holder["id"] = names[name] = fresh_id(taken, name)
                taken = taken | {holder["id"]}
    for each in inner:
        if each.get("react_to") in names:
            each["react_to"] = names[each["react_to"]]


def _list_of_steps(content: Content, path: Path) -> list[Any]:
    if not is_step(path):
        raise NoSuchPlace(written_path(path))
    return _list_of_its(content, path)


def _list_of_its(content: Content, path: Path) -> list[Any]:
    """The list that this step or arm stands in, or could."""
    if not (is_step(path) or is_arm(path)):
        raise NoSuchPlace(written_path(path))
    siblings = at(content, path[:-1])
    if not isinstance(siblings, list) or _number(path) > len(siblings):
        raise NoSuchPlace(written_path(path))
    return siblings


def _number(path: Path) -> int:
    number = path[-1]
    assert isinstance(number, int)
    return number


def _owner(path: Path) -> Path:
    """The step that holds this list; () for the journey."""
    path = path[:-1]
    while path and not is_step(path):
        path = path[:-1]
    return path


def holds_steps(step: object) -> bool:
    """Whether steps would be lost with this one."""
    return any(behind for _path, behind in lists_in(step)) if kind_of(step) else False

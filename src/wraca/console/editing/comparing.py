"""Two versions of a journey as one tree: what came, what went, what is different, and what stayed."""

import json
from collections.abc import Mapping
from difflib import SequenceMatcher, unified_diff
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from wraca.console.editing import telling
from wraca.console.editing.journeyfields import journey_fields
from wraca.console.editing.places import Content, Path, kind_of, lists_in, walk
from wraca.console.editing.tree import plan_path
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.writing import plan_to_data

Mark = Literal["same", "added", "removed", "changed"]


class Change(msgspec.Struct, frozen=True):
    """One step of either version. `before` holds the old words of a changed one."""

    mark: Mark
    kind: str
    title: str
    detail: str = ""
    before: str = ""
    ways: tuple["ChangedWay", ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Nothing in it or under it changed."""
        return self.mark == "same" and all(way.mark == "same" and all(each.is_quiet for each in way.changes) for way in self.ways)


class ChangedWay(msgspec.Struct, frozen=True):
    mark: Mark
    title: str
    before: str
    changes: tuple[Change, ...]


class ChangedRule(msgspec.Struct, frozen=True):
    """Something that holds for the whole journey."""

    label: str
    before: str
    after: str


def differences(older: str, newer: str) -> dict[str, object]:
    """Two files for the template: their steps as one tree, the rules that differ, and the files line by line."""
    before, after = plan_to_data(read_plan(older)), plan_to_data(read_plan(newer))
    lines = unified_diff(older.splitlines(), newer.splitlines(), lineterm="", n=2)
    return {"changes": compared_steps(before, after), "rules": compared_rules(before, after), "lines": list(lines)[2:]}


def step_titles(source: str) -> dict[str, str]:
    """The words of every step by the path that a run remembers."""
    return {plan_path(path): telling.told_step(step).title for path, step in walk(plan_to_data(read_plan(source)))}


def compared_steps(old: Content, new: Content) -> tuple[Change, ...]:
    return _lists(_steps(old), _steps(new))


def compared_rules(old: Content, new: Content) -> tuple[ChangedRule, ...]:
    """The trigger and the rules that differ, in words."""
    labels = {field.at: field.label for field in journey_fields(new)}
    keys = ("about", "priority", "filters", "reentry", "min_gap", "lost_after", "exit_on", "holdout")
    rules = [
        ChangedRule(_("Begins when"), _sentence(old), _sentence(new)),
        *(ChangedRule(labels[key], _rule(key, old.get(key)), _rule(key, new.get(key))) for key in keys),
    ]
    return tuple(rule for rule in rules if rule.before != rule.after)


def _sentence(content: Content) -> str:
    return "; ".join(filter(None, telling.told_trigger(content.get("trigger"))))


def _rule(key: str, value: object) -> str:
    if value is None:
        return _("as usual")
    if key in {"reentry", "min_gap", "lost_after"}:
        return telling.lasting(value)
    return "; ".join(telling.told_condition(each) for each in value) if isinstance(value, list) else str(value)


def _steps(content: Content) -> list[Any]:
    steps = content.get("steps")
    return steps if isinstance(steps, list) else []


def _lists(old: list[Any], new: list[Any]) -> tuple[Change, ...]:
    """Steps are the same by what they are called, else by what they say; among the rest, pairs of one kind count as changed."""
    changes: list[Change] = []
    matcher = SequenceMatcher(None, list(map(_key, old)), list(map(_key, new)), autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            changes += [_pair(a, b) for a, b in zip(old[old_from:old_to], new[new_from:new_to], strict=True)]
        else:
            changes += _replaced(old[old_from:old_to], new[new_from:new_to])
    return tuple(changes)


def _replaced(old: list[Any], new: list[Any]) -> list[Change]:
    """What stands in the place of what: one after the other, while their kinds agree."""
    changes = []
    rest = list(old)
    for step in new:
        twin = next(
            (number for number, each in enumerate(rest) if kind_of(each) == kind_of(step) and not _have_names(each, step)), None
        )
        if twin is None:
            changes.append(_whole("added", step))
        else:
            changes += [_whole("removed", each) for each in rest[:twin]]
            changes.append(_pair(rest[twin], step))
            rest = rest[twin + 1 :]
    return [*changes, *(_whole("removed", each) for each in rest)]


def _pair(old: Any, new: Any) -> Change:  # noqa: ANN401
    before, after = telling.told_step(old), telling.told_step(new)
    is_same = _own(old) == _own(new)
    was = " · ".join(filter(None, (before.title, before.detail)))
    return Change("same" if is_same else "changed", after.kind, after.title, after.detail, "" if is_same else was, _ways(old, new))


def _whole(mark: Mark, step: Any) -> Change:  # noqa: ANN401
    told = telling.told_step(step)
    ways = tuple(
        ChangedWay(
            mark, telling.told_way(step, str(inside[0]), _number(inside))[0], "", tuple(_whole(mark, each) for each in steps)
        )
        for inside, steps in lists_in(step)
    )
    return Change(mark, told.kind, told.title, told.detail, ways=ways)


def _ways(old: Any, new: Any) -> tuple[ChangedWay, ...]:  # noqa: ANN401
    before, after = dict(lists_in(old)), dict(lists_in(new))
    return tuple(_way(old, new, inside, before.get(inside), after.get(inside)) for inside in dict.fromkeys([*after, *before]))


def _way(old: Any, new: Any, inside: Path, before: list[Any] | None, after: list[Any] | None) -> ChangedWay:  # noqa: ANN401
    key, number = str(inside[0]), _number(inside)
    if before is None:
        return ChangedWay("added", telling.told_way(new, key, number)[0], "", tuple(_whole("added", each) for each in after or ()))
    if after is None:
        return ChangedWay("removed", telling.told_way(old, key, number)[0], "", tuple(_whole("removed", each) for each in before))
    title, was = telling.told_way(new, key, number)[0], telling.told_way(old, key, number)[0]
    return ChangedWay("same" if title == was else "changed", title, was, _lists(before, after))


def _number(inside: tuple[str | int, ...]) -> int:
    return inside[1] if isinstance(inside[1], int) else 0


def _own(step: Any) -> str:  # noqa: ANN401
    """What the step says by itself, without the steps inside."""
    return json.dumps(_without_steps(step), sort_keys=True, ensure_ascii=False)


def _without_steps(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {key: _without_steps(each) for key, each in value.items() if key != "steps"}
    return [_without_steps(each) for each in value] if isinstance(value, list) else value


def _name(step: Any) -> str:  # noqa: ANN401
    kind = kind_of(step)
    fields = step.get(kind) if kind else None
    name = step.get("id") or (fields.get("id") if isinstance(fields, Mapping) else None) if kind else None
    return str(name or (fields if kind == "react_to" else "") or "")


def _have_names(old: Any, new: Any) -> bool:  # noqa: ANN401
    """Both are called something, and not the same: then they are two steps, not one that changed."""
    return bool(_name(old) and _name(new) and _name(old) != _name(new))


def _key(step: Any) -> str:  # noqa: ANN401
    return f"{kind_of(step)} {_name(step) or _own(step)}"

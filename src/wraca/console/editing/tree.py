"""A journey drawn as a tree that reads from top to bottom: plain values for the template.

Drawn from the content of its file, so that a draft with faults in it looks like the journey that it will be.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from wraca.console.editing import telling
from wraca.console.editing.places import Content, Path, at, kind_of, lists_in, message_ids, walk, written_path
from wraca.domain.journeys.plan import Plan, Wait, derived_step_id
from wraca.domain.journeys.writing import plan_to_data
from wraca.storage.queries.journeys import StepCount

_MESSAGES = ("send", "best_channel", "ask_reason", "chat")
_LABELS = {"steps": "", "branch": "b", "split": "s"}  # how a run's path names what stands under these keys


class Way(msgspec.Struct, frozen=True):
    """One way out of a fork, with what stands behind it. `path` leads to the list of its steps, `arm` to what may be removed."""

    title: str
    detail: str
    nodes: tuple["Node", ...]
    path: str = ""
    arm: str = ""
    problems: tuple[str, ...] = ()


class Node(msgspec.Struct, frozen=True):
    """One box. `kind` is "trigger", "send", "wait", "fork", "act", "end"; `template` names the message of a send.

    `path` is where the step stands in the content ("steps.1.branch.0.steps.2"), "" for the trigger.
    """

    kind: str
    title: str
    detail: str = ""
    template: str = ""
    step: str = ""
    counts: StepCount | None = None
    ways: tuple[Way, ...] = ()
    path: str = ""
    problems: tuple[str, ...] = ()
    gap: str = ""  # the path of a new step put before this one


class Marks(msgspec.Struct, frozen=True):
    """What is known of places in the content, by path."""

    counts: Mapping[str, StepCount] = {}
    problems: Mapping[str, tuple[str, ...]] = {}  # of a step, an arm, or "" for the journey itself
    steps: Mapping[str, str] = {}  # the ids of messages
    first_delays: frozenset[str] = frozenset()


def tree(plan: Plan, counts: Mapping[str, StepCount]) -> tuple[Node, ...]:
    """The whole journey, its trigger first."""
    content = plan_to_data(plan)
    return drawn(content, marks_of(content, counts, plan))


def marks_of(content: Content, counts: Mapping[str, StepCount], plan: Plan | None = None) -> Marks:
    """What is known of the steps of this content: the counts of their messages; with its plan, which waits come first."""
    named = {written_path(path): name for path, name in message_ids(content)}
    steps = {
        here: named.get(here, derived_step_id(plan_path(path)))
        for path, step in walk(content)
        if kind_of(step) in _MESSAGES
        for here in [written_path(path)]
    }
    delays = {
        written_path(path)
        for path, _step in walk(content)
        if plan and (place := plan.places.get(plan_path(path))) and place.is_first_delay and isinstance(place.step, Wait)
    }
    return Marks({path: counts[name] for path, name in steps.items() if name in counts}, {}, steps, frozenset(delays))


def plan_path(path: Path) -> str:
    """("steps", 1, "branch", 0, "steps", 2) -> "1.b0.2", as a run remembers it."""
    parts: list[str] = []
    rest = iter(path)
    for part in rest:
        label = str(part) if part in telling.REACTIONS else f"{_LABELS[str(part)]}{next(rest)}"
        parts.append(label)
    return ".".join(parts)


def drawn(content: Content, marks: Marks) -> tuple[Node, ...]:
    """The whole journey, its trigger first, whatever is wrong with it."""
    title, detail = telling.told_trigger(content.get("trigger"))
    steps = content.get("steps")
    nodes = _nodes(steps if isinstance(steps, list) else [], ("steps",), marks)
    return (Node("trigger", title, detail, problems=marks.problems.get("", ())), *nodes)


def _nodes(steps: list[Any], path: Path, marks: Marks) -> tuple[Node, ...]:
    return tuple(_node(step, (*path, number), marks) for number, step in enumerate(steps))


def _node(step: Any, path: Path, marks: Marks) -> Node:  # noqa: ANN401  (a draft may hold anything)
    told, here = telling.told_step(step), written_path(path)
    # The first wait does not add to the trigger's: both count from the moment the cart was last used.
    detail = _("counted from when the cart was last used") if here in marks.first_delays else told.detail
    ways = tuple(_way(step, path, inside, steps, marks) for inside, steps in lists_in(step))
    return Node(
        told.kind,
        told.title,
        detail,
        told.template,
        marks.steps.get(here, ""),
        marks.counts.get(here),
        ways,
        here,
        marks.problems.get(here, ()),
        here,
    )


def _way(step: dict[str, Any], path: Path, inside: Path, steps: list[Any], marks: Marks) -> Way:
    key, number = str(inside[0]), inside[1] if isinstance(inside[1], int) else 0
    title, detail = telling.told_way(step, key, number)
    arm = written_path((*path, *inside[:-1]))
    behind = (*path, *inside)
    return Way(title, detail, _nodes(steps, behind, marks), written_path(behind), arm, marks.problems.get(arm, ()))


def step_title(content: Content, path: Path) -> str:
    """The words of the step at this path."""
    return telling.told_step(at(content, path)).title

"""Does the journey make sense? What no schema can say: references, ways that lead nowhere, steps that nobody reaches.

Works on the raw content and passes over whatever has the wrong shape (that is told elsewhere), so that one reading of a file
tells all.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from wraca.domain.journeys.details import detail_problems
from wraca.domain.journeys.problems import Path, did_you_mean

REACTIONS = ("clicked", "opened", "none")  # strongest first
MESSAGES = ("send", "best_channel", "ask_reason")  # the steps that may have an id to react to
_DEEDS = (*MESSAGES, "chat", "audience", "notify_team", "goto_journey")  # at least one of these, or the journey does nothing
_DEEPEST = 60  # characters of a path: what the database keeps of where a run stands


class _Way(msgspec.Struct, frozen=True):
    """What is known at a point of the tree: messages that every way to it has sent; whether any way leads past it."""

    sent: frozenset[str]
    is_over: bool = False


class _Reader:
    def __init__(self, steps: object) -> None:
        self.found: list[tuple[Path, str]] = []
        self.ids: dict[str, Path] = {}
        for path, name in _message_ids(steps, ("steps",)):
            if name in self.ids:
                self.found.append((path, f"the id `{name}` is used twice"))
            self.ids.setdefault(name, path)

    def follow(self, steps: object, path: Path, way: _Way) -> _Way:
        for number, each in enumerate(_list(steps)):
            here = (*path, number)
            if _length(here) > _DEEPEST:
                self.found.append((here, "the steps are nested too deep; split the journey in two and use `goto_journey`"))
                return way
            if way.is_over:
                self.found.append((here, "no way leads to this step; everything before it has ended"))
                return way
            way = self._step(_dict(each), here, way)
        return way

    def _step(self, step: dict[str, Any], here: Path, way: _Way) -> _Way:
        for kind in MESSAGES:
            if kind in step:
                name = _dict(step[kind]).get("id")
                return _Way(way.sent | {name}) if isinstance(name, str) else way
        if "branch" in step:
            return self._branch(_list(step["branch"]), (*here, "branch"), way)
        if "split" in step:
            arms = [_dict(arm) for arm in _list(step["split"])]
            ways = [self.follow(arm.get("steps"), (*here, "split", number, "steps"), way) for number, arm in enumerate(arms)]
            return _joined(ways) if ways else way
        if "react_to" in step:
            return self._react(step, here, way)
        return msgspec.structs.replace(way, is_over="end" in step or "goto_journey" in step)

    def _branch(self, arms: list[Any], here: Path, way: _Way) -> _Way:
        arms = [_dict(arm) for arm in arms]
        open_arms = [number for number, arm in enumerate(arms) if "when" not in arm]
        if open_arms and open_arms[0] < len(arms) - 1:
            path = (*here, open_arms[0])
            self.found.append((path, "an arm without `when` takes everybody; the arms after it are never reached, so put it last"))
        if open_arms == [0] and len(arms) == 1:
            self.found.append(((*here, 0), "the only arm has no `when`; leave the branch out or write a condition"))
        ways = [self.follow(arm.get("steps"), (*here, number, "steps"), way) for number, arm in enumerate(arms)]
        return _joined(ways if open_arms else [*ways, way])

    def _react(self, step: dict[str, Any], here: Path, way: _Way) -> _Way:
        answers = [name for name in REACTIONS if name in step]
        if not answers:
            self.found.append((here, "`react_to` has no answer; write at least one of opened, clicked, none"))
        self._check_target(step["react_to"], (*here, "react_to"), way)
        ways = [self.follow(_dict(step[name]).get("steps"), (*here, name, "steps"), way) for name in answers]
        return _joined(ways if len(answers) == len(REACTIONS) else [*ways, way])

    def _check_target(self, target: object, here: Path, way: _Way) -> None:
        if not isinstance(target, str) or target in way.sent:
            return
        if target not in self.ids:
            hint = did_you_mean(target, self.ids) if self.ids else "give the `send` an `id`"
            self.found.append((here, f"no message has the id `{target}`; {hint}"))
        elif self.ids[target][-2] == "offer":
            self.found.append((here, f"`{target}` is an offer; react to a message"))
        elif self.ids[target][: len(here) - 1] == here[:-1]:
            self.found.append((here, f"`{target}` is sent by an answer to itself; that is a circle"))
        elif _place(self.ids[target]) > _place(here):
            self.found.append((here, f"`{target}` is sent only after this step; react to a message before it"))
        else:
            self.found.append((here, f"not every way to this step sends `{target}`; put the reaction behind its `send`"))


def meaning_problems(content: object) -> Iterator[tuple[Path, str]]:
    """Every contradiction in the steps, with a sentence about it."""
    journey = _dict(content)
    steps = journey.get("steps")
    reader = _Reader(steps)
    reader.follow(steps, ("steps",), _Way(frozenset()))
    yield from reader.found
    every = list(walk(steps, ("steps",)))
    for path, step in every:
        yield from detail_problems(step, path, str(journey.get("journey")))
    if every and not any(kind in step for _, step in every for kind in _DEEDS):
        yield ("steps",), "the journey never sends anything"


def _joined(ways: list[_Way]) -> _Way:
    going_on = [way for way in ways if not way.is_over]
    if not going_on:
        return _Way(frozenset(), is_over=True)
    return _Way(frozenset.intersection(*(way.sent for way in going_on)))


def walk(steps: object, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every step of raw content with its path, in the order of the file, whatever else may be wrong with it."""
    for number, each in enumerate(_list(steps)):
        step, here = _dict(each), (*path, number)
        yield here, step
        for fork in ("branch", "split"):
            for arm_number, arm in enumerate(_list(step.get(fork))):
                yield from walk(_dict(arm).get("steps"), (*here, fork, arm_number, "steps"))
        for name in REACTIONS:
            yield from walk(_dict(step.get(name)).get("steps"), (*here, name, "steps"))


def _message_ids(steps: object, path: Path) -> Iterator[tuple[Path, str]]:
    """The ids that a reaction, a condition or an offer can name; one namespace, so that each is clear."""
    for here, step in walk(steps, path):
        for kind in (*MESSAGES, "offer"):
            if isinstance(name := _dict(step.get(kind)).get("id"), str):
                yield (*here, kind, "id"), name


def _length(path: Path) -> int:
    """How long the plan's own path of this place is: "1.opened.0", "2.b1.0"."""
    return sum(len(str(part)) + 1 for part in path if part not in {"steps", "branch", "split"})


def _place(path: Path) -> tuple[int, ...]:
    """The numbers on the way, which order what stands in lists as the file does."""
    return tuple(part for part in path if isinstance(part, int))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

"""The times of a journey file as a form: found in the text, and turned in the text, so that comments and order stay as written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
import yaml

from wraca.domain.journeys.durations import read_duration, written_duration
from wraca.domain.journeys.plan import Answer, Arm, Branch, Plan, ReactTo, Split, Step, Variant, Wait
from wraca.domain.journeys.triggers import trigger_word

Place = tuple[str | int, ...]  # where in the file: ("steps", 1, "branch", 0, "steps", 1, "wait")


class Knob(msgspec.Struct, frozen=True):
    """One time (ms) or share (0-100) that the merchant may change.

    `role` says what it is: a time of the trigger ("idle", "after" ...), "wait", "after" of a reaction, "min_gap", "reentry",
    "holdout". `about` is the plan's path of the wait, or the message and the reaction that the time belongs to.
    """

    name: str
    place: Place
    role: str
    value: int
    kind: Literal["duration", "percent"] = "duration"
    about: tuple[str, ...] = ()


def knobs(plan: Plan) -> tuple[Knob, ...]:
    """Every time of the plan, from the top of the file to its end."""
    word = trigger_word(plan.trigger)
    found = [
        Knob(name, ("trigger", word, name), name, length)
        for name in ("idle", "idle_at_payment", "idle_if_failed", "after")
        if (length := getattr(plan.trigger, name, None)) is not None
    ]
    found += _inside(plan.steps, ("steps",), "")
    found += [
        Knob("min_gap", ("min_gap",), "min_gap", plan.min_gap),
        Knob("reentry", ("reentry",), "reentry", plan.reentry),
        Knob("holdout", ("holdout",), "holdout", round(plan.holdout * 100), "percent"),
    ]
    return tuple(found)


def _inside(steps: tuple[Step, ...], place: Place, path: str) -> Iterator[Knob]:
    for number, step in enumerate(steps):
        here, at = (*place, number), f"{path}{number}"
        match step:
            case Wait(length):
                yield Knob(f"wait:{at}", (*here, "wait"), "wait", length, about=(at,))
            case Split(_, arms):
                yield from _in_arms(arms, (*here, "split"), f"{at}.s")
            case Branch(arms):
                yield from _in_arms(arms, (*here, "branch"), f"{at}.b")
            case ReactTo(target, answers):
                for answer in answers:
                    yield from _behind(answer, str(target), here, at)
            case _:
                pass


def _in_arms(arms: Sequence[Arm | Variant], place: Place, path: str) -> Iterator[Knob]:
    for number, arm in enumerate(arms):
        yield from _inside(arm.steps, (*place, number, "steps"), f"{path}{number}.")


def _behind(answer: Answer, target: str, here: Place, at: str) -> Iterator[Knob]:
    word = answer.reaction.value
    yield Knob(f"after:{at}.{word}", (*here, word, "after"), "after", answer.after, about=(target, word))
    yield from _inside(answer.steps, (*here, word, "steps"), f"{at}.{word}.")


def turned(text: str, plan: Plan, values: Mapping[str, int]) -> str:
    """The file with new values (ms or percent, by knob name); nothing else in it moves."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    edits: list[tuple[int, int, str]] = []
    missing: list[str] = []
    for knob in knobs(plan):
        value = values.get(knob.name, knob.value)
        if value == knob.value:
            continue
        said = f"{value}%" if knob.kind == "percent" else written_duration(value)
        node = _node(root, knob.place)
        if node is None:
            missing.append(f"{knob.place[-1]}: {said}\n")
        else:
            edits.append((node.start_mark.index, node.end_mark.index, said))
    if missing:  # only keys of the top level may be left out
        start = _key_start(root, "steps")
        edits.append((start, start, "".join(missing)))
    for start, end, said in sorted(edits, reverse=True):
        text = text[:start] + said + text[end:]
    return text


def _node(node: yaml.Node | None, place: Place) -> yaml.Node | None:
    for part in place:
        match node:
            case yaml.MappingNode():
                node = next((value for key, value in node.value if key.value == part), None)
            case yaml.SequenceNode() if isinstance(part, int):
                node = node.value[part]
            case _:
                return None
    return node


def _key_start(root: yaml.Node | None, name: str) -> int:
    assert isinstance(root, yaml.MappingNode)
    return int(next(key.start_mark.index for key, _ in root.value if key.value == name))


def parts(length: int) -> tuple[int, str]:
    """(2, "d") of 172_800_000: what a form shows."""
    text = written_duration(length)
    return int(text[:-1]), text[-1]


def from_parts(count: int, unit: str) -> int:
    """Milliseconds of a form's number and unit. Raises BadDuration."""
    return read_duration(f"{count}{unit}")

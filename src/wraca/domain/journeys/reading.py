"""A journey file becomes a plan, or a list of everything that is wrong with it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from wraca.domain.events import Stage
from wraca.domain.ids import StepId
from wraca.domain.journeys.durations import read_duration
from wraca.domain.journeys.meaning import REACTIONS, meaning_problems
from wraca.domain.journeys.plan import (
    Answer,
    Arm,
    Branch,
    CartAbandoned,
    End,
    ExitOn,
    Plan,
    ReactTo,
    Send,
    Step,
    Wait,
    derived_step_id,
)
from wraca.domain.journeys.problems import BadPlan, Problem, written
from wraca.domain.journeys.run import Reaction
from wraca.domain.journeys.shape import CHANNELS, shape_problems
from wraca.domain.journeys.source import Source

_Fields: TypeAlias = Mapping[str, Any]


def read_plan(text: str) -> Plan:
    """The plan that this YAML text describes. Raises BadPlan with all problems, in the order of the file."""
    source = Source(text)
    problems = set(source.problems)
    for check in (shape_problems, meaning_problems):
        problems.update(Problem(written(path), source.line(path), message) for path, message in check(source.content))
    if problems or not isinstance(source.content, dict):
        raise BadPlan(tuple(sorted(problems, key=lambda problem: (problem.line, problem.where, problem.message))))
    return _plan(source.content)


def _plan(content: _Fields) -> Plan:
    """Every key that the file leaves out keeps the default of the Plan."""
    readers: dict[str, Callable[[Any], object]] = {
        "about": str,
        "priority": int,
        "filters": tuple,
        "reentry": read_duration,
        "exit_on": lambda names: tuple(map(ExitOn, names)),
        "holdout": lambda share: float(Decimal(share.removesuffix("%")) / 100),
        "min_gap": read_duration,
    }
    said: dict[str, Any] = {key: read(content[key]) for key, read in readers.items() if key in content}
    return Plan(content["journey"], _trigger(content["trigger"]["cart_abandoned"]), _steps(content["steps"], ""), **said)


def _trigger(fields: _Fields) -> CartAbandoned:
    at_payment = fields.get("idle_at_payment")
    return CartAbandoned(
        read_duration(fields["idle"]),
        None if at_payment is None else read_duration(at_payment),
        tuple(sorted(Stage[name.upper()] for name in fields.get("stages", ()))),
    )


def _steps(items: list[_Fields], prefix: str) -> tuple[Step, ...]:
    return tuple(_step(item, f"{prefix}{number}") for number, item in enumerate(items))


def _step(item: _Fields, path: str) -> Step:
    return next(build(item, path) for kind, build in _BUILDERS.items() if kind in item)


def _send(item: _Fields, path: str) -> Send:
    fields = item["send"]
    channel = next(name for name in CHANNELS if name in fields)
    return Send(StepId(fields["id"]) if "id" in fields else derived_step_id(path), channel, fields[channel])


def _wait(item: _Fields, _path: str) -> Wait:
    return Wait(read_duration(item["wait"]))


def _branch(item: _Fields, path: str) -> Branch:
    arms = enumerate(item["branch"])
    return Branch(tuple(Arm(arm.get("when", ""), _steps(arm["steps"], f"{path}.b{number}.")) for number, arm in arms))


def _react_to(item: _Fields, path: str) -> ReactTo:
    answers = ((Reaction(name), item[name]) for name in REACTIONS if name in item)
    return ReactTo(
        StepId(item["react_to"]),
        tuple(Answer(to, read_duration(answer["after"]), _steps(answer["steps"], f"{path}.{to.value}.")) for to, answer in answers),
    )


def _end(_item: _Fields, _path: str) -> End:
    return End()


_BUILDERS: dict[str, Callable[[_Fields, str], Step]] = {
    "send": _send,
    "wait": _wait,
    "branch": _branch,
    "react_to": _react_to,
    "end": _end,
}

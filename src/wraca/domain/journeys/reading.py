"""A journey file becomes a plan, or a list of everything that is wrong with it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from wraca.domain.ids import StepId
from wraca.domain.journeys import plan
from wraca.domain.journeys.details import CHANNELS
from wraca.domain.journeys.durations import DAY, read_duration
from wraca.domain.journeys.meaning import REACTIONS, meaning_problems
from wraca.domain.journeys.plan import Choice, ExitOn, Plan, Send, Step, derived_step_id
from wraca.domain.journeys.problems import BadPlan, Problem, written
from wraca.domain.journeys.reading_triggers import read_share, read_trigger
from wraca.domain.journeys.run import Reaction
from wraca.domain.journeys.shape import shape_problems
from wraca.domain.journeys.source import Source
from wraca.domain.offers import Offer, OfferKind

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PATIENCE = 2 * DAY

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
        "holdout": read_share,
        "min_gap": read_duration,
        "lost_after": read_duration,
    }
    said: dict[str, Any] = {key: read(content[key]) for key, read in readers.items() if key in content}
    return Plan(content["journey"], read_trigger(content["trigger"]), _steps(content["steps"], ""), **said)


def _steps(items: list[_Fields], prefix: str) -> tuple[Step, ...]:
    return tuple(_step(item, f"{prefix}{number}") for number, item in enumerate(items))


def _step(item: _Fields, path: str) -> Step:
    return next(build(item, path) for kind, build in _BUILDERS.items() if kind in item)


def _send(item: _Fields, path: str) -> Send:
    fields = item["send"]
    (choice,) = _choices(fields)
    return Send(_id(fields, path), choice.channel, choice.template)


def _chat(item: _Fields, path: str) -> Send:
    return Send(derived_step_id(path), "chat", item["chat"])


def _best_channel(item: _Fields, path: str) -> plan.BestChannel:
    return plan.BestChannel(_id(item["best_channel"], path), _choices(item["best_channel"]))


def _ask_reason(item: _Fields, path: str) -> plan.AskReason:
    fields = item["ask_reason"]
    (choice,) = _choices(fields)
    patience = read_duration(fields["wait"]) if "wait" in fields else _PATIENCE
    return plan.AskReason(_id(fields, path), choice.channel, choice.template, patience)


def _id(fields: _Fields, path: str) -> StepId:
    return StepId(fields["id"]) if "id" in fields else derived_step_id(path)


def _choices(fields: _Fields) -> tuple[Choice, ...]:
    """In the order of the file."""
    return tuple(Choice(name, template) for name, template in fields.items() if name in CHANNELS)


def _wait(item: _Fields, _path: str) -> plan.Wait | plan.WaitUntil | plan.WaitFor:
    said = item["wait"]
    if isinstance(said, str):
        return plan.Wait(read_duration(said))
    if "for" in said:
        return plan.WaitFor(said["for"], read_duration(said["at_most"]))
    hours, _, minutes = said["until"].partition(":")
    return plan.WaitUntil(60 * int(hours) + int(minutes), tuple(sorted(DAYS.index(day) for day in said.get("days", ()))))


def _branch(item: _Fields, path: str) -> plan.Branch:
    arms = enumerate(item["branch"])
    return plan.Branch(tuple(plan.Arm(arm.get("when", ""), _steps(arm["steps"], f"{path}.b{number}.")) for number, arm in arms))


def _split(item: _Fields, path: str) -> plan.Split:
    variants = tuple(
        plan.Variant(arm.get("name", f"v{number + 1}"), read_share(arm["share"]), _steps(arm["steps"], f"{path}.s{number}."))
        for number, arm in enumerate(item["split"])
    )
    return plan.Split(item.get("id", f"at.{path}"), variants)


def _react_to(item: _Fields, path: str) -> plan.ReactTo:
    answers = ((Reaction(name), item[name]) for name in REACTIONS if name in item)
    return plan.ReactTo(
        StepId(item["react_to"]),
        tuple(
            plan.Answer(to, read_duration(answer["after"]), _steps(answer["steps"], f"{path}.{to.value}."))
            for to, answer in answers
        ),
    )


def _offer(item: _Fields, path: str) -> plan.GiveOffer:
    fields = item["offer"]
    kind = next(kind for kind in OfferKind if kind.value in fields)
    said = fields[kind.value]
    offer = Offer(
        kind,
        float(said) if kind in {OfferKind.PERCENT, OfferKind.AMOUNT} else 0.0,
        said if kind is OfferKind.GIFT else "",
        float(fields.get("min_cart", 0)),
    )
    expires = read_duration(fields["expires"]) if "expires" in fields else None
    return plan.GiveOffer(_id(fields, path), offer, fields.get("pool", ""), fields.get("code", ""), expires)


def _audience(item: _Fields, _path: str) -> plan.ChangeAudience:
    ((word, audience),) = item["audience"].items()
    return plan.ChangeAudience(audience, joins=word == "join")


_BUILDERS: dict[str, Callable[[_Fields, str], Step]] = {
    "send": _send,
    "wait": _wait,
    "branch": _branch,
    "react_to": _react_to,
    "split": _split,
    "best_channel": _best_channel,
    "ask_reason": _ask_reason,
    "offer": _offer,
    "audience": _audience,
    "notify_team": lambda item, _: plan.NotifyTeam(item["notify_team"]),
    "chat": _chat,
    "goto_journey": lambda item, _: plan.GotoJourney(item["goto_journey"]),
    "end": lambda _item, _path: plan.End(),
}

"""A plan becomes plain values again, for the editor and for YAML. What the file may leave out is left out."""

from typing import Any, assert_never

import yaml

from wraca.domain.journeys.durations import written_duration
from wraca.domain.journeys.plan import Branch, CartAbandoned, End, Plan, ReactTo, Send, Step, Wait, derived_step_id

_DEFAULTS = Plan("defaults", CartAbandoned(0), ())


def plan_to_data(plan: Plan) -> dict[str, Any]:
    """The journey file as dicts, lists and scalars; reading it gives the same plan."""
    written = {
        "about": plan.about,
        "priority": plan.priority,
        "filters": list(plan.filters),
        "reentry": written_duration(plan.reentry),
        "exit_on": [each.value for each in plan.exit_on],
        "holdout": f"{round(plan.holdout * 100, 2):g}%",
        "min_gap": written_duration(plan.min_gap),
    }
    said = {key: value for key, value in written.items() if getattr(plan, key) != getattr(_DEFAULTS, key)}
    return {"journey": plan.journey, "trigger": {"cart_abandoned": _trigger(plan.trigger)}, **said, "steps": _steps(plan.steps, "")}


def plan_to_yaml(plan: Plan) -> str:
    """The journey file as text."""
    return str(yaml.safe_dump(plan_to_data(plan), sort_keys=False, allow_unicode=True, width=110))


def _trigger(trigger: CartAbandoned) -> dict[str, Any]:
    fields: dict[str, Any] = {"idle": written_duration(trigger.idle)}
    if trigger.idle_at_payment is not None:
        fields["idle_at_payment"] = written_duration(trigger.idle_at_payment)
    if trigger.stages:
        fields["stages"] = [stage.name.lower() for stage in trigger.stages]
    return fields


def _steps(steps: tuple[Step, ...], prefix: str) -> list[dict[str, Any]]:
    return [_step(step, f"{prefix}{number}") for number, step in enumerate(steps)]


def _step(step: Step, path: str) -> dict[str, Any]:
    match step:
        case Send(name, channel, template):
            return {"send": {channel: template} if name == derived_step_id(path) else {"id": str(name), channel: template}}
        case Wait(length):
            return {"wait": written_duration(length)}
        case Branch(arms):
            return {"branch": [
                ({"when": arm.when} if arm.when else {}) | {"steps": _steps(arm.steps, f"{path}.b{number}.")}
                for number, arm in enumerate(arms)
            ]}  # fmt: skip
        case ReactTo(target, answers):
            return {"react_to": str(target)} | {
                answer.reaction.value: {
                    "after": written_duration(answer.after),
                    "steps": _steps(answer.steps, f"{path}.{answer.reaction.value}."),
                }
                for answer in answers
            }
        case End():
            return {"end": True}
        case _:
            assert_never(step)

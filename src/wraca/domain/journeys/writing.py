"""A plan becomes plain values again, for the editor and for YAML. What the file may leave out is left out."""

from typing import Any, assert_never

import yaml

from wraca.domain.journeys import plan, triggers
from wraca.domain.journeys.durations import DAY, written_duration
from wraca.domain.journeys.plan import Plan, Step, derived_step_id
from wraca.domain.journeys.reading import DAYS
from wraca.domain.journeys.triggers import Trigger, trigger_word
from wraca.domain.offers import Offer, OfferKind

_DEFAULTS = Plan("defaults", triggers.CartAbandoned(0), ())


def plan_to_data(plan: Plan) -> dict[str, Any]:
    """The journey file as dicts, lists and scalars; reading it gives the same plan."""
    written = {
        "about": plan.about,
        "priority": plan.priority,
        "filters": list(plan.filters),
        "reentry": written_duration(plan.reentry),
        "exit_on": [each.value for each in plan.exit_on],
        "holdout": written_share(plan.holdout),
        "min_gap": written_duration(plan.min_gap),
        "lost_after": written_duration(plan.lost_after),
    }
    said = {key: value for key, value in written.items() if getattr(plan, key) != getattr(_DEFAULTS, key)}
    trigger = {trigger_word(plan.trigger): _trigger(plan.trigger)}
    return {"journey": plan.journey, "trigger": trigger, **said, "steps": _steps(plan.steps, "")}


def plan_to_yaml(plan: Plan) -> str:
    """The journey file as text."""
    return str(yaml.safe_dump(plan_to_data(plan), sort_keys=False, allow_unicode=True, width=110))


def written_share(share: float) -> str:
    """0.025 -> "2.5%"."""
    return f"{round(share * 100, 2):g}%"


def _trigger(trigger: Trigger) -> dict[str, Any]:
    match trigger:
        case triggers.CartAbandoned():
            return _cart_abandoned(trigger)
        case triggers.CheckoutAbandoned() | triggers.PaymentAbandoned() | triggers.CartKept() | triggers.BrowseAbandoned():
            return _of_times(trigger)
        case triggers.PriceDropped(by):
            return {"by": written_share(by)} if by else {}
        case triggers.LowStock(below):
            return {"below": below}
        case triggers.AudienceJoined(audience):
            return {"audience": audience}
        case triggers.BackInStock() | triggers.OrderPlaced():
            return {}
        case _:
            assert_never(trigger)


def _of_times(
    trigger: triggers.CheckoutAbandoned | triggers.PaymentAbandoned | triggers.CartKept | triggers.BrowseAbandoned,
) -> dict[str, Any]:
    match trigger:
        case triggers.CheckoutAbandoned(idle):
            return {"idle": written_duration(idle)}
        case triggers.PaymentAbandoned(idle, failed):
            return {"idle": written_duration(idle)} | ({} if failed is None else {"idle_if_failed": written_duration(failed)})
        case triggers.CartKept(after):
            return {"after": written_duration(after)}
        case triggers.BrowseAbandoned(idle, views):
            return {"idle": written_duration(idle)} | ({"views": views} if views != 1 else {})
        case _:
            assert_never(trigger)


def _cart_abandoned(trigger: triggers.CartAbandoned) -> dict[str, Any]:
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
        case plan.Send() | plan.BestChannel() | plan.AskReason():
            return _message(step, path)
        case plan.Wait() | plan.WaitUntil() | plan.WaitFor():
            return {"wait": _wait(step)}
        case plan.Branch() | plan.Split() | plan.ReactTo():
            return _fork(step, path)
        case plan.GiveOffer() | plan.ChangeAudience() | plan.NotifyTeam():
            return _deed(step, path)
        case plan.GotoJourney(journey):
            return {"goto_journey": journey}
        case plan.End():
            return {"end": True}
        case _:
            assert_never(step)


def _deed(step: plan.GiveOffer | plan.ChangeAudience | plan.NotifyTeam, path: str) -> dict[str, Any]:
    match step:
        case plan.GiveOffer(name, offer):
            return {"offer": _id(name, path) | _offer(step, offer)}
        case plan.ChangeAudience(audience, joins):
            return {"audience": {"join" if joins else "leave": audience}}
        case plan.NotifyTeam(text):
            return {"notify_team": text}
        case _:
            assert_never(step)


def _id(name: str, path: str) -> dict[str, Any]:
    return {} if name == derived_step_id(path) else {"id": str(name)}


def _message(step: plan.Message, path: str) -> dict[str, Any]:
    match step:
        case plan.Send(name, channel, template):
            if channel == "chat" and name == derived_step_id(path):
                return {"chat": template}
            return {"send": _id(name, path) | {channel: template}}
        case plan.BestChannel(name, choices):
            return {"best_channel": _id(name, path) | {choice.channel: choice.template for choice in choices}}
        case plan.AskReason(name, channel, template, patience):
            waits = {} if patience == 2 * DAY else {"wait": written_duration(patience)}
            return {"ask_reason": _id(name, path) | {channel: template} | waits}
        case _:
            assert_never(step)


def _wait(step: plan.Wait | plan.WaitUntil | plan.WaitFor) -> str | dict[str, Any]:
    match step:
        case plan.Wait(length):
            return written_duration(length)
        case plan.WaitUntil(minute, days):
            until = f"{minute // 60:02}:{minute % 60:02}"
            return {"until": until} | ({"days": [DAYS[day] for day in days]} if days else {})
        case plan.WaitFor(event, at_most):
            return {"for": event, "at_most": written_duration(at_most)}
        case _:
            assert_never(step)


def _fork(step: plan.Fork, path: str) -> dict[str, Any]:
    match step:
        case plan.Branch(arms):
            return {"branch": [
                ({"when": arm.when} if arm.when else {}) | {"steps": _steps(arm.steps, f"{path}.b{number}.")}
                for number, arm in enumerate(arms)
            ]}  # fmt: skip
        case plan.Split(name, variants):
            named = {} if name == f"at.{path}" else {"id": name}
            return named | {"split": [_variant(variant, number, path) for number, variant in enumerate(variants)]}
        case plan.ReactTo(target, answers):
            return {"react_to": str(target)} | {
                answer.reaction.value: {
                    "after": written_duration(answer.after),
                    "steps": _steps(answer.steps, f"{path}.{answer.reaction.value}."),
                }
                for answer in answers
            }
        case _:
            assert_never(step)


def _variant(variant: plan.Variant, number: int, path: str) -> dict[str, Any]:
    named = {} if variant.name == f"v{number + 1}" else {"name": variant.name}
    return {"share": written_share(variant.share)} | named | {"steps": _steps(variant.steps, f"{path}.s{number}.")}


def _offer(step: plan.GiveOffer, offer: Offer) -> dict[str, Any]:
    gives = {OfferKind.FREE_SHIPPING: True, OfferKind.GIFT: offer.text}.get(offer.kind, _number(offer.value))
    written = {offer.kind.value: gives, "pool": step.pool, "code": step.code}
    fields: dict[str, Any] = {name: value for name, value in written.items() if value}
    if step.expires is not None:
        fields["expires"] = written_duration(step.expires)
    if offer.min_cart:
        fields["min_cart"] = _number(offer.min_cart)
    return fields


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value

"""A journey as it is played: its pools of codes have no end, because nobody can say how full they will be."""

import msgspec

from wraca.domain.journeys.plan import Branch, GiveOffer, Plan, ReactTo, Split, Step

_A_CODE = "REPLAY"
_replace = msgspec.structs.replace


def with_endless_pools(plan: Plan) -> Plan:
    """The same journey, whose every offer has a code."""
    return _replace(plan, steps=_all(plan.steps)) if plan.makes_offers else plan


def _all(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(_one(step) for step in steps)


def _one(step: Step) -> Step:
    match step:
        case GiveOffer():
            return _replace(step, pool="", code=step.code or _A_CODE) if step.pool else step
        case Branch(arms):
            return _replace(step, arms=tuple(_replace(arm, steps=_all(arm.steps)) for arm in arms))
        case ReactTo(_, answers):
            return _replace(step, answers=tuple(_replace(answer, steps=_all(answer.steps)) for answer in answers))
        case Split(_, variants):
            return _replace(step, variants=tuple(_replace(variant, steps=_all(variant.steps)) for variant in variants))
        case _:
            return step

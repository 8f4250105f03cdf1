"""A journey drawn as a tree that reads from top to bottom: plain values for the template."""

from typing import assert_never

import msgspec
from django.utils.translation import gettext as _

from wraca.console import formats, words
from wraca.domain.journeys.plan import Branch, CartAbandoned, End, Plan, ReactTo, Send, Step, Wait
from wraca.storage.queries.journeys import StepCount


class Way(msgspec.Struct, frozen=True):
    """One way out of a fork, with what stands behind it."""

    title: str
    detail: str
    nodes: tuple["Node", ...]


class Node(msgspec.Struct, frozen=True):
    """One box. `kind` is "trigger", "send", "wait", "fork", "end"; `template` names the message of a send."""

    kind: str
    title: str
    detail: str = ""
    template: str = ""
    step: str = ""
    counts: StepCount | None = None
    ways: tuple[Way, ...] = ()


def tree(plan: Plan, counts: dict[str, StepCount]) -> tuple[Node, ...]:
    """The whole journey, its trigger first."""
    return (_trigger(plan.trigger), *_nodes(plan.steps, "", plan, counts))


def _trigger(trigger: CartAbandoned) -> Node:
    title = _("A cart is left for %(idle)s") % {"idle": formats.length(trigger.idle)}
    details = []
    if trigger.idle_at_payment is not None:
        details.append(_("at the payment step already after %(idle)s") % {"idle": formats.length(trigger.idle_at_payment)})
    if trigger.stages:
        stages = ", ".join(str(words.STAGES[stage.value]) for stage in trigger.stages)
        details.append(_("only at: %(stages)s") % {"stages": stages})
    return Node("trigger", title, "; ".join(details))


def _nodes(steps: tuple[Step, ...], prefix: str, plan: Plan, counts: dict[str, StepCount]) -> tuple[Node, ...]:
    return tuple(_node(step, f"{prefix}{number}", plan, counts) for number, step in enumerate(steps))


def _node(step: Step, path: str, plan: Plan, counts: dict[str, StepCount]) -> Node:
    match step:
        case Send(name, channel, template):
            kind = words.word(words.CHANNELS, channel)
            return Node("send", words.word(words.TEMPLATES, template), kind, template, str(name), counts.get(str(name)))
        case Wait(length):
            # The first wait does not add to the trigger's: both count from the moment the cart was last used.
            detail = _("counted from when the cart was last used") if plan.places[path].is_first_delay else ""
            return Node("wait", _("Wait %(length)s") % {"length": formats.length(length)}, detail)
        case Branch():
            return _branch(step, path, plan, counts)
        case ReactTo():
            return _react(step, path, plan, counts)
        case End():
            return Node("end", _("The journey ends here"))
        case _:
            assert_never(step)


# The conditions that our own presets use, in plain words; any other is shown as it is written.
def _condition(source: str) -> str:
    known = {
        "person.orders_count > 0": _("Has bought before"),
        "person.orders_count == 0": _("Has never bought"),
    }
    return known.get(source.strip(), source)


def _branch(step: Branch, path: str, plan: Plan, counts: dict[str, StepCount]) -> Node:
    ways = tuple(
        Way(
            _condition(arm.when) if arm.when else _("Everybody else"),
            arm.when,
            _nodes(arm.steps, f"{path}.b{number}.", plan, counts),
        )
        for number, arm in enumerate(step.arms)
    )
    return Node("fork", _("Who is it?"), ways=ways)


def _react(step: ReactTo, path: str, plan: Plan, counts: dict[str, StepCount]) -> Node:
    titles = {"clicked": _("Clicked"), "opened": _("Opened"), "none": _("No reaction")}
    ways = tuple(
        Way(titles[answer.reaction.value], _("%(length)s after the message") % {"length": formats.length(answer.after)},
            _nodes(answer.steps, f"{path}.{answer.reaction.value}.", plan, counts))
        for answer in step.answers
    )  # fmt: skip
    return Node("fork", _("What did the person do with “%(step)s”?") % {"step": step.target}, step=str(step.target), ways=ways)

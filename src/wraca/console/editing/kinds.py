"""What can be put into a journey: every kind of step with one line on what it does, and how a new one begins."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wraca.console.editing.fields import Surroundings
from wraca.console.editing.operations import fresh_id
from wraca.console.editing.places import Content, ids, message_ids


class Kind(msgspec.Struct, frozen=True):
    """`fresh` makes a new step from the ids that are taken and what there is to choose from."""

    name: str
    label: "str | Promise"
    about: "str | Promise"
    fresh: Callable[[set[str], Surroundings], Content]


class Group(msgspec.Struct, frozen=True):
    title: "str | Promise"
    kinds: tuple[Kind, ...]


def _template(known: Surroundings, wish: str) -> str:
    return wish if wish in known.templates else next(iter(known.templates), "")


def _send(taken: set[str], known: Surroundings) -> Content:
    return {"send": {"id": fresh_id(taken, "message"), "email": _template(known, "cart-reminder")}}


def _best_channel(taken: set[str], known: Surroundings) -> Content:
    template = _template(known, "cart-reminder")
    return {"best_channel": {"id": fresh_id(taken, "nudge"), "webpush": template, "email": template}}


def _ask_reason(taken: set[str], known: Surroundings) -> Content:
    return {"ask_reason": {"id": fresh_id(taken, "why"), "email": _template(known, "customer-reason"), "wait": "2d"}}


def _react_to(_taken: set[str], known: Surroundings) -> Content:
    answers = {name: {"after": after, "steps": []} for name, after in (("clicked", "8h"), ("opened", "6h"), ("none", "10h"))}
    return {"react_to": known.messages[-1] if known.messages else "", **answers}


def _split(taken: set[str], _known: Surroundings) -> Content:
    arms = [{"share": "50%", "name": name, "steps": []} for name in "ab"]
    return {"split": arms, "id": fresh_id(taken, "split")}


def _goto_journey(_taken: set[str], known: Surroundings) -> Content:
    return {"goto_journey": next(iter(known.journeys), "")}


def _plain(step: Content) -> Callable[[set[str], Surroundings], Content]:
    return lambda _taken, _known: step


GROUPS = (
    Group(
        _("Messages"),
        (
            Kind("send", _("Send a message"), _("One message over one channel."), _send),
            Kind(
                "best_channel",
                _("Over the best channel"),
                _("One message over the first channel that can reach the person."),
                _best_channel,
            ),
            Kind(
                "ask_reason", _("Ask for the reason"), _("A message that asks why; the journey waits for the answer."), _ask_reason
            ),
            Kind(
                "chat",
                _("Invite to the chat"),
                _("An invitation over the live chat."),
                lambda _taken, known: {"chat": _template(known, "any-questions")},
            ),
        ),
    ),
    Group(
        _("Waiting"),
        (Kind("wait", _("Wait"), _("For a time, until a time of day, or until something happens."), _plain({"wait": "1d"})),),
    ),
    Group(
        _("Forks"),
        (
            Kind(
                "branch",
                _("By a condition"),
                _("Who the person is, and what is in the cart, decides the way."),
                _plain({"branch": [{"when": "person.is_customer", "steps": []}, {"steps": []}]}),
            ),
            Kind("react_to", _("By the reaction"), _("A click, an opening or silence after a message decides."), _react_to),
            Kind("split", _("By chance"), _("A share of the people goes each way, to find out what works."), _split),
        ),
    ),
    Group(
        _("Other acts"),
        (
            Kind(
                "offer",
                _("Give an offer"),
                _("A code for this person, for the messages that follow."),
                lambda taken, _known: {"offer": {"id": fresh_id(taken, "offer"), "percent": 10, "pool": "codes", "expires": "3d"}},
            ),
            Kind(
                "audience",
                _("Change an audience"),
                _("Put the person into an audience, or take them out."),
                _plain({"audience": {"join": "left-carts"}}),
            ),
            Kind("notify_team", _("Tell the team"), _("A note to the shop's own people."), _plain({"notify_team": ""})),
        ),
    ),
    Group(
        _("The end"),
        (
            Kind("goto_journey", _("Go on with another journey"), _("This one ends and that one begins."), _goto_journey),
            Kind("end", _("End here"), _("The journey is over, whatever stands further down."), _plain({"end": True})),
        ),
    ),
)

_BY_NAME = {kind.name: kind for group in GROUPS for kind in group.kinds}


def fresh_step(name: str, content: Content, known: Surroundings, before: tuple[Any, ...]) -> Content:
    """A new step of this kind for the place `before`, with ids that nobody has. Raises LookupError for an unknown kind."""
    earlier = tuple(name for path, name in message_ids(content) if path < before) if before else known.messages
    return _BY_NAME[name].fresh(ids(content), msgspec.structs.replace(known, messages=earlier))


def kind_label(name: str) -> str:
    """The words for a kind of step; the kind itself where nobody knows it."""
    return str(_BY_NAME[name].label) if name in _BY_NAME else name

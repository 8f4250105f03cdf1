"""What an editor of a journey can choose from: the shop's channels, messages, journeys and audiences."""

from django.utils.translation import gettext as _

from wraca.channels.email.library import TEMPLATES
from wraca.console import words
from wraca.console.doors import Visit
from wraca.console.editing import telling
from wraca.console.editing.conditions import COMPARISONS, fields_for, kind_of_field
from wraca.console.editing.fields import CHANNELS, Channel, Surroundings
from wraca.console.editing.places import Content, message_ids
from wraca.console.wiring import wiring
from wraca.storage.queries import choices as stored

_REASONS = ("price", "shipping", "payment", "trust", "question", "not_ready", "elsewhere", "technical", "changed_mind", "other")


def surroundings(visit: Visit, content: Content, journey: str) -> Surroundings:
    """Everything there is, seen from this journey."""
    own = stored.templates(visit.key)
    return Surroundings(
        tuple(Channel(name, words.word(telling.CHANNELS, name), _state(visit, name)) for name in CHANNELS),
        tuple(sorted({*TEMPLATES, *own}, key=lambda name: words.word(words.TEMPLATES, name).casefold())),
        tuple(name for name in stored.journeys(visit.key) if name != journey),
        tuple(name for _path, name in message_ids(content)),
        stored.audiences(visit.key),
        visit.shop.currency,
    )


def _state(visit: Visit, channel: str) -> str:
    register = wiring().register
    if channel not in register.channels:
        return "absent"
    return "ready" if register.connection(visit.key.shop, channel) else "unconnected"


def questions(known: Surroundings) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """(group, ((name, words, kind of value), ...)): what a row of a condition can ask."""
    groups = {"person": _("Person"), "cart": _("Cart"), "message": _("Messages"), "offer": _("Offer"), "reason": _("Reason")}
    asked = [(what, telling.field_label(what), kind_of_field(what)) for what in fields_for(known.messages)]
    return tuple(
        (label, tuple(each for each in asked if each[0].partition(".")[0] == name))
        for name, label in groups.items()
        if any(each[0].partition(".")[0] == name for each in asked)
    )


def comparisons() -> tuple[tuple[str, str, str], ...]:
    """(sign, words, the kinds of value that it fits, apart by blanks)."""
    return tuple(
        (sign, str(label), " ".join(kind for kind, signs in COMPARISONS.items() if sign in signs))
        for sign, label in telling.COMPARISONS.items()
    )


def suggestions(known: Surroundings) -> dict[str, tuple[str, ...]]:
    """Values that make sense, by what is asked."""
    return {
        "cart.stage": ("cart", "contact", "shipping", "payment"),
        "cart.currency": (known.currency,) if known.currency else (),
        "person.gender": ("f", "m"),
        "person.language": ("en", "pl", "bg"),
        "person.audiences": known.audiences,
        "offer.kind": ("percent", "amount", "free_shipping", "gift"),
        "reason.answer": _REASONS,
        "message.reaction": ("none", "opened", "clicked"),
    }

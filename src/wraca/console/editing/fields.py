"""The form of every kind of step, of every trigger and of the journey itself, as plain values for one template.

A field is named by where its value stands inside the step ("send.id", "opened.after"), so that a problem that reading.py tells of
finds its field. said.py reads the same names back.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.console import words
from wraca.console.editing import telling
from wraca.console.editing.conditions import Row, taken_apart
from wraca.console.editing.places import kind_of

_Step: TypeAlias = Mapping[str, Any]
Choices: TypeAlias = tuple[tuple[str, "str | Promise"], ...]

CHANNELS = ("email", "sms", "webpush", "onsite", "chat")
UNITS: Choices = (
    ("m", gettext_lazy("minutes")),
    ("h", gettext_lazy("hours")),
    ("d", gettext_lazy("days")),
    ("w", gettext_lazy("weeks")),
    ("s", gettext_lazy("seconds")),
)


class Channel(msgspec.Struct, frozen=True):
    """A channel that a journey may use. `state`: "ready", "unconnected" (the shop has not set it up), "absent" (not installed)."""

    name: str
    label: str
    state: str


class Surroundings(msgspec.Struct, frozen=True):
    """What there is to choose from."""

    channels: tuple[Channel, ...] = ()
    templates: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()  # ids of this journey's messages
    audiences: tuple[str, ...] = ()
    currency: str = ""


class Field(msgspec.Struct, frozen=True):
    """One question of a form.

    `kind` names its look: text, prose, number, percent, duration, time, choice, several, flag, one_of, ranked, condition,
    conditions, note.
    """

    at: str
    kind: str
    label: str
    value: Any = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    options: tuple["Option", ...] = ()
    must: bool = False
    arm: str = ""  # the path, inside the step, of the arm it belongs to


class Option(msgspec.Struct, frozen=True):
    """One of several ways to answer, with the fields that only it has."""

    key: str
    label: str
    fields: tuple[Field, ...] = ()
    is_chosen: bool = False
    note: str = ""
    link: str = ""  # the channel whose page would mend what the note says


class Condition(msgspec.Struct, frozen=True):
    """A condition as the builder shows it; `rows` is None where only the text can say it."""

    text: str
    rows: tuple[Row, ...] | None
    join: str


def condition(text: object) -> Condition:
    source = str(text or "")
    apart = taken_apart(source)
    return Condition(source, apart.rows if apart else None, apart.join if apart else "&&")


def length(text: object) -> tuple[str, str]:
    """(number, unit) of a duration; its text where it is none, so that what was typed is not lost."""
    said = str(text or "")
    return (said[:-1], said[-1]) if said[:-1].isdigit() and said[-1] in dict(UNITS) else (said, "h")


# --- steps --------------------------------------------------------------------------------------------------------------------


def step_fields(step: Any, known: Surroundings) -> tuple[Field, ...]:  # noqa: ANN401  (a draft may hold anything)
    """The form of this step; nothing for a kind without questions."""
    make = _FORMS.get(kind_of(step))
    return make(step, known) if make else ()


def choices(pairs: Mapping[str, "str | Promise"]) -> tuple[tuple[str, str], ...]:
    return tuple((key, str(label)) for key, label in pairs.items())


def keys_of(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _named(names: tuple[str, ...], now: str, labels: words.Words | None = None) -> tuple[tuple[str, str], ...]:
    """The names to choose from, with the present one even where nobody knows it."""
    all_names = names if not now or now in names else (*names, now)
    return tuple((name, words.word(labels or {}, name)) for name in all_names)


def _template(at: str, now: object, known: Surroundings) -> Field:
    value = str(now or "")
    return Field(at, "choice", _("Message"), value, choices=_named(known.templates, value, words.TEMPLATES), must=True)


def _channel_options(at: str, fields: _Step, known: Surroundings) -> tuple[Option, ...]:
    present = next((name for name in CHANNELS if name in fields), "email")
    shown = [each for each in known.channels if each.state != "absent" or each.name == present] or list(known.channels)
    return tuple(
        Option(
            channel.name,
            channel.label,
            (_template(f"{at}.{channel.name}", fields.get(channel.name), known),),
            channel.name == present,
            _channel_note(channel),
            channel.name if channel.state == "unconnected" else "",
        )
        for channel in shown
    )


def _channel_note(channel: Channel) -> str:
    if channel.state == "unconnected":
        return _("Not connected yet: until it is, nothing goes out over it.")
    return _("This installation does not have this channel.") if channel.state == "absent" else ""


def _id(at: str, now: object) -> Field:
    note = _("Small letters, digits and dashes. Other steps name this one by it.")
    return Field(at, "text", _("Name of this step"), str(now or ""), note)


def duration(at: str, label: str, now: object, help_text: str = "", *, must: bool = False) -> Field:
    return Field(at, "duration", label, length(now), help_text, must=must)


def _send(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    fields = keys_of(step["send"])
    options = _channel_options("send", fields, known)
    return (Field("send", "one_of", _("Over which channel"), options=options), _id("send.id", fields.get("id")))


def _chat(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    return (_template("chat", step["chat"], known),)


def _best_channel(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    fields = keys_of(step["best_channel"])
    order = [key for key in fields if key in CHANNELS]
    options = tuple(
        Option(
            channel.name,
            channel.label,
            (_template(f"best_channel.{channel.name}", fields.get(channel.name), known),),
            channel.name in order,
            _channel_note(channel),
            channel.name if channel.state == "unconnected" else "",
        )
        for channel in sorted(known.channels, key=lambda each: order.index(each.name) if each.name in order else 99)
    )
    note = _("The first of these that can reach the person is used; one they reacted on before goes first.")
    return Field("best_channel", "ranked", _("Channels, the preferred one first"), order, note, options=options), _id(
        "best_channel.id", fields.get("id")
    )


def _ask_reason(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    fields = keys_of(step["ask_reason"])
    return (
        Field("ask_reason", "one_of", _("Over which channel"), options=_channel_options("ask_reason", fields, known)),
        duration("ask_reason.wait", _("Wait for the answer at most"), fields.get("wait", "2d")),
        _id("ask_reason.id", fields.get("id")),
    )


def _wait(step: _Step, known: Surroundings) -> tuple[Field, ...]:  # noqa: ARG001
    wait = step["wait"]
    said = keys_of(wait)
    present = "for" if "for" in said else "until" if isinstance(wait, dict) else "length"
    event = str(said.get("for") or "")
    own = "" if event in telling.SIGNALS else event
    events = (*choices(telling.SIGNALS), ("", _("another event of the shop")))
    options = (
        Option("length", _("for a time"), (duration("wait", _("How long"), wait if present == "length" else "1d", must=True),)),
        Option("until", _("until a time of day"), (
            Field("wait.until", "time", _("Until"), str(said.get("until") or "10:00"), _("Where the person lives."), must=True),
            Field("wait.days", "several", _("Only on these days"), list(said.get("days") or ()), _("None chosen: any day."),
                  choices(telling.DAYS)),
        )),
        Option("for", _("until something happens"), (
            Field("wait.for", "choice", _("What"), event if not own else "", choices=events),
            Field("wait.for.own", "text", _("Name of the event"), own, _("As the shop sends it, such as Quiz Completed.")),
            duration("wait.at_most", _("At most"), said.get("at_most", "3d"), must=True),
        )),
    )  # fmt: skip
    return (Field("wait", "one_of", _("Wait"), options=chosen(options, present)),)


def chosen(options: tuple[Option, ...], key: str) -> tuple[Option, ...]:
    return tuple(msgspec.structs.replace(option, is_chosen=option.key == key) for option in options)


def _branch(step: _Step, known: Surroundings) -> tuple[Field, ...]:  # noqa: ARG001
    arms = [keys_of(arm) for arm in step["branch"] or ()]
    return tuple(
        Field(f"branch.{number}.when", "condition", _("Way %(number)s: who takes it") % {"number": number + 1},
              condition(arm["when"]), arm=f"branch.{number}")
        if "when" in arm else
        Field(f"branch.{number}", "note", _("Way %(number)s: everybody else") % {"number": number + 1}, arm=f"branch.{number}")
        for number, arm in enumerate(arms)
    )  # fmt: skip


def _split(step: _Step, known: Surroundings) -> tuple[Field, ...]:  # noqa: ARG001
    arms = [keys_of(arm) for arm in step["split"] or ()]
    fields = [
        Field("id", "text", _("Name of the split"), str(step.get("id") or ""), _("Who came by before takes the same way again."))
    ]
    for number, arm in enumerate(arms):
        here = f"split.{number}"
        share = str(arm.get("share") or "").removesuffix("%")
        fields += [
            Field(f"{here}.share", "percent", _("Way %(number)s: share of the people") % {"number": number + 1}, share, arm=here),
            Field(f"{here}.name", "text", _("Way %(number)s: its name") % {"number": number + 1}, str(arm.get("name") or "")),
        ]
    return tuple(fields)


def _react_to(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    target = str(step["react_to"] or "")
    fields = [Field("react_to", "choice", _("To which message"), target, choices=_named(known.messages, target), must=True)]
    labels = {
        "clicked": _("Somebody clicked: go on after"),
        "opened": _("Somebody opened it: go on after"),
        "none": _("No reaction: go on after"),
    }
    for name, label in labels.items():
        answer = keys_of(step.get(name))
        after = duration(f"{name}.after", _("Counted from the message"), answer.get("after", "10h"))
        fields.append(Field(name, "flag", label, name in step, options=(Option(name, "", (after,)),)))
    return tuple(fields)


def _offer(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    said = keys_of(step["offer"])
    in_currency = _("In %(currency)s, as the cart counts.") % {"currency": known.currency}
    gives = (
        Option("percent", _("percent off"), (Field("offer.percent", "number", _("Percent"), said.get("percent", 10), must=True),)),
        Option("amount", _("an amount off"), (Field("offer.amount", "number", _("Amount"), said.get("amount", ""), in_currency),)),
        Option("free_shipping", _("free shipping")),
        Option("gift", _("a gift"), (Field("offer.gift", "text", _("What"), said.get("gift", "")),)),
    )
    comes = (
        Option(
            "pool",
            _("single-use codes that were uploaded"),
            (Field("offer.pool", "text", _("Name of the codes"), said.get("pool", "")),),
        ),
        Option("code", _("one code for everybody"), (Field("offer.code", "text", _("Code"), said.get("code", "")),)),
    )
    given = next((option.key for option in gives if option.key in said), "percent")
    return (
        Field("offer", "one_of", _("What it gives"), options=chosen(gives, given)),
        Field("offer.from", "one_of", _("Where the code comes from"), options=chosen(comes, "code" if "code" in said else "pool")),
        duration("offer.expires", _("Ends after"), said.get("expires"), _("Empty: no end. The shop must enforce it.")),
        Field("offer.min_cart", "number", _("Only from a total of"), said.get("min_cart", ""), in_currency),
        _id("offer.id", said.get("id")),
    )


def _audience(step: _Step, known: Surroundings) -> tuple[Field, ...]:  # noqa: ARG001
    said = keys_of(step["audience"])
    options = (
        Option(
            "join",
            _("put the person into"),
            (Field("audience.join", "text", _("Audience"), said.get("join", said.get("leave", ""))),),
        ),
        Option(
            "leave",
            _("take the person out of"),
            (Field("audience.leave", "text", _("Audience"), said.get("leave", said.get("join", ""))),),
        ),
    )
    return (Field("audience", "one_of", _("What"), options=chosen(options, "leave" if "leave" in said else "join")),)


def _notify_team(step: _Step, known: Surroundings) -> tuple[Field, ...]:  # noqa: ARG001
    return (Field("notify_team", "prose", _("Words for the shop's own people"), str(step["notify_team"] or ""), must=True),)


def _goto_journey(step: _Step, known: Surroundings) -> tuple[Field, ...]:
    now = str(step["goto_journey"] or "")
    note = _("This run ends, and that journey begins for the same person, if it is on.")
    return (Field("goto_journey", "choice", _("Which journey"), now, note, _named(known.journeys, now), must=True),)


_FORMS: dict[str, Callable[[_Step, Surroundings], tuple[Field, ...]]] = {
    "send": _send,
    "chat": _chat,
    "best_channel": _best_channel,
    "ask_reason": _ask_reason,
    "wait": _wait,
    "branch": _branch,
    "split": _split,
    "react_to": _react_to,
    "offer": _offer,
    "audience": _audience,
    "notify_team": _notify_team,
    "goto_journey": _goto_journey,
}

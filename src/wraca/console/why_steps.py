"""Why a step that is no plain message or wait did what it did: one sentence per rule of the engine."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.console import formats, words

_Seen = Mapping[str, Any]

_EVENTS: Mapping[str, "str | Promise"] = {
    "clicked": gettext_lazy("a click"),
    "opened": gettext_lazy("an opening"),
    "visit": gettext_lazy("a visit to the shop"),
    "cart_changed": gettext_lazy("a change of the cart"),
    "answered": gettext_lazy("an answer"),
}

_OBJECTIONS: Mapping[str, "str | Promise"] = {
    "not_connected": gettext_lazy("not connected"),
    "suppressed": gettext_lazy("the address must not be written to"),
    "no_address": gettext_lazy("no address known"),
    "no_permission": gettext_lazy("not allowed by the person"),
    "opted_out": gettext_lazy("the person opted out"),
}

_NOT_BEGUN: Mapping[str, "str | Promise"] = {
    "inactive": gettext_lazy("it is not switched on"),
    "running": gettext_lazy("the person is on it already"),
    "reentry": gettext_lazy("the person was on it a short while ago"),
}


def waits_for(seen: _Seen) -> str:
    """A wait that something may end, or a time of day."""
    if "for" in seen:
        return _("Waits for %(event)s until %(until)s at most.") % {"event": _event(seen), "until": _moment(seen, "until")}
    minute = int(seen.get("minute") or 0)
    return _(
        "Waits until %(until)s: the next time that clocks where the person lives (%(zone)s) show %(time)s on a chosen day."
    ) % {
        "until": _moment(seen, "until"),
        "zone": seen.get("timezone", ""),
        "time": f"{minute // 60:02}:{minute % 60:02}",
    }


def waited_until(seen: _Seen) -> str:
    """The time of day has come."""
    minute = int(seen.get("minute") or 0)
    return _("The wait for %(time)s is over.") % {"time": f"{minute // 60:02}:{minute % 60:02}"}


def _event(seen: _Seen) -> str:
    event = str(seen.get("for", ""))
    return str(_EVENTS.get(event, f"“{event}”"))


def _moment(seen: _Seen, name: str) -> str:
    return formats.day_and_time(int(seen.get(name) or 0))


def _unreachable(seen: _Seen) -> str:
    told = [
        f"{words.word(words.CHANNELS, channel)}: {_OBJECTIONS.get(why, why)}"
        for channel, why in (seen.get("objections") or {}).items()
    ]
    return _("No channel can reach the person (%(why)s); the journey goes on without message “%(step)s”.") % {
        "why": "; ".join(told),
        "step": seen.get("step", ""),
    }


def _split(seen: _Seen) -> str:
    return _("Chance put the person into the variant “%(variant)s” (%(share)s of all), and keeps them there.") % {
        "variant": seen.get("variant", ""),
        "share": formats.share(float(seen.get("share") or 0)),
    }


def _offered(seen: _Seen) -> str:
    if not seen.get("has_code"):
        return _("There was no code to give; the journey goes on without an offer.")
    if seen.get("expires_at"):
        return _("The person has a code, good until %(until)s.") % {"until": _moment(seen, "expires_at")}
    return _("The person has a code.")


def _not_begun(seen: _Seen) -> str:
    reason = str(seen.get("reason", ""))
    return _("The other journey did not begin: %(why)s.") % {"why": _NOT_BEGUN.get(reason, reason)}


STEP_RULES: Mapping[str, Callable[[_Seen], str]] = {
    "came": lambda seen: (
        _("What was waited for has come: %(event)s at %(at)s.") % {"event": _event(seen), "at": _moment(seen, "at")}
    ),
    "missed": lambda seen: _("What was waited for did not come: %(event)s.") % {"event": _event(seen)},
    "answered": lambda seen: _("The person answered at %(at)s.") % {"at": _moment(seen, "at")},
    "unanswered": lambda _seen: _("No answer came in time; the journey goes on."),
    "unreachable": _unreachable,
    "split": _split,
    "offers": lambda _seen: _("Looks for a code to give."),
    "offered": _offered,
    "joined": lambda seen: _("Put the person into the audience “%(audience)s”.") % {"audience": seen.get("audience", "")},
    "left": lambda seen: _("Took the person out of the audience “%(audience)s”.") % {"audience": seen.get("audience", "")},
    "told_team": lambda seen: _("Told the team: %(text)s") % {"text": seen.get("text", "")},
    "continues": lambda seen: _("Goes on in the journey “%(journey)s”.") % {"journey": seen.get("journey", "")},
    "not_begun": _not_begun,
    "migrated": lambda seen: (
        _("Moved from version %(old)s of the journey to version %(new)s.")
        % {"old": seen.get("from", ""), "new": seen.get("to", "")}
    ),
}

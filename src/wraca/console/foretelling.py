"""What a forecast says, in words: for the page of one person."""

from collections.abc import Mapping

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wraca.app.forecasting import Foreseen
from wraca.console import formats, words
from wraca.console.why import silence
from wraca.domain.events import Instant
from wraca.domain.journeys.forecast import Ahead

WHY_NOT: Mapping[str, "str | Promise"] = {
    "no_lines": gettext_lazy("the cart is empty"),
    "ordered": gettext_lazy("the person has bought"),
    "before_activation": gettext_lazy("the cart is older than the journey's being switched on"),
    "running": gettext_lazy("the person is on it already"),
    "had_this_cart": gettext_lazy("it has spoken of this cart before"),
    "other_stage": gettext_lazy("the order did not stop where this journey begins"),
    "nothing_new": gettext_lazy("nothing has happened in the cart since the journey last began"),
    "too_old": gettext_lazy("the cart was left too long ago"),
    "filtered": gettext_lazy("the journey's filter does not fit"),
}


class Coming(msgspec.Struct, frozen=True):
    """One message to come. `tone`: "good" goes, "calm" goes to nobody (comparison group), "warm" does not go."""

    when: str
    title: str
    tone: str
    notes: tuple[str, ...]


class Outlook(msgspec.Struct, frozen=True):
    """One journey of the person. `reasons` only where it does not begin."""

    journey: str
    summary: str
    messages: tuple[Coming, ...]
    reasons: tuple[str, ...]


def outlooks(foreseen: tuple[Foreseen, ...], now: Instant) -> list[Outlook]:
    """In the order of the forecast."""
    return [_outlook(one, now) for one in foreseen]


def _outlook(one: Foreseen, now: Instant) -> Outlook:
    course = one.course
    if course is None:
        return Outlook(one.journey, _("does not begin"), (), tuple(str(WHY_NOT[reason.value]) for reason in one.why_not))
    count = len([message for message in course.messages if message.goes])
    said = ngettext("%(count)s message", "%(count)s messages", count) % {"count": count}
    if one.begins_at is None:
        summary = _("under way: %(messages)s to come") % {"messages": said}
    elif one.begins_at <= now:
        summary = _("begins now: %(messages)s") % {"messages": said}
    else:
        summary = _("begins at %(at)s: %(messages)s") % {"at": formats.day_and_time(one.begins_at), "messages": said}
    if one.held_out:
        summary += f" – {_('comparison group: nothing really goes out')}"
    return Outlook(one.journey, summary, tuple(_coming(message) for message in course.messages), ())


def _coming(message: Ahead) -> Coming:
    title = f"{words.word(words.TEMPLATES, message.template)} · {words.word(words.CHANNELS, message.channel)}"
    notes = tuple(silence(reason.value) for reason in message.reasons)
    if message.at is None:
        return Coming(_("when somebody has seen to it"), title, "warm", notes)
    when = formats.day_and_time(message.at)
    if not message.goes:
        return Coming(when, title, "warm", (_("Would not be sent:"), *notes))
    if message.reasons:
        notes = (_("Due %(due)s, later because:") % {"due": formats.day_and_time(message.due)}, *notes)
    return Coming(when, title, "calm" if message.is_ghost else "good", notes)

"""Filters of the console's templates: money, moments, words, pictures of icons."""

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wraca.console import formats, why, words
from wraca.console.doors import Visit
from wraca.console.navigation import Section, sections
from wraca.domain.events import Instant
from wraca.domain.journeys.run import Decision
from wraca.storage.fields import to_datetime

register = template.Library()

register.filter("number", formats.number)
register.filter("share", formats.share)
register.filter("lasting", formats.length)
register.filter("day", formats.day)
register.filter("clock_time", formats.clock_time)
register.filter("reason", why.silence)

_WORDS: Mapping[str, words.Words] = {
    "cart_state": words.CART_STATES,
    "message_state": words.MESSAGE_STATES,
    "message_meaning": words.MESSAGE_MEANINGS,
    "outcome": words.OUTCOMES,
    "role": words.ROLES,
    "role_meaning": words.ROLE_MEANINGS,
    "verdict": words.VERDICTS,
    "purpose": words.PURPOSES,
    "reaction": words.REACTIONS,
    "order_state": words.ORDER_STATES,
    "identity_kind": words.IDENTITY_KINDS,
    "channel": words.CHANNELS,
    "answer_reason": words.REASONS,
    "template": words.TEMPLATES,
}
# How good or bad a state is: colours only repeat what the word says.
_TONES = {
    "ordered": "good", "accepted": "good", "clicked": "good", "abandoned": "warm", "planned": "calm", "retry": "warm",
    "held": "warm", "uncertain": "warm", "rejected": "bad", "skipped": "quiet", "emptied": "quiet", "lost": "quiet",
    "open": "calm", "opened": "calm",
}  # fmt: skip


@register.filter
def word(key: str, kind: str) -> str:
    """`{{ row.state|word:"cart_state" }}`."""
    return words.word(_WORDS[kind], str(key))


@register.filter
def explained(decision: Decision, held_out: bool) -> str:  # noqa: FBT001 -- a filter has one plain argument
    return why.explain(decision, held_out=held_out)


@register.filter
def stage(value: int) -> str:
    return str(words.STAGES.get(int(value), value))


@register.filter
def tone(key: str) -> str:
    return _TONES.get(str(key), "calm")


@register.simple_tag
def money(minor: int | None, currency: str) -> str:
    return formats.money(minor, currency)


@register.simple_tag
def moment(instant: Instant, now: Instant | None = None) -> SafeString | str:
    """A moment in the shop's zone; with `now` as a distance. The exact moment is always in the title."""
    if not instant:
        return "–"
    shown = formats.day_and_time(instant) if now is None else formats.ago(instant, now)
    exact = to_datetime(instant).isoformat().replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, formats.full_moment(instant), shown)


@register.simple_tag(takes_context=True)
def navigation(context: Mapping[str, object]) -> list[Section]:
    """The main navigation for this visitor."""
    visit = context["visit"]
    assert isinstance(visit, Visit)
    return sections(visit, str(context.get("here", "")))


@register.simple_tag(takes_context=True)
def is_here(context: Mapping[str, object], name: str) -> SafeString | str:
    """`aria-current` for the navigation entry of this page."""
    return SafeString('aria-current="page"') if context.get("here") == name else ""

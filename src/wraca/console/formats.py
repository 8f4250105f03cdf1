"""Money, moments and numbers as the reader's language writes them. Language and zone are those Django has active."""

from typing import Literal

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils import timezone
from django.utils.translation import get_language

from wraca.domain.events import Instant
from wraca.domain.journeys.durations import DAY
from wraca.domain.money import Money, major_units
from wraca.storage.fields import to_datetime

_LOCALES = {"en": Locale("en", "GB"), "pl": Locale("pl", "PL"), "bg": Locale("bg", "BG")}


_UNITS: tuple[tuple[Literal["day", "hour", "minute", "second"], int], ...] = (
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
    ("second", 1),
)


def locale() -> Locale:
    """The Babel locale of the active language."""
    return _LOCALES.get((get_language() or "en")[:2], _LOCALES["en"])


def money(minor: int | None, currency: str) -> str:
    """1999, "EUR" -> "€19.99"; a dash where nobody knows the amount."""
    if minor is None:
        return "–"
    value = major_units(Money(minor, currency))
    return format_currency(value, currency, locale=locale()) if currency else format_decimal(value, locale=locale())


def number(value: float) -> str:
    return format_decimal(value, locale=locale())


def share(value: float) -> str:
    """0.127 -> "13%"."""
    return format_percent(value, locale=locale())


def day_and_time(instant: Instant) -> str:
    """A moment such as "21 Nov 2026, 22:51" in the shop's zone; a dash for 0."""
    if not instant:
        return "–"
    local = timezone.localtime(to_datetime(instant))
    return f"{format_date(local, 'd MMM y', locale=locale())}, {format_time(local, 'HH:mm', locale=locale())}"


def full_moment(instant: Instant) -> str:
    """The same to the second, with the name of the zone."""
    return format_datetime(timezone.localtime(to_datetime(instant)), "d MMMM y, HH:mm:ss zzz", locale=locale()) if instant else "–"


def clock_time(instant: Instant) -> str:
    return format_time(timezone.localtime(to_datetime(instant)), "HH:mm", locale=locale())


def day(instant: Instant) -> str:
    """A day such as "Saturday, 21 November"."""
    return format_date(timezone.localtime(to_datetime(instant)), "EEEE, d MMMM", locale=locale())


def short_day(instant: Instant) -> str:
    return format_date(timezone.localtime(to_datetime(instant)), "d MMM", locale=locale())


def length(ms: int) -> str:
    """172_800_000 -> "2 days"; two units where one would lie: "1 hour 30 minutes"."""
    seconds = max(0, ms) // 1000
    parts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            # Babel names 7 days a week unless the unit is held down.
            parts.append(format_timedelta(count * size, granularity=unit, threshold=10**6, locale=locale()))
    return " ".join(parts[:2]) or format_timedelta(0, granularity="minute", threshold=10**6, locale=locale())


def ago(instant: Instant, now: Instant) -> str:
    """A distance: "5 minutes ago", "in 2 hours"; beyond three days the date says more."""
    if not instant:
        return "–"
    if abs(now - instant) > 3 * DAY:
        return day_and_time(instant)
    return format_timedelta((instant - now) // 1000, add_direction=True, granularity="minute", threshold=1.2, locale=locale())

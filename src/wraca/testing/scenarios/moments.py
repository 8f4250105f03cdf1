"""Times in scenarios: `1h30m` after the beginning, or what the clocks of the shop show (`2026-10-25 10:00`)."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from wraca.domain.events import Instant
from wraca.domain.journeys.durations import DAY, HOUR, MINUTE, SECOND, WEEK

_UNITS = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_PART = re.compile(r"([0-9]{1,9})([wdhms])", re.ASCII)
_LENGTH = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_CIVIL = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", re.ASCII)


class BadMoment(ValueError):
    """The text is no time; the message says how to write one."""


def read_length(text: str) -> int:
    """`1d2h30m` in milliseconds. Raises BadMoment."""
    if not _LENGTH.fullmatch(text):
        raise BadMoment(
            f"`{text}` is not a time; write how long after the beginning, like 1h30m, or a civil time, like 2026-10-25 10:00"
        )
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def read_civil(text: str) -> datetime:
    """What the clocks show, without a zone. Raises BadMoment."""
    if not _CIVIL.fullmatch(text):
        raise BadMoment(f"`{text}` is not a time; write it like 2026-10-25 10:00")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"`{text}` is not in the calendar") from None


def civil_instant(text: str, zone: ZoneInfo) -> Instant:
    """When clocks in this zone show it: the first time, where they show it twice. Raises BadMoment."""
    return int(read_civil(text).replace(tzinfo=zone).timestamp() * 1000)


def instant(text: str, begin: Instant, zone: ZoneInfo) -> Instant:
    """The moment that a scenario means. Raises BadMoment."""
    return civil_instant(text, zone) if _CIVIL.fullmatch(text) else begin + read_length(text)


def is_moment(text: str) -> bool:
    """True; raises BadMoment for what is none."""
    return (read_civil(text) if _CIVIL.fullmatch(text) else read_length(text)) is not None


def written_length(length: int) -> str:
    """Milliseconds to the minute: 90061000 -> "1d1h1m"; "0m" where it is less than a minute."""
    minutes, parts = abs(length) // MINUTE, []
    for unit, size in (("d", 1440), ("h", 60), ("m", 1)):
        count, minutes = divmod(minutes, size)
        parts += [f"{count}{unit}"] if count else []
    return ("-" if length < 0 else "") + ("".join(parts) or "0m")


def written_civil(at: Instant, zone: ZoneInfo) -> str:
    """What the clocks there show: "Mon 2026-01-05 11:00"."""
    return datetime.fromtimestamp(at / 1000, zone).strftime("%a %Y-%m-%d %H:%M")

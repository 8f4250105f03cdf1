"""Durations as a merchant writes them (`90s`, `60m`, `10h`, `2d`, `1w`), inside always whole milliseconds."""

import re

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

LONGEST = 90 * DAY  # a journey that sleeps longer than a season was mistyped

_UNITS = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_WRITTEN = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)


class BadDuration(ValueError):
    """The text is no duration, or one that no journey should hold; the message says which, for the merchant."""


def read_duration(text: str) -> int:
    """Milliseconds, from zero to 90 days. Raises BadDuration."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise BadDuration(f"`{text}` is not a duration; write it like 90s, 60m, 10h, 2d or 1w")
    length = int(found[1]) * _UNITS[found[2]]
    if length > LONGEST:
        raise BadDuration(f"{text} is too long; a journey may sleep for 90 days at most")
    return length


def read_positive_duration(text: str) -> int:
    """As `read_duration`, but zero is refused as well."""
    length = read_duration(text)
    if length == 0:
        raise BadDuration(f"{text} is no time at all; leave it out or write a longer one")
    return length


def written_duration(length: int) -> str:
    """Whole seconds of milliseconds in the largest unit that gives a whole number: 86_400_000 -> "1d", 5_400_000 -> "90m"."""
    for unit, size in _UNITS.items():
        if length and length % size == 0:
            return f"{length // size}{unit}"
    return "0m"

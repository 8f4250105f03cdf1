"""When nobody wants a message: nights, Sundays and holidays where the person lives, by channel and country.

Civil time throughout: a night may have an hour more or less, an hour may come twice or not at all. The usual hours are practice of
the trade, named in docs/explain/one-person-many-journeys.md; the merchant's own word goes before them.
"""

import importlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from wraca.domain.arbitration import NEVER
from wraca.domain.events import Instant
from wraca.domain.shop import ChannelManners, Manners

Objection = Literal["quiet_hours", "sunday", "holiday"]

_MINUTE = 60 * 1000
_MORNING = 30 * _MINUTE  # over which the messages of a night are spread
_SUNDAY = 6
_MOST_STEPS = 60  # nights and days to pass before giving up: more than a fortnight


class Custom(msgspec.Struct, frozen=True):
    """What is usual in a country on a channel that rings: quiet from one hour until another, Sundays and holidays free or not."""

    quiet_from: int
    quiet_until: int
    on_sundays: bool
    on_holidays: bool


class Rest(msgspec.Struct, frozen=True):
    """When a channel keeps still for a person. `nights` are hours of the civil day; `country` is the one of the holidays."""

    nights: tuple[tuple[int, int], ...] = ()
    on_sundays: bool = True
    on_holidays: bool = True
    country: str = ""

    @property
    def is_free(self) -> bool:
        """Whether any moment will do."""
        return not self.nights and self.on_sundays and self.on_holidays


_ANYWHERE = Custom(quiet_from=20, quiet_until=9, on_sundays=False, on_holidays=False)
_CUSTOMS: Mapping[str, Custom] = {"US": Custom(quiet_from=21, quiet_until=8, on_sundays=True, on_holidays=True)}
_RINGS = frozenset({"sms", "webpush"})
_COMES_BY = frozenset({"onsite", "chat"})  # seen when the person is there anyway: no hour is wrong
_NOTHING_SAID = ChannelManners()
_FREE = Rest()


def custom_of(channel: str, country: str) -> Custom | None:
    """What is usual on this channel in this country; None: nothing is."""
    return _CUSTOMS.get(country, _ANYWHERE) if channel in _RINGS else None


def rest_of(manners: Manners, channel: str, country: str) -> Rest:
    """When to keep still: the shop's quiet hours, and those of the channel as the merchant has them, else as is usual."""
    if channel in _COMES_BY:
        return _FREE
    said, usual = manners.per_channel.get(channel, _NOTHING_SAID), custom_of(channel, country)
    own = (said.quiet_from, said.quiet_until) if said.quiet_from is not None else usual and (usual.quiet_from, usual.quiet_until)
    nights = [
        (start, end)
        for start, end in ((manners.quiet_from, manners.quiet_until), own or (None, None))
        if start is not None and end is not None and start != end
    ]
    on_sundays = said.on_sundays if said.on_sundays is not None else usual is None or usual.on_sundays
    on_holidays = said.on_holidays if said.on_holidays is not None else usual is None or usual.on_holidays
    if not nights and on_sundays and on_holidays:
        return _FREE
    return Rest(tuple(nights), on_sundays, on_holidays, country)


def objections(rest: Rest, zone: str, at: Instant) -> tuple[Objection, ...]:
    """What stands against this moment; `zone` is an IANA name."""
    return () if rest.is_free else _against(rest, _civil(at, ZoneInfo(zone)))


def next_open(rest: Rest, zone: str, at: Instant, spread: float = 0.0) -> Instant:
    """The first moment from `at` on against which nothing stands; NEVER where there is none within a fortnight.

    Who had to wait does not come in the very first minute: `spread` (0.0-1.0) is their place in the first half hour.
    """
    if rest.is_free:
        return at
    place, moment = ZoneInfo(zone), at
    for _ in range(_MOST_STEPS):
        local = _civil(moment, place)
        if not _against(rest, local):
            break
        moment = max(moment + _MINUTE, _ends(rest, local))
    else:
        return NEVER
    if moment == at:
        return at
    later = moment + int(spread * _MORNING)
    return moment if _against(rest, _civil(later, place)) else later


def _civil(at: Instant, place: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(place)


def _against(rest: Rest, local: datetime) -> tuple[Objection, ...]:
    found: list[Objection] = []
    if any(_is_night(local.hour, *night) for night in rest.nights):
        found.append("quiet_hours")
    if not rest.on_sundays and local.weekday() == _SUNDAY:
        found.append("sunday")
    if not rest.on_holidays and local.date() in holidays_of(rest.country, local.year):
        found.append("holiday")
    return tuple(found)


def _is_night(hour: int, start: int, end: int) -> bool:
    return (hour >= start or hour < end) if start > end else start <= hour < end


def _ends(rest: Rest, local: datetime) -> Instant:
    """When the day, or the night, that stands against this moment is over."""
    ends = [
        local.replace(hour=end, minute=0, second=0, microsecond=0)
        for start, end in rest.nights
        if _is_night(local.hour, start, end)
    ]
    if {"sunday", "holiday"} & set(_against(rest, local)):
        ends.append(local.replace(hour=0, minute=0, second=0, microsecond=0))
    # Civil time: the day after may have 23 or 25 hours, and its midnight may not exist.
    later = [one if one > local else one + timedelta(days=1) for one in ends]
    return max(int(one.astimezone(UTC).timestamp() * 1000) for one in later)


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> frozenset[date]:
    """The public holidays of this country in this year, days off in lieu included; none where nobody wrote them down."""
    # Loaded when first asked for: 11 MB and a third of a second, which shops that only write e-mail need not pay.
    library = importlib.import_module("holidays")
    if country not in library.list_supported_countries(include_aliases=True):
        return frozenset()
    return frozenset(library.country_holidays(country, years=year))

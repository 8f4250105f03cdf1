"""Waiting: for a time to pass, for a time of day where the person lives, for something to happen."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from wraca.domain.events import Instant
from wraca.domain.journeys.plan import Wait, WaitFor, WaitUntil
from wraca.domain.journeys.run import Decision, Facts, Sleep
from wraca.domain.journeys.steps.moves import At, Go, Move, Stop

_DAYS_AHEAD = 8  # every weekday comes within a week, and today may be over already


def wait(at: At, step: Wait) -> Move:
    """The first wait counts from the cart's last activity, a later one from when the step before it was done.

    A wait is done at its own time, not at the later one when somebody looked: delays of the timers do not add up.
    """
    since = first_moment(at.facts) if at.place.is_first_delay else at.run.entered_at
    due = since + step.length
    seen = {"since": since, "length": step.length}
    if at.now < due:
        return Stop(Sleep(due), Decision(at.run.at, "waits", {**seen, "until": due}))
    return Go(at.place.then, max(due, at.run.entered_at), Decision(at.run.at, "waited", seen))


def wait_until(at: At, step: WaitUntil) -> Move:
    """The next such time of day at or after the moment the run came here (for the first wait: the last activity, if later)."""
    since = max(at.run.entered_at, first_moment(at.facts)) if at.place.is_first_delay else at.run.entered_at
    due = next_civil_time(since, step.minute, step.days, at.facts.timezone)
    seen = {"since": since, "minute": step.minute, "days": step.days, "timezone": at.facts.timezone}
    if at.now < due:
        return Stop(Sleep(due), Decision(at.run.at, "waits", {**seen, "until": due}))
    return Go(at.place.then, due, Decision(at.run.at, "waited", seen))


def wait_for(at: At, step: WaitFor) -> Move:
    """Whoever stores what happens wakes the run; what happened before the run came here does not count."""
    since = at.run.entered_at
    until = since + step.at_most
    happened = at.facts.happened.get(step.event, 0)
    seen = {"for": step.event, "since": since}
    if since < happened <= until:
        return Go(at.place.then, happened, Decision(at.run.at, "came", {**seen, "at": happened}))
    if at.now < until:
        return Stop(Sleep(until), Decision(at.run.at, "waits", {**seen, "until": until}))
    return Go(at.place.then, until, Decision(at.run.at, "missed", seen))


def first_moment(facts: Facts) -> Instant:
    """What the first wait of a run counts from."""
    return facts.last_activity if facts.counts_from is None else facts.counts_from


def next_civil_time(since: Instant, minute: int, days: tuple[int, ...], timezone: str) -> Instant:
    """The first instant not before `since` when clocks there show this minute of the day, on one of these days (none: any).

    A time that clocks skip in spring is taken as the moment after the gap; one that they show twice in autumn, as the first of the
    two: no day is left out and none counts twice (trust R32).
    """
    zone = _zone(timezone)
    today = datetime.fromtimestamp(since / 1000, UTC).astimezone(zone).date()
    moments = (
        _instant(today + timedelta(days=ahead), minute, zone) for ahead in range(_DAYS_AHEAD + 1) if _is_on(today, ahead, days)
    )
    return next(moment for moment in moments if moment >= since)


def _is_on(today: date, ahead: int, days: tuple[int, ...]) -> bool:
    return not days or (today + timedelta(days=ahead)).weekday() in days


def _instant(day: date, minute: int, zone: ZoneInfo) -> Instant:
    """A civil time as an instant. Inside a gap, zoneinfo reads the clock of before: the result is the moment after the gap."""
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return int(local.astimezone(UTC).timestamp() * 1000)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")

"""Waiting: until a time of day where the person lives, and for something to happen."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.domain.journeys.durations import DAY, HOUR, MINUTE
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.run import Reaction
from wraca.domain.journeys.steps.waits import next_civil_time
from wraca.testing.play import World, play

ZONES = sorted(available_timezones() - {"localtime"})
WORKDAYS = (0, 1, 2, 3, 4)
_YEARS = (int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2031, 1, 1, tzinfo=UTC).timestamp()))
_SOME_DAYS = st.lists(st.integers(0, 6), unique=True, max_size=3).map(tuple)


def moment(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def until(since: str, time: str, zone: str, days: tuple[int, ...] = ()) -> str:
    """What the clocks in this zone show when the wait is over."""
    hours, minutes = (int(part) for part in time.split(":"))
    at = next_civil_time(moment(since, zone), 60 * hours + minutes, days, zone)
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M%z")


@pytest.mark.parametrize(
    ("since", "time", "zone", "days", "then"),
    [
        ("2026-01-05 09:00", "10:00", "Europe/Warsaw", (), "Mon 2026-01-05 10:00+0100"),
        ("2026-01-05 10:00", "10:00", "Europe/Warsaw", (), "Mon 2026-01-05 10:00+0100"),
        ("2026-01-05 10:01", "10:00", "Europe/Warsaw", (), "Tue 2026-01-06 10:00+0100"),
        ("2026-01-09 18:00", "10:00", "Europe/Sofia", WORKDAYS, "Mon 2026-01-12 10:00+0200"),
        ("2026-01-05 12:00", "10:00", "Europe/Sofia", (0,), "Mon 2026-01-12 10:00+0200"),
        # The clocks go forward at 2 in Warsaw and at 3 in Sofia: what they skip is as late as if they had not been changed.
        ("2027-03-27 12:00", "02:30", "Europe/Warsaw", (), "Sun 2027-03-28 03:30+0200"),
        ("2027-03-27 12:00", "03:30", "Europe/Sofia", (), "Sun 2027-03-28 04:30+0300"),
        ("2027-03-27 12:00", "10:00", "Europe/Warsaw", (), "Sun 2027-03-28 10:00+0200"),
        # They go back: the first of two equal times, and not the second one as well.
        ("2026-10-24 12:00", "02:30", "Europe/Warsaw", (), "Sun 2026-10-25 02:30+0200"),
        ("2026-10-24 12:00", "03:30", "Europe/Sofia", (), "Sun 2026-10-25 03:30+0300"),
        ("2026-10-25 02:31", "02:30", "Europe/Warsaw", (), "Mon 2026-10-26 02:30+0100"),
        ("2026-10-24 12:00", "10:00", "Europe/Sofia", (), "Sun 2026-10-25 10:00+0200"),
    ],
)
def test_the_next_such_time_on_the_clocks_of_the_place(since: str, time: str, zone: str, days: tuple[int, ...], then: str) -> None:
    assert until(since, time, zone, days) == then


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), st.integers(*_YEARS), st.integers(0, 1439), _SOME_DAYS)
def test_in_every_zone_it_is_never_before_never_far_and_shows_the_minute(
    zone: str, second: int, minute: int, days: tuple[int, ...]
) -> None:
    since = second * 1000

    at = next_civil_time(since, minute, days, zone)

    assert since <= at <= since + 8 * DAY
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    assert not days or local.weekday() in days
    if 60 * local.hour + local.minute != minute:  # only where the clocks skip it
        unchanged = local.replace(tzinfo=None, hour=minute // 60, minute=minute % 60).replace(tzinfo=ZoneInfo(zone))
        assert unchanged.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != unchanged.replace(tzinfo=None)
        assert timedelta(0) < local.replace(tzinfo=None) - unchanged.replace(tzinfo=None) <= timedelta(days=1)


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Europe/Sofia"])
@pytest.mark.parametrize("time", [0, 150, 210, 600])
def test_across_both_changes_of_the_clocks_no_day_is_left_out_and_none_counts_twice(zone: str, time: int) -> None:
    for first in ("2026-10-20 12:00", "2027-03-24 12:00"):
        at, moments = moment(first, zone), []
        for _ in range(10):
            at = next_civil_time(at + 1, time, (), zone)
            moments.append(at)
        days = [datetime.fromtimestamp(one / 1000, ZoneInfo(zone)).date() for one in moments]
        assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def test_the_persons_own_clock_counts() -> None:
    plan = journey('{wait: {until: "10:00"}}')

    waits = {zone: play(plan, world=World(timezone=zone)).messages[1][0] for zone in ("UTC", "Europe/Sofia", "America/New_York")}

    # The cart was left at 10:00 UTC and the first message went at 11:00.
    assert waits == {"UTC": 24 * HOUR, "Europe/Sofia": 22 * HOUR, "America/New_York": 5 * HOUR}


def test_an_unknown_zone_is_taken_as_utc() -> None:
    assert next_civil_time(moment("2026-01-05 09:00"), 600, (), "Mars/Olympus") == moment("2026-01-05 10:00")


def journey(step: str) -> Plan:
    """A message, this step, a message."""
    return read_plan(
        "journey: j\ntrigger: {cart_abandoned: {idle: 60m}}\nmin_gap: 0m\nsteps:\n"
        f"  - send: {{id: first, email: a}}\n  - {step}\n  - send: {{id: then, email: b}}\n"
    )


@pytest.mark.parametrize(
    ("signal", "world", "then"),
    [
        ("clicked", World(hits={"first": {Reaction.CLICKED: 5 * HOUR}}), 6 * HOUR),
        ("clicked", World(hits={"first": {Reaction.OPENED: 5 * HOUR}}), 25 * HOUR),
        ("opened", World(hits={"first": {Reaction.CLICKED: 5 * HOUR}}), 6 * HOUR),  # who clicked has opened
        ("visit", World(happens={"visit": (9 * HOUR,)}), 9 * HOUR),
        ("visit", World(happens={"visit": (30 * MINUTE,)}), 25 * HOUR),  # before it was waited for
        ("visit", World(happens={"visit": (26 * HOUR,)}), 25 * HOUR),  # too late
        ("Quiz Completed", World(happens={"Quiz Completed": (3 * HOUR,)}), 3 * HOUR),
        ("Quiz Completed", World(happens={"Quiz Begun": (3 * HOUR,)}), 25 * HOUR),
        ("answered", World(answers=((4 * HOUR, "price"),)), 4 * HOUR),
    ],
)
def test_what_is_waited_for_lets_the_journey_go_on_and_nothing_else_does(signal: str, world: World, then: int) -> None:
    played = play(journey(f'{{wait: {{for: "{signal}", at_most: 24h}}}}'), world=world)

    assert played.messages[1] == (then, "then")

"""The gate by itself: every reason alone, reasons together, and civil time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.consent import Permission
from wraca.domain.gate import Ghost, Hold, Known, Pass, Postpone, Silence, Skip, judge
from wraca.domain.shop import Manners

HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_790_000_000_000
FINE = Known(Permission(is_given=True), deadline=NOW + DAY, feed_at=NOW, feed_limit=HOUR)


def known(**differently: object) -> Known:
    return msgspec.structs.replace(FINE, **differently)


@pytest.mark.parametrize(
    ("differently", "silence"),
    [
        ({"is_ordered": True}, Silence.ORDERED),
        ({"is_erased": True}, Silence.ERASED),
        ({"permission": Permission(is_given=False, objection="opted_out")}, Silence.OPTED_OUT),
        ({"permission": Permission(is_given=False, objection="no_address")}, Silence.NO_ADDRESS),
        ({"permission": Permission(is_given=False, objection="no_permission")}, Silence.NO_PERMISSION),
        ({"suppressed": "hard_bounce"}, Silence.SUPPRESSED),
        ({"is_emptied": True}, Silence.EMPTIED),
        ({"things_to_show": 0}, Silence.NOTHING_TO_SHOW),
        ({"run_ended": True}, Silence.STOPPED),
        ({"deadline": NOW - 1}, Silence.TOO_LATE),
    ],
)
def test_each_of_these_ends_a_message(differently: dict[str, object], silence: Silence) -> None:
    assert judge(known(**differently), NOW) == Skip((silence,))


@pytest.mark.parametrize(
    ("differently", "silence"),
    [
        ({"paused": True}, Silence.PAUSED),
        ({"connected": False}, Silence.NOT_CONNECTED),
        ({"channel_paused_until": NOW + HOUR}, Silence.CHANNEL_PAUSED),
        ({"feed_at": NOW - HOUR - 1}, Silence.FEED_STALE),
        ({"has_moved": True}, Silence.MOVED),
    ],
)
def test_each_of_these_keeps_a_message_waiting(differently: dict[str, object], silence: Silence) -> None:
    answer = judge(known(**differently), NOW)

    assert isinstance(answer, Hold)
    assert answer.reasons == (silence,)
    assert answer.until >= NOW


@pytest.mark.parametrize(
    ("differently", "silence", "until"),
    [
        ({"quiet_at": NOW + 5}, Silence.ACTIVE, NOW + 5),
        ({"last_order_at": NOW - HOUR}, Silence.AFTER_ORDER, NOW + 71 * HOUR),
        ({"sent": (NOW - 2 * HOUR, NOW - HOUR)}, Silence.ENOUGH_TODAY, NOW + 22 * HOUR + 1),
        ({"sent": tuple(NOW - days * DAY for days in (6, 5, 4, 3))}, Silence.ENOUGH_THIS_WEEK, NOW + DAY + 1),
    ],
)
def test_each_of_these_gives_a_message_a_later_time(differently: dict[str, object], silence: Silence, until: int) -> None:
    assert judge(known(**differently), NOW) == Postpone((silence,), until)


def test_what_ends_a_message_goes_before_what_keeps_it_waiting_and_all_reasons_are_told() -> None:
    answer = judge(known(is_ordered=True, suppressed="complained", paused=True), NOW)

    assert answer == Skip((Silence.ORDERED, Silence.SUPPRESSED))


def test_who_is_held_out_must_pass_everything_else_first() -> None:
    assert judge(known(held_out=True), NOW) == Ghost()
    assert judge(known(held_out=True, is_ordered=True), NOW) == Skip((Silence.ORDERED,))
    assert isinstance(judge(known(held_out=True, feed_at=0), NOW), Hold)


def at(zone: str, *civil: int, fold: int = 0) -> int:
    return int(datetime(*civil, tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Europe/Sofia"])
@pytest.mark.parametrize(
    "evening",
    [(2026, 10, 24, 22, 30), (2026, 10, 25, 1, 30), (2027, 3, 27, 22, 30), (2027, 3, 28, 1, 59), (2026, 6, 1, 23, 0)],
)
def test_what_falls_into_the_night_goes_out_in_the_morning_also_when_the_clocks_change(zone: str, evening: tuple[int, ...]) -> None:
    now = at(zone, *evening)
    manners = Manners(quiet_from=21, quiet_until=8)

    answer = judge(known(manners=manners, timezone=zone, deadline=now + DAY, feed_at=now), now)

    assert isinstance(answer, Postpone)
    assert answer.reasons == (Silence.QUIET_HOURS,)
    morning = datetime.fromtimestamp(answer.until / 1000, UTC).astimezone(ZoneInfo(zone))
    assert (morning.hour, morning.minute) == (8, 0)
    assert answer.until - now < 12 * HOUR
    assert judge(known(manners=manners, timezone=zone, deadline=now + DAY, feed_at=answer.until), answer.until) == Pass()


@given(
    zone=st.sampled_from(sorted(available_timezones())),
    now=st.integers(1_700_000_000_000, 1_900_000_000_000),
    start=st.integers(0, 23),
    end=st.integers(0, 23),
    spread=st.floats(0, 1, exclude_max=True),
)
def test_the_night_ends_within_a_day_in_every_zone(zone: str, now: int, start: int, end: int, spread: float) -> None:
    manners = Manners(quiet_from=start, quiet_until=end)
    rest = {"manners": manners, "timezone": zone, "spread": spread}
    looks = 0
    while isinstance(answer := judge(known(**rest, deadline=now + DAY, feed_at=now), now), Postpone):
        assert now < answer.until <= now + 26 * HOUR
        now, looks = answer.until, looks + 1
        assert looks <= 3  # a window shorter than the morning's spread may be met again
    assert answer == Pass()


def test_the_messages_of_a_night_do_not_all_leave_at_eight() -> None:
    manners = Manners(quiet_from=21, quiet_until=8)
    now = at("Europe/Warsaw", 2026, 9, 1, 23, 0)
    minutes = set()
    for number in range(100):
        answer = judge(known(manners=manners, timezone="Europe/Warsaw", deadline=now, feed_at=now, spread=number / 100), now)
        assert isinstance(answer, Postpone)
        minutes.add((answer.until - at("Europe/Warsaw", 2026, 9, 2, 8, 0)) // 60_000)

    assert minutes == set(range(30))

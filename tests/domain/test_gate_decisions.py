"""The gate by itself: every reason alone, reasons together, and civil time."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.arbitration import NEVER, Rival, Told, Turn
from wraca.domain.calendar import next_open, objections, rest_of
from wraca.domain.consent import Permission
from wraca.domain.gate import Ghost, Hold, Known, Pass, Postpone, Silence, Skip, judge
from wraca.domain.ids import CartId
from wraca.domain.shop import ChannelManners, Manners

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOW = 1_790_000_000_000  # Monday 2026-09-21, 14:13:20 UTC
CART = CartId("c")
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
        ({"is_overtaken": True}, Silence.OVERTAKEN),
        ({"connected": False, "may_wait_for_connection": False}, Silence.NOT_CONNECTED),
        ({"channel": "sms", "sent_by_run": 1}, Silence.ENOUGH_ON_CHANNEL),
        ({"turn": Turn("b", 50, CART), "sent": (Told(NOW - HOUR, journey="a", priority=50, cart=CART),)}, Silence.MERGED),
        ({"turn": Turn("b", 50, planned_at=NOW - 8 * DAY), "sent": (Told(NOW, journey="a", priority=50),)}, Silence.OUTRANKED),
        ({"manners": Manners(quiet_from=9, quiet_until=20), "channel": "sms", "country": "PL"}, Silence.QUIET_HOURS),
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
        ({"sent": (Told(NOW - 2 * HOUR), Told(NOW - HOUR))}, Silence.ENOUGH_TODAY, NOW + 22 * HOUR + 1),
        ({"sent": tuple(Told(NOW - days * DAY) for days in (6, 5, 4, 3))}, Silence.ENOUGH_THIS_WEEK, NOW + DAY + 1),
        ({"channel": "sms", "sent": (Told(NOW - HOUR, "sms"),)}, Silence.ENOUGH_ON_CHANNEL, NOW + 23 * HOUR + 1),
        ({"turn": Turn("b", 50), "sent": (Told(NOW - HOUR, journey="a", priority=50),)}, Silence.OUTRANKED, NOW + 5 * HOUR + 1),
        ({"turn": Turn("b", 50, rivals=(Rival(NOW + HOUR, "a", 51),))}, Silence.OUTRANKED, NOW + HOUR + 5 * MINUTE),
    ],
)
def test_each_of_these_gives_a_message_a_later_time(differently: dict[str, object], silence: Silence, until: int) -> None:
    assert judge(known(**differently), NOW) == Postpone((silence,), until)


def test_what_ends_a_message_goes_before_what_keeps_it_waiting_and_all_reasons_are_told() -> None:
    answer = judge(known(is_ordered=True, suppressed="complained", paused=True), NOW)

    assert answer == Skip((Silence.ORDERED, Silence.SUPPRESSED))


def test_a_channel_that_is_not_connected_and_has_no_address_says_both() -> None:
    nowhere = Permission(is_given=False, objection="no_address")

    assert judge(known(connected=False, permission=nowhere), NOW) == Skip((Silence.NOT_CONNECTED, Silence.NO_ADDRESS))


def test_a_more_urgent_message_waits_for_nobody_less_urgent() -> None:
    rivals = (Rival(NOW, "a", 50), Rival(NOW + HOUR, "c", 30))
    turn = Turn("b", 90, CART, rivals=rivals)

    assert judge(known(turn=turn, sent=(Told(NOW - MINUTE, journey="a", priority=50, cart=CART),)), NOW) == Pass()


def test_the_own_messages_of_a_journey_do_not_stand_in_its_way() -> None:
    turn = Turn("a", 50, CART, rivals=(Rival(NOW, "a", 50),))

    assert judge(known(turn=turn, sent=(Told(NOW - MINUTE, journey="a", priority=50, cart=CART),)), NOW) == Pass()


def test_of_equals_only_the_one_that_came_later_keeps_its_distance() -> None:
    waiting, sent = (Rival(NOW, "a", 50),), (Told(NOW, journey="a", priority=50),)

    assert judge(known(turn=Turn("b", 50, rivals=waiting)), NOW) == Pass()
    assert isinstance(judge(known(turn=Turn("b", 50), sent=sent), NOW), Postpone)


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


# --- nights, Sundays and holidays by channel and country ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "country", "civil", "against"),
    [
        ("sms", "PL", (2026, 11, 20, 12, 0), ()),
        ("sms", "PL", (2026, 11, 20, 20, 0), ("quiet_hours",)),
        ("sms", "PL", (2026, 11, 22, 12, 0), ("sunday",)),
        ("sms", "PL", (2026, 11, 11, 12, 0), ("holiday",)),
        ("sms", "BG", (2026, 11, 11, 12, 0), ()),
        ("webpush", "BG", (2026, 3, 3, 8, 59), ("quiet_hours", "holiday")),
        ("sms", "BG", (2026, 9, 7, 12, 0), ("holiday",)),  # Monday, in lieu of a Sunday
        ("sms", "US", (2026, 11, 22, 20, 30), ()),
        ("sms", "US", (2026, 11, 22, 21, 0), ("quiet_hours",)),
        ("sms", "", (2026, 12, 25, 12, 0), ()),  # no country: nobody knows its holidays
        ("email", "PL", (2026, 12, 25, 3, 0), ()),
        ("onsite", "PL", (2026, 12, 27, 3, 0), ()),
    ],
)
def test_what_rings_keeps_the_hours_that_are_usual_in_a_country(
    channel: str, country: str, civil: tuple[int, ...], against: tuple[str, ...]
) -> None:
    assert objections(rest_of(Manners(), channel, country), "Europe/Warsaw", at("Europe/Warsaw", *civil)) == against


def test_what_the_merchant_says_of_a_channel_goes_before_what_is_usual() -> None:
    said = Manners(per_channel={"sms": ChannelManners(3, 5, 0, 0, on_sundays=True, on_holidays=True)})
    kept = Manners(per_channel={"email": ChannelManners(on_sundays=False)})
    sunday = at("Europe/Warsaw", 2026, 11, 22, 12)

    assert rest_of(said, "sms", "PL").is_free
    assert (said.caps_on("sms").per_day, said.caps_on("sms").per_week, said.caps_on("sms").per_run) == (3, 5, 1)
    assert objections(rest_of(kept, "email", "PL"), "Europe/Warsaw", sunday) == ("sunday",)


def test_a_message_of_a_long_holiday_comes_on_the_first_working_morning() -> None:
    friday_night = at("Europe/Sofia", 2026, 4, 9, 21)  # Good Friday to Easter Monday are free in Bulgaria
    answer = judge(
        known(channel="sms", country="BG", timezone="Europe/Sofia", deadline=friday_night, feed_at=friday_night), friday_night
    )

    assert answer == Postpone((Silence.QUIET_HOURS,), at("Europe/Sofia", 2026, 4, 14, 9))


def test_a_cap_that_ends_at_night_is_waited_for_until_the_morning() -> None:
    now = at("Europe/Warsaw", 2026, 11, 24, 12)
    sent = (Told(at("Europe/Warsaw", 2026, 11, 23, 22), "sms"),)
    answer = judge(known(channel="sms", country="PL", timezone="Europe/Warsaw", deadline=now, feed_at=now, sent=sent), now)

    assert answer == Postpone((Silence.ENOUGH_ON_CHANNEL,), at("Europe/Warsaw", 2026, 11, 25, 9))


_ZONES = st.one_of(st.sampled_from(["Europe/Warsaw", "Europe/Sofia"]), st.sampled_from(sorted(available_timezones())))
_CHANGES = (at("UTC", 2026, 10, 25), at("UTC", 2027, 3, 28))
_MOMENTS = st.one_of(
    *(st.integers(change - 2 * DAY, change + 2 * DAY) for change in _CHANGES), st.integers(1_700_000_000_000, 1_900_000_000_000)
)


@given(
    zone=_ZONES,
    now=_MOMENTS,
    channel=st.sampled_from(["email", "sms", "webpush"]),
    country=st.sampled_from(["PL", "BG", "US", "DE", ""]),
    night=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    days=st.tuples(st.booleans(), st.booleans()),
    spread=st.floats(0, 1, exclude_max=True),
)
def test_nothing_is_sent_or_put_off_into_a_time_that_is_kept_free(
    zone: str, now: int, channel: str, country: str, night: tuple[int, int], days: tuple[bool, bool], spread: float
) -> None:
    own = ChannelManners(None, None, *night, *days)
    rest = {"manners": Manners(per_channel={channel: own}), "channel": channel, "country": country, "timezone": zone}
    answer = judge(known(**rest, spread=spread, deadline=now, feed_at=now), now)

    sent = now if answer == Pass() else answer.until  # type: ignore[union-attr]
    local = datetime.fromtimestamp(sent / 1000, UTC).astimezone(ZoneInfo(zone))
    start, end = night
    assert not (start > end and (local.hour >= start or local.hour < end))
    assert not start <= local.hour < end
    assert days[0] or local.isoweekday() != 7
    assert sent - now < 8 * DAY
    assert judge(known(**rest, spread=spread, deadline=sent, feed_at=sent), sent) == Pass()


_NIGHTS = st.tuples(st.integers(0, 23), st.integers(0, 23))


@given(now=_MOMENTS, zone=_ZONES, first=_NIGHTS, second=_NIGHTS)
def test_where_two_nights_leave_an_hour_it_is_found(now: int, zone: str, first: tuple[int, int], second: tuple[int, int]) -> None:
    own = ChannelManners(None, None, *second, on_sundays=True, on_holidays=True)
    manners = Manners(quiet_from=first[0], quiet_until=first[1], per_channel={"sms": own})
    free = {hour for hour in range(24) if not any(_covers(night, hour) for night in (first, second))}

    opens = next_open(rest_of(manners, "sms", "PL"), zone, now)

    assert (opens < NEVER) == bool(free)
    assert not free or opens - now < 3 * DAY


def _covers(night: tuple[int, int], hour: int) -> bool:
    start, end = night
    return start <= hour < end if start <= end else hour >= start or hour < end


# --- the ladder, played -----------------------------------------------------------------------------------------------------------


class Waiting(NamedTuple):
    """A message that waits in the play below."""

    name: str
    priority: int
    due: int
    cart: CartId


def play(waiting: list[Waiting], manners: Manners) -> tuple[dict[str, int], dict[str, Skip]]:
    """When each message went, or why it did not: judged one after the other as they come due, the most urgent first."""
    planned = {one.name: one.due for one in waiting}
    told: list[Told] = []
    sent: dict[str, int] = {}
    skipped: dict[str, Skip] = {}
    for _ in range(5_000):
        if not waiting:
            return sent, skipped
        one = min(waiting, key=lambda each: (each.due, -each.priority, each.name))
        waiting = [each for each in waiting if each is not one]
        rivals = tuple(Rival(each.due, each.name, each.priority) for each in waiting)
        turn = Turn(one.name, one.priority, one.cart, planned[one.name], rivals)
        here = known(turn=turn, sent=tuple(told), manners=manners, deadline=one.due, feed_at=one.due)
        match judge(here, one.due):
            case Pass():
                sent[one.name] = one.due
                told.append(Told(one.due, "email", one.name, one.priority, one.cart))
            case Postpone(until=until):
                assert until > one.due
                waiting.append(one._replace(due=until))
            case Skip() as answer:
                assert answer.reasons
                skipped[one.name] = answer
            case other:
                raise AssertionError(other)
    raise AssertionError(waiting)


_MESSAGES = st.lists(
    st.tuples(st.sampled_from([10, 50, 90]), st.integers(0, 48 * 60), st.sampled_from([CartId("c"), CartId("d"), CartId("")])),
    min_size=1,
    max_size=12,
).map(lambda found: [Waiting(f"j{place}", one[0], NOW + one[1] * MINUTE, one[2]) for place, one in enumerate(found)])
_NO_LIMIT = Manners(per_day=100, per_week=100)


@given(_MESSAGES)
def test_on_the_ladder_every_message_goes_or_says_why(waiting: list[Waiting]) -> None:
    sent, skipped = play(waiting, Manners())

    assert sent.keys() | skipped.keys() == {one.name for one in waiting}
    assert {reason for one in skipped.values() for reason in one.reasons} <= {Silence.MERGED, Silence.OUTRANKED}
    moments = sorted(sent.values())
    assert all(later - first > DAY for first, later in zip(moments, moments[2:], strict=False))


@given(_MESSAGES, st.sampled_from([50, 90]))
def test_on_the_ladder_nobody_urgent_waits_for_anybody_less_urgent(waiting: list[Waiting], least: int) -> None:
    together, apart = play(waiting, _NO_LIMIT), play([one for one in waiting if one.priority >= least], _NO_LIMIT)
    urgent = {one.name for one in waiting if one.priority >= least}

    for both, alone in ((together[0], apart[0]), (together[1], apart[1])):
        assert {name: one for name, one in both.items() if name in urgent} == alone


@given(_MESSAGES)
def test_on_the_ladder_distances_are_kept(waiting: list[Waiting]) -> None:
    sent, _ = play(waiting, _NO_LIMIT)
    priority = {one.name: one.priority for one in waiting}

    for first, at in sent.items():
        for second, later in sent.items():
            if later > at and priority[second] <= priority[first]:
                assert later - at > _NO_LIMIT.between_journeys

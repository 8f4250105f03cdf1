"""Limits hold for every window, whoever asks and whenever; a throttling provider is written to more slowly, then faster again."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.app.pacing import Rules
from wraca.domain.pacing import (
    Limit,
    Limits,
    Pace,
    group_of,
    interval_of,
    is_slow,
    is_throttling,
    rate,
    read_limit,
    read_limits,
    recovered_before,
    slowed,
    take,
    take_trial,
)

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOW = 1_790_000_000_000


@given(
    most=st.integers(1, 200),
    per=st.sampled_from([SECOND, MINUTE, HOUR]),
    seed=st.integers(0, 1 << 30),
    hurry=st.floats(0.1, 20),
)
def test_no_window_ever_holds_more_than_the_limit(most: int, per: int, seed: int, hurry: float) -> None:
    limit, pace, now, granted = Limit(most, per), Pace(), NOW, []
    rng = random.Random(seed)
    for _ in range(600):
        pace, until = take(pace, limit, now)
        if not until:
            granted.append(now)
        now += int(rng.expovariate(hurry * most / per))

    for first, last in zip(granted, granted[most:], strict=False):
        assert last - first >= per - 1  # instants are whole milliseconds


@given(most=st.integers(1, 500), per=st.sampled_from([SECOND, MINUTE, HOUR]))
def test_whoever_comes_back_when_told_is_served(most: int, per: int) -> None:
    limit, pace, now = Limit(most, per), Pace(), NOW
    for _ in range(50):
        pace, until = take(pace, limit, now)
        if until:
            assert now < until <= now + 5 * MINUTE
            now = until


def test_a_limit_is_nearly_used_to_the_full() -> None:
    limit, pace, sent = Limit(20, SECOND), Pace(), 0
    for now in range(NOW, NOW + 10 * SECOND, 5):
        pace, until = take(pace, limit, now)
        sent += not until

    assert 180 <= sent <= 200


def test_without_a_limit_nothing_is_counted() -> None:
    assert take(Pace(), None, NOW) == (Pace(), 0)


def test_a_throttling_answer_halves_the_speed_and_time_brings_it_back() -> None:
    limit = Limit(10, SECOND)
    pace = slowed(Pace(), limit, NOW)

    assert rate(pace, limit, NOW) == 18_000
    assert rate(pace, limit, NOW + MINUTE) == 19_800  # a twentieth of the full speed for each minute
    assert is_slow(pace, limit, NOW + 9 * MINUTE)
    assert not is_slow(pace, limit, NOW + 10 * MINUTE)


def test_answers_that_come_together_count_once_and_later_ones_again() -> None:
    limit = Limit(10, SECOND)
    once = slowed(Pace(), limit, NOW)

    assert slowed(once, limit, NOW + 5 * SECOND) == once
    assert rate(slowed(once, limit, NOW + 31 * SECOND), limit, NOW + 31 * SECOND) == 9_000


@given(answers=st.lists(st.integers(0, HOUR), max_size=30), most=st.integers(1, 100_000), per=st.sampled_from([SECOND, HOUR, DAY]))
def test_however_often_it_is_throttled_a_group_keeps_going_and_recovers(answers: list[int], most: int, per: int) -> None:
    limit, pace, last = Limit(most, per), Pace(), NOW
    for pause in answers:
        last += pause
        pace = slowed(pace, limit, last)
        assert rate(pace, limit, last) >= min(60, limit.per_hour)

    assert not is_slow(pace, limit, last + 21 * MINUTE)
    assert recovered_before(last + 21 * MINUTE) >= pace.slow_at or not pace.slow_rate


def test_a_slowed_group_gets_its_messages_evenly() -> None:
    pace = slowed(Pace(), None, NOW)
    times = []
    for now in range(NOW, NOW + 10 * SECOND, 10):
        pace, until = take(pace, None, now)
        if not until:
            times.append(now)

    assert len(times) == pytest.approx(50, abs=2)  # half of 10 a second
    assert min(later - earlier for earlier, later in pairwise(times)) >= interval_of(pace, None, NOW) - 10


def test_a_domain_on_trial_gets_its_day_s_worth_and_then_waits_for_the_next() -> None:
    pace, start = Pace(), NOW - NOW % DAY
    for number in range(50):
        pace, until = take_trial(pace, 50, start + number)
        assert until == 0

    assert take_trial(pace, 50, start + HOUR) == (pace, start + DAY)
    assert take_trial(pace, 50, start + DAY)[1] == 0
    assert take_trial(Pace(), 0, start) == (Pace(), start + DAY)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("anna@gmail.com", "gmail"),
        ("anna@GoogleMail.com", "gmail"),
        ("anna@yahoo.co.uk", "yahoo"),
        ("anna@hotmail.com", "outlook"),
        ("anna@wp.pl", "wp"),
        ("anna@o2.pl", "wp"),
        ("anna@interia.pl", "interia"),
        ("anna@op.pl", "onet"),
        ("anna@abv.bg", "abv"),
        ("anna@mail.bg", "mail.bg"),
        ("anna@lampka.pl", "lampka.pl"),
    ],
)
def test_mailboxes_of_one_provider_are_one_group(address: str, group: str) -> None:
    assert group_of(address) == group


@pytest.mark.parametrize(
    ("said", "throttles"),
    [
        ("421 4.7.0 [TSS04] Messages temporarily deferred", True),
        ("421 4.7.28 Our system has detected an unusual rate of unsolicited mail", True),
        ("451 4.7.650 The mail server has been temporarily rate limited", True),
        ("421 Too many connections from your host", True),
        ("450 4.7.1 Greylisted, try again in 5 minutes", False),
        ("452 4.2.2 The email account is over quota", False),
        ("451 4.3.0 Temporary local problem", False),
        ("the connection was closed", False),
    ],
)
def test_only_an_answer_about_our_pace_slows_us_down(said: str, throttles: bool) -> None:
    assert is_throttling(said) is throttles


def test_limits_are_read_as_a_merchant_writes_them() -> None:
    assert read_limits("shop 600/m, domain 10/s, Gmail 20 / s, o2 3/s, * 5/s") == Limits(
        Limit(600, MINUTE), Limit(10, SECOND), {"gmail": Limit(20, SECOND), "wp": Limit(3, SECOND), "*": Limit(5, SECOND)}
    )
    assert read_limits("") == Limits()
    assert Rules().is_free
    assert not Rules(read_limits("* 5/s")).is_free


@pytest.mark.parametrize("text", ["20", "0/s", "20/x", "-3/s", "20/s/s", ""])
def test_what_is_no_limit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write for instance 20/s"):
        read_limit(text)

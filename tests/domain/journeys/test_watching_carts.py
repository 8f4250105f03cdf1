"""When a left cart starts a journey."""

from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.events import Stage
from wraca.domain.ids import CartId, PersonId
from wraca.domain.journeys.durations import DAY, HOUR, MINUTE
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.presets import preset
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.watch import Candidate, Start, WatchedCart, watch
from wraca.testing.play import LEFT_AT

SERIES = preset("reaction-series")
CART = WatchedCart(CartId("c"), PersonId("p"), begun_at=LEFT_AT - HOUR, last_activity=LEFT_AT)
ACTIVE = Candidate(SERIES, 3, activated_at=LEFT_AT - DAY)
STARTED = (Start("reaction-series", 3),)


Changed = TypeVar("Changed", bound=msgspec.Struct)


def changed(thing: Changed, **changes: object) -> Changed:
    return msgspec.structs.replace(thing, **changes)


def test_a_cart_starts_its_journey_when_it_was_quiet_for_idle_and_not_a_moment_earlier() -> None:
    assert watch(CART, [ACTIVE], LEFT_AT + HOUR - 1) == ((), LEFT_AT + HOUR)
    assert watch(CART, [ACTIVE], LEFT_AT + HOUR) == (STARTED, None)


def test_a_cart_left_at_payment_is_noticed_earlier() -> None:
    cart = changed(CART, stage=Stage.PAYMENT)

    assert watch(cart, [ACTIVE], LEFT_AT + 19 * MINUTE) == ((), LEFT_AT + 20 * MINUTE)
    assert watch(cart, [ACTIVE], LEFT_AT + 20 * MINUTE) == (STARTED, None)


@pytest.mark.parametrize(
    "cart",
    [
        changed(CART, has_lines=False),
        changed(CART, is_ordered=True),
        changed(CART, begun_at=LEFT_AT - 2 * DAY),  # before the activation
        changed(CART, last_activity=LEFT_AT - 7 * DAY),  # quiet for more than a week
    ],
)
def test_these_carts_start_nothing_and_need_no_other_look(cart: WatchedCart) -> None:
    assert watch(cart, [ACTIVE], LEFT_AT + 2 * HOUR) == ((), None)


@pytest.mark.parametrize(
    "candidate",
    [
        changed(ACTIVE, is_running=True, last_start=LEFT_AT - HOUR),  # the second cart joins the run
        changed(ACTIVE, had_this_cart=True, last_start=LEFT_AT - 3 * DAY),  # each message at most once per cart
        changed(ACTIVE, last_start=LEFT_AT + 1),  # had its turn with that run
    ],
)
def test_a_person_who_has_the_journey_does_not_get_it_again(candidate: Candidate) -> None:
    assert watch(CART, [candidate], LEFT_AT + 2 * HOUR) == ((), None)


def test_a_new_cart_within_the_reentry_time_waits_for_its_end() -> None:
    lately = changed(ACTIVE, last_start=LEFT_AT - 20 * HOUR)

    assert watch(CART, [lately], LEFT_AT + HOUR) == ((), LEFT_AT + 4 * HOUR)
    assert watch(CART, [lately], LEFT_AT + 4 * HOUR) == (STARTED, None)


def test_a_journey_for_some_stages_leaves_the_other_carts_alone() -> None:
    plan = read_plan(
        "journey: late\ntrigger: {cart_abandoned: {idle: 60m, stages: [payment, shipping]}}\nsteps: [{send: {email: a}}]"
    )
    candidate = Candidate(plan, 1, activated_at=0)

    assert watch(CART, [candidate], LEFT_AT + HOUR) == ((), None)
    assert watch(changed(CART, stage=Stage.SHIPPING), [candidate], LEFT_AT + HOUR)[0] == (Start("late", 1),)


def test_the_more_urgent_journey_comes_first() -> None:
    urgent = Candidate(changed(SERIES, journey="urgent", priority=70), 1, activated_at=0)

    starts, _ = watch(CART, [ACTIVE, urgent], LEFT_AT + HOUR)

    assert [start.journey for start in starts] == ["urgent", "reaction-series"]


@pytest.mark.parametrize(("values", "count"), [(None, 1), ({"cart": {"total": 1}}, 1), ({"cart": {"total": 0}}, 0), ({}, 1)])
def test_the_filters_are_asked_where_the_facts_are_known(values: dict[str, object] | None, count: int) -> None:
    assert len(watch(changed(CART, values=values), [ACTIVE], LEFT_AT + HOUR)[0]) == count


@given(
    now=st.integers(-DAY, 20 * DAY),
    stage=st.sampled_from(Stage),
    last_start=st.none() | st.integers(-30 * DAY, 20 * DAY),
    plan=st.sampled_from([SERIES, preset("standard")]),
)
def test_the_next_look_is_always_later_than_now(now: int, stage: Stage, last_start: int | None, plan: Plan) -> None:
    candidate = Candidate(plan, 1, activated_at=0, last_start=None if last_start is None else LEFT_AT + last_start)

    starts, look = watch(changed(CART, stage=stage), [candidate], LEFT_AT + now)

    assert look is None or look > LEFT_AT + now
    assert not (starts and look)

"""The journeys that ship, to the minute (mission A1, A7, A9)."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from wraca.domain.events import Stage
from wraca.domain.journeys.durations import HOUR, MINUTE
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.presets import NoSuchPreset, preset, preset_names, preset_scenarios, preset_text
from wraca.domain.journeys.run import Facts, Outcome, Reaction
from wraca.domain.journeys.triggers import CartAbandoned
from wraca.testing.play import LEFT_AT, World, left_alone, play

STANDARD = preset("standard")
SERIES = preset("reaction-series")
OPENED, CLICKED = Reaction.OPENED, Reaction.CLICKED


def customer(_elapsed: int) -> Facts:
    return Facts(LEFT_AT, 60 * MINUTE, values={"cart": {"total": 49.99}, "person": {"orders_count": 2}})


def whom_it_is_for(name: str) -> Callable[[int], Facts]:
    """Somebody with an address, unless the journey is for those who have none."""
    person = {"orders_count": 1, "has_email": name != "anonymous", "has_phone": False}
    values = {"cart": {"total": 4999, "payment_failed": False}, "person": person}
    return lambda _: Facts(LEFT_AT, 60 * MINUTE, values=values)


def in_hours(messages: tuple[tuple[int, str], ...]) -> list[tuple[float, str]]:
    return [(elapsed / HOUR, step) for elapsed, step in messages]


def test_the_standard_journey_writes_after_an_hour_and_two_days_later() -> None:
    played = play(STANDARD)

    assert in_hours(played.messages) == [(1, "reminder"), (49, "second")]
    assert played.outcome is Outcome.COMPLETED


def test_a_visitor_who_does_nothing_hears_after_ten_hours_and_two_days_after_that() -> None:
    assert in_hours(play(SERIES).messages) == [(1, "first"), (11, "silent2"), (59, "silent3")]


def test_a_visitor_who_opened_hears_after_six_hours_and_a_day_after_that() -> None:
    world = World(hits={"first": {OPENED: 20 * MINUTE}})

    assert in_hours(play(SERIES, world=world).messages) == [(1, "first"), (7, "opened2"), (31, "opened3")]


def test_a_visitor_who_clicked_hears_after_eight_hours_and_a_day_after_that() -> None:
    world = World(hits={"first": {OPENED: 20 * MINUTE, CLICKED: 21 * MINUTE}})

    assert in_hours(play(SERIES, world=world).messages) == [(1, "first"), (9, "clicked2"), (33, "clicked3")]


def test_a_customer_hears_after_a_day_and_two_days_after_that() -> None:
    assert in_hours(play(SERIES, customer).messages) == [(1, "c1"), (25, "c2"), (73, "c3")]


@pytest.mark.parametrize(
    ("hits", "second"),
    [
        ({OPENED: 7 * HOUR}, (8, "opened2")),  # later than its time: at once
        ({CLICKED: 9 * HOUR}, (10, "clicked2")),
        ({OPENED: 5 * HOUR, CLICKED: 7 * HOUR}, (7, "opened2")),  # the answer of 6 h had already been taken
        ({OPENED: 1 * HOUR, CLICKED: 5 * HOUR}, (9, "clicked2")),  # the stronger one was known by then
        ({CLICKED: 7 * HOUR}, (9, "clicked2")),
        ({OPENED: 6 * HOUR}, (7, "opened2")),
        ({OPENED: 11 * HOUR}, (11, "silent2")),  # `none` has closed the question
    ],
)
def test_the_strongest_reaction_known_at_the_time_of_an_answer_decides(hits: dict[Reaction, int], second: tuple[int, str]) -> None:
    assert in_hours(play(SERIES, world=World(hits={"first": hits})).messages)[1] == second


@pytest.mark.parametrize("plan", [STANDARD, SERIES])
@pytest.mark.parametrize("bought_at", [61 * MINUTE, 8 * HOUR, 30 * HOUR])
def test_a_purchase_ends_the_journey_at_once(plan: Plan, bought_at: int) -> None:
    def bought(elapsed: int) -> Facts:
        return Facts(LEFT_AT, 60 * MINUTE, ordered=elapsed >= bought_at, values=left_alone(0).values)

    played = play(plan, bought, World(wakes=(bought_at,)))

    assert played.outcome is Outcome.ORDERED
    assert played.ended_at == bought_at
    assert all(elapsed < bought_at for elapsed, _ in played.messages)


def test_a_cart_left_at_payment_starts_early_but_is_not_written_to_before_the_hour() -> None:
    assert SERIES.trigger.idle_at(Stage.PAYMENT) == 20 * MINUTE
    assert play(SERIES).messages[0][0] == HOUR


@pytest.mark.parametrize("plan", [STANDARD, SERIES])
@pytest.mark.parametrize(("cart", "is_written_to"), [({"total": 49.99}, True), ({}, True), ({"total": 0.0}, False)])
def test_a_free_cart_gets_nothing_but_one_without_known_prices_does(
    plan: Plan, cart: dict[str, object], is_written_to: bool
) -> None:
    played = play(plan, lambda _: Facts(LEFT_AT, 60 * MINUTE, values={"cart": cart, "person": {"orders_count": 0}}))

    assert bool(played.messages) is is_written_to


def test_the_presets_are_listed_and_show_their_own_text() -> None:
    assert len(preset_names()) == 14
    assert not [name for name in preset_names() if "test" in name]
    for name in preset_names():
        assert preset_text(name).startswith(f"journey: {name}\nabout: ")
        assert preset_scenarios(name)
    for asked in (preset_text, preset_scenarios):
        with pytest.raises(NoSuchPreset, match=r"there are anonymous, back-in-stock, .*, win-back"):
            asked("nothing")


def test_the_presets_name_exactly_the_templates_that_ship() -> None:
    assert [send.template for send in STANDARD.sends] == ["cart-reminder", "cart-second"]
    assert sorted(send.template for send in SERIES.sends) == sorted([
        "customer-first", "customer-help", "customer-reason", "visitor-first", "how-we-work", "others-and-faq",
        "extra-benefit", "any-questions", "how-are-you", "time-runs-out",
    ])  # fmt: skip


@pytest.mark.parametrize("name", preset_names())
def test_no_reminder_of_a_cart_comes_within_the_hour_unless_its_effect_is_measured(name: str) -> None:
    """Early reminders can cost sales: only a running comparison can tell whether they do here."""
    plan = preset(name)
    by_email = [at for (at, _), channel in zip(play(plan).messages, play(plan).channels, strict=True) if channel == "email"]
    if isinstance(plan.trigger, CartAbandoned) and by_email and by_email[0] < HOUR:
        assert plan.holdout >= 0.2
    assert plan.holdout >= 0.1


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_ends_and_gives_its_letters_time(name: str) -> None:
    plan = preset(name)

    played = play(plan, whom_it_is_for(name))

    assert played.outcome is Outcome.COMPLETED
    assert all(later - earlier >= plan.min_gap for (earlier, _), (later, _) in pairwise(played.messages))


@pytest.mark.parametrize("name", preset_names())
def test_no_preset_outlives_the_carts_it_waits_for(name: str) -> None:
    """What stands in the file after its cart is given up would never be done."""
    plan = preset(name)

    assert play(plan, whom_it_is_for(name)).ended_at < max(plan.lost_after, plan.trigger.idle_at(Stage.CART) + plan.lost_after // 2)


def test_the_presets_do_not_compete_for_the_same_moment_with_the_same_urgency() -> None:
    ladder = {name: preset(name).priority for name in preset_names()}

    assert ladder["payment-rescue"] > ladder["high-value"] > ladder["standard"] > ladder["anonymous"] > ladder["browse"]
    assert ladder["standard"] == ladder["quick"] == ladder["reaction-series"] == ladder["when-to-remind"]  # choose one

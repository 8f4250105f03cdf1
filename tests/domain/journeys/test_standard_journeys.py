"""The journeys that ship, to the minute (mission A1, A7, A9)."""

import pytest

from wraca.domain.journeys.durations import DAY, HOUR, MINUTE
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.presets import NoSuchPreset, preset, preset_names, preset_text
from wraca.domain.journeys.run import Facts, Outcome, Reaction
from wraca.testing.play import LEFT_AT, World, left_alone, play

STANDARD = preset("standard")
SERIES = preset("reaction-series")
OPENED, CLICKED = Reaction.OPENED, Reaction.CLICKED


def customer(_elapsed: int) -> Facts:
    return Facts(LEFT_AT, 60 * MINUTE, values={"cart": {"total": 49.99}, "person": {"orders_count": 2}})


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
    assert SERIES.trigger.idle_at_payment == 20 * MINUTE
    assert play(SERIES).messages[0][0] == HOUR


@pytest.mark.parametrize("plan", [STANDARD, SERIES])
@pytest.mark.parametrize(("cart", "is_written_to"), [({"total": 49.99}, True), ({}, True), ({"total": 0.0}, False)])
def test_a_free_cart_gets_nothing_but_one_without_known_prices_does(
    plan: Plan, cart: dict[str, object], is_written_to: bool
) -> None:
    played = play(plan, lambda _: Facts(LEFT_AT, 60 * MINUTE, values={"cart": cart, "person": {"orders_count": 0}}))

    assert bool(played.messages) is is_written_to


def test_the_presets_are_listed_and_show_their_own_text() -> None:
    assert preset_names() == ("reaction-series", "standard")
    assert preset_text("standard").startswith("journey: standard\n")
    with pytest.raises(NoSuchPreset, match="there are reaction-series, standard"):
        preset_text("nothing")


def test_the_presets_name_exactly_the_templates_that_ship() -> None:
    assert [send.template for send in STANDARD.sends] == ["cart-reminder", "cart-second"]
    assert sorted(send.template for send in SERIES.sends) == sorted([
        "customer-first", "customer-help", "customer-reason", "visitor-first", "how-we-work", "others-and-faq",
        "extra-benefit", "any-questions", "how-are-you", "time-runs-out",
    ])  # fmt: skip


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_waits_at_least_a_day_for_its_last_word(name: str) -> None:
    assert play(preset(name)).messages[-1][0] > DAY

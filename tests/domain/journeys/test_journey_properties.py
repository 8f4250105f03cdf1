"""What must never happen, whatever the journey and whatever the person does."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.journeys.authors import files
from wraca.domain.events import Stage
from wraca.domain.journeys.durations import DAY, HOUR, LONGEST, MINUTE, SECOND, read_duration, written_duration
from wraca.domain.journeys.plan import AskReason, BestChannel, Plan, Send, doors_of
from wraca.domain.journeys.problems import BadPlan
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.run import Facts, Outcome, Reaction
from wraca.domain.journeys.writing import plan_to_data, plan_to_yaml
from wraca.testing.play import LEFT_AT, World, play

QUICK = settings(max_examples=80, deadline=None)
REACTIONS = st.sampled_from([Reaction.OPENED, Reaction.CLICKED])


plans = files().map(lambda file: read_plan(json.dumps(file)))


def _message_names(plan: Plan) -> list[str]:
    return [send.id for send in plan.sends]


@st.composite
def stories(draw: st.DrawFn) -> tuple[Plan, World, dict[str, Any]]:
    """A plan, what the person and the machines do with it, and what happens in the shop."""
    plan = draw(plans)
    after = st.integers(0, 3 * DAY)
    happens: dict[str, Any] = {
        "activity": sorted({0, *draw(st.lists(st.integers(0, 10 * DAY), max_size=3))}),
        "ordered_at": draw(st.none() | st.integers(0, 10 * DAY)),
        "total": draw(st.sampled_from([50, 5000])),
    }
    outage = draw(st.integers(0, 5 * DAY))
    world = World(
        hits=draw(st.dictionaries(st.sampled_from(_message_names(plan)), st.dictionaries(REACTIONS, after))),
        wakes=tuple(happens["activity"]) + (() if happens["ordered_at"] is None else (happens["ordered_at"],)),
        settles_after=draw(st.sampled_from([0, 3 * SECOND, 20 * MINUTE])),
        unsent=frozenset(draw(st.lists(st.sampled_from(_message_names(plan)), max_size=2))),
        outages=draw(st.sampled_from([(), ((outage, outage + 2 * DAY),)])),
    )
    return plan, world, happens


def _facts(plan: Plan, happens: dict[str, Any], elapsed: int) -> Facts:
    bought_at = happens["ordered_at"]
    return Facts(
        last_activity=LEFT_AT + max(when for when in happens["activity"] if when <= max(elapsed, 0)),
        idle=plan.trigger.idle_at(Stage.CART),
        ordered=bought_at is not None and elapsed >= bought_at,
        values={"cart": {"total": happens["total"]}, "person": {"orders_count": happens["total"] % 3}},
    )


@QUICK
@given(stories())
def test_no_message_twice_none_after_a_purchase_none_too_close_and_none_into_an_active_cart(
    story: tuple[Plan, World, dict[str, Any]],
) -> None:
    plan, world, happens = story

    played = play(plan, lambda elapsed: _facts(plan, happens, elapsed), world)

    # `play` itself raises on a second send of a step and on a sleep into the past.
    names = [step for _, step in played.messages]
    assert len(names) == len(set(names))
    bought_at = happens["ordered_at"]
    assert bought_at is None or all(elapsed < bought_at for elapsed, _ in played.messages)
    reached = [elapsed for elapsed, step in played.messages if step not in world.unsent]
    assert all(later - earlier >= plan.min_gap for earlier, later in pairwise(reached))
    for elapsed, _ in played.messages:
        assert not any(elapsed - plan.trigger.idle_at(Stage.CART) < when <= elapsed for when in happens["activity"] if when)


@QUICK
@given(stories())
def test_the_same_story_is_told_the_same_way(story: tuple[Plan, World, dict[str, Any]]) -> None:
    plan, world, happens = story

    first, second = (play(plan, lambda elapsed: _facts(plan, happens, elapsed), world) for _ in range(2))

    assert msgspec.json.encode(first) == msgspec.json.encode(second)


@QUICK
@given(plans)
def test_a_person_left_alone_comes_to_the_end_of_every_journey(plan: Plan) -> None:
    played = play(plan, lambda _: Facts(LEFT_AT, values={"cart": {"total": 1}, "person": {"orders_count": 0}}))

    assert played.outcome in {Outcome.COMPLETED, Outcome.CONTINUED}


@QUICK
@given(files())
def test_a_plan_survives_being_written_and_read(file: dict[str, Any]) -> None:
    plan = read_plan(json.dumps(file))

    again = read_plan(plan_to_yaml(plan))

    assert again == plan
    assert plan_to_data(again) == plan_to_data(plan)


@QUICK
@given(plans)
def test_every_path_of_a_plan_leads_to_a_step_or_out(plan: Plan) -> None:
    for place in plan.places.values():
        assert {place.then, *place.doors.values()} - {""} <= set(plan.places)
        assert len(place.doors) == len(doors_of(place.step))
    behind_the_first = {path for path in plan.places if int(path.split(".")[0]) > _first_message(plan)}
    assert not [path for path in behind_the_first if plan.places[path].is_first_delay]  # a message takes time


def _first_message(plan: Plan) -> int:
    """The place of the first message that every run sends."""
    return next(number for number, step in enumerate(plan.steps) if isinstance(step, Send | AskReason | BestChannel))


@QUICK
@given(files(), st.data())
def test_a_gap_in_a_good_file_is_refused(file: dict[str, Any], data: st.DataObject) -> None:
    lists = _step_lists(file["steps"])
    data.draw(st.sampled_from(lists)).clear()

    with pytest.raises(BadPlan):
        read_plan(json.dumps(file))


@settings(QUICK, max_examples=40)
@given(files(reacting=True))
def test_a_circle_in_a_good_file_is_refused(file: dict[str, Any]) -> None:
    reactions = [item for steps in _step_lists(file["steps"]) for item in steps if "react_to" in item]
    answer = next(reactions[0][name] for name in ("clicked", "opened", "none") if name in reactions[0])
    answer["steps"].insert(0, {"send": {"id": "circle", "email": "b"}})
    reactions[0]["react_to"] = "circle"

    with pytest.raises(BadPlan, match="that is a circle"):
        read_plan(json.dumps(file))


def _step_lists(steps: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """This list of steps and every list inside it."""
    inner = [arm["steps"] for item in steps for fork in ("branch", "split") for arm in item.get(fork, ())]
    inner += [item[name]["steps"] for item in steps for name in ("clicked", "opened", "none") if name in item]
    return [steps, *(each for found in inner for each in _step_lists(found))]


@given(st.integers(0, LONGEST // SECOND))
def test_a_duration_survives_being_written_and_read(seconds: int) -> None:
    assert read_duration(written_duration(seconds * SECOND)) == seconds * SECOND
    assert read_duration("1d") == 24 * HOUR

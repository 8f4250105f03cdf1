"""Runs that wait for somebody or something, and those that lead to other journeys; on both databases."""

import json

import pytest

from wraca.app.intake import take_in
from wraca.domain.events import Event, Line, LineAdded, Other
from wraca.domain.ids import EventId, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World, identities

_TRAILS = Statement("testing_trails", "select trail from decision where bucket = :bucket order by turn")


def journey(trigger: str, more: str = "", steps: str = "[{send: {email: word}}]") -> str:
    return f"journey: tested\ntrigger: {trigger}\nholdout: 0%\n{more}\nsteps: {steps}\n"


def test_an_event_of_the_shops_own_wakes_whoever_waits_for_it(database: Database) -> None:
    steps = "[{wait: {for: Quiz Completed, at_most: 3d}}, {send: {email: word}}]"
    world = World(database, journey=journey("{cart_abandoned: {idle: 60m}}", steps=steps))
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    event = Event(EventId(derived_id("quiz")), "Quiz Completed", world.now, world.now, Other(), identities("anna"))
    take_in(database, world.bucket, [(world.shop, (event,))], world.now, world.register.idle)
    world.pass_time(hours=2)
    assert world.letters == [("anna@example.com", "word")]


def test_two_journeys_that_lead_to_each_other_do_not_go_round(database: Database) -> None:
    first = journey("{cart_abandoned: {idle: 60m}}", "reentry: 30d", "[{send: {email: word}}, {goto_journey: other}]")
    other = journey(
        "{cart_abandoned: {idle: 60m, stages: [payment]}}", steps="[{wait: 2d}, {send: {email: more}}, {goto_journey: tested}]"
    ).replace("journey: tested", "journey: other", 1)
    world = World(database, journey=first)
    world.put_journey(other)
    world.leaves_cart("anna")
    world.pass_time(days=3)
    assert [(run.journey, run.outcome) for run in world.runs] == [("tested", "continued"), ("other", "continued")]
    assert [template for _, template in world.letters] == ["word", "more"]


@pytest.mark.parametrize("word", ["visit", "cart_changed"])
def test_a_run_that_waits_for_the_person_goes_on_when_they_come(database: Database, word: str) -> None:
    steps = f"[{{wait: {{for: {word}, at_most: 5d}}}}, {{notify_team: came}}, {{wait: 9d}}]"
    world = World(database, journey=journey("{cart_abandoned: {idle: 60m}}", steps=steps))
    world.leaves_cart("anna")
    world.pass_time(hours=5)
    assert [run.at for run in world.runs] == ["0"]
    if word == "visit":
        world.looks_at("anna", "chair")
    else:
        world.happens(LineAdded(Line("chair", 1, 100, trusted=True), currency="PLN"), *identities("anna"))
    world.work()
    assert [run.at for run in world.runs] == ["2"]


def test_a_journey_that_is_switched_off_is_not_gone_on_with_and_that_is_told(database: Database) -> None:
    steps = "[{send: {email: word}}, {goto_journey: other}]"
    world = World(database, journey=journey("{cart_abandoned: {idle: 60m}}", steps=steps))
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    assert [run.outcome for run in world.runs] == ["continued"]
    with database.read() as tx:
        trails = [json.loads(row[0]) for row in tx.all(_TRAILS, bucket=world.bucket)]
    assert trails[-1][-1]["rule"] == "not_begun"
    assert trails[-1][-1]["seen"] == {"reason": "inactive"}

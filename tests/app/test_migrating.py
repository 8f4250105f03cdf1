"""Runs under way go over to a newer version when the merchant says so, and only those that can."""

import pytest

from wraca.app.migrating import Group, Migration, Obstacle, migrate, obstacle
from wraca.domain.ids import StepId
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.reading import read_plan
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World, standard_journey

_VERSIONS = Statement("testing_run_versions", "select version, outcome from run where bucket = :bucket order by id")
_TRAILS = Statement("testing_migrated", "select trail from decision where bucket = :bucket order by run_id, turn")
_ADD_VERSION = Statement(
    "testing_second_version",
    """insert into journey_version (bucket, shop_id, name, version, source, created_at, author)
       values (:bucket, :shop, 'standard', 2, :source, :now, '')""",
)

NEWER = standard_journey().replace("- wait: 2d", "- wait: 1d")


def save(world: World, source: str) -> None:
    """Version 2 of the standard journey; those under way stay on the first."""
    read_plan(source)
    with world.database.write() as tx:
        tx.run(_ADD_VERSION, bucket=world.bucket, shop=world.shop, source=source, now=world.now)


def move(world: World, *, dry: bool = False) -> Migration:
    return migrate(world.register, world.shop, "standard", 2, world.now, dry=dry)


def versions(world: World) -> list[int]:
    with world.database.read() as tx:
        return [version for version, _outcome in tx.all(_VERSIONS, bucket=world.bucket)]


def test_whoever_is_moved_follows_the_new_version_from_where_they_stand(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    save(world, NEWER)

    assert move(world, dry=True).moved == 1
    assert versions(world) == [1]
    assert move(world).moved == 1
    assert versions(world) == [2]

    world.pass_time(hours=22)
    assert world.letters == [("anna@example.com", "cart-reminder")]
    world.pass_time(hours=2)
    assert world.letters == [("anna@example.com", "cart-reminder"), ("anna@example.com", "cart-second")]


def test_moving_twice_moves_nobody_and_sends_nothing_twice(database: Database) -> None:
    world = World(database)
    for name in ("anna", "ben", "cleo"):
        world.leaves_cart(name)
    world.pass_time(hours=2)
    save(world, NEWER)

    assert move(world).moved == 3
    assert move(world) == Migration({})
    world.pass_time(days=4)
    assert sorted(world.letters) == sorted(
        (f"{name}@example.com", kind) for name in ("anna", "ben", "cleo") for kind in ("cart-reminder", "cart-second")
    )


def test_a_run_that_ended_stays_what_it_was(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(days=4)
    save(world, NEWER)

    assert move(world) == Migration({})
    assert versions(world) == [1]


def test_a_run_whose_message_the_new_version_does_not_know_stays(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    save(world, NEWER.replace("id: reminder", "id: hello"))

    assert move(world) == Migration({Group(1, "2", Obstacle.UNKNOWN_MESSAGE): 1})
    assert versions(world) == [1]


def test_the_move_is_told_among_the_decisions(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    save(world, NEWER)
    move(world)

    with world.database.read() as tx:
        trails = [str(trail) for (trail,) in tx.all(_TRAILS, bucket=world.bucket)]
    assert sum("migrated" in trail for trail in trails) == 1


def test_more_runs_than_one_page_all_go(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wraca.app.migrating.PAGE", 2)
    world = World(database)
    for number in range(5):
        world.leaves_cart(f"guest{number}")
    world.pass_time(hours=2)
    save(world, NEWER)

    assert move(world, dry=True).moved == 5
    assert move(world).moved == 5
    assert versions(world) == [2] * 5


def plan(steps: str) -> Plan:
    return read_plan(f"journey: x\ntrigger: {{cart_abandoned: {{idle: 60m}}}}\nsteps: {steps}\n")


OLD = "[{send: {id: a, email: a}}, {react_to: a, none: {after: 1h, steps: [{wait: 1d}]}}, {send: {id: b, email: b}}]"


@pytest.mark.parametrize(
    ("steps", "at", "sent", "answer"),
    [
        (OLD, "0", (), None),
        (OLD.replace("1d", "2d"), "1.none.0", ("a",), None),
        (OLD.replace("email: b", "email: c"), "2", ("a",), None),
        (OLD.replace("id: b", "id: c"), "2", ("a",), Obstacle.OTHER_STEP),
        (OLD.replace("wait: 1d", "notify_team: Look"), "1.none.0", ("a",), Obstacle.OTHER_STEP),
        ("[{send: {id: a, email: a}}]", "2", ("a",), Obstacle.NO_STEP),
        (OLD.replace("none:", "opened:"), "1.none.0", ("a",), Obstacle.NO_STEP),
        ("[{wait: 1d}, {send: {id: z, email: a}}]", "0", ("a",), Obstacle.OTHER_STEP),
        (OLD.replace("react_to: a", "react_to: z").replace("id: a", "id: z"), "1", ("a",), Obstacle.OTHER_STEP),
        (OLD.replace("react_to: a", "react_to: z").replace("id: a", "id: z"), "1.none.0", ("a",), Obstacle.UNKNOWN_MESSAGE),
    ],
)
def test_a_run_goes_where_the_same_step_stands(steps: str, at: str, sent: tuple[str, ...], answer: Obstacle | None) -> None:
    assert obstacle(at, [StepId(step) for step in sent], plan(OLD), plan(steps)) == answer

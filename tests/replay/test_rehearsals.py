"""A dry run in the background: started, watched, stopped and forgotten, on either engine."""

import threading
import time
from collections.abc import Callable

import msgspec
import pytest

from wraca.app import rehearsals
from wraca.app.register import Register
from wraca.app.rehearsals import Occupied, Rehearsed
from wraca.domain.journeys.presets import preset
from wraca.storage.database import Database
from wraca.testing.world import DAY, World

PLAN = preset("standard")
SOONER = msgspec.structs.replace(preset("reaction-series"), journey="sooner")


def lived(database: Database) -> World:
    world = World(database)
    world.leaves_cart("anna")
    world.leaves_cart("ben")
    world.pass_time(hours=3)
    world.buys("ben")
    world.pass_time(days=3)
    return world


def ended(world: World, name: str) -> Rehearsed:
    """The dry run once it is over; it is played in real time."""
    for _ in range(1000):
        found = rehearsals.read(world.database, world.shop, name, world.now)
        assert found is not None
        if found.state != "running":
            return found
        time.sleep(0.01)
    raise AssertionError("the dry run did not end")


def test_a_dry_run_in_the_background_ends_with_its_report(database: Database) -> None:
    world = lived(database)

    name = rehearsals.start(world.register, world.shop, [PLAN], 7, "Ola", world.now)
    done = ended(world, name)

    assert (done.state, done.problem, done.progress, done.asked.who, done.asked.days) == ("done", "", 1.0, "Ola", 7)
    assert done.played is not None
    assert done.played.comparison is None
    assert (done.played.reports[0].carts, done.played.reports[0].messages) == (2, 3)


def test_two_journeys_are_compared_person_by_person(database: Database) -> None:
    world = lived(database)

    played = ended(world, rehearsals.start(world.register, world.shop, [PLAN, SOONER], 7, "", world.now)).played

    assert played is not None
    assert played.comparison is not None
    assert (played.comparison.one, played.comparison.other) == ("standard", "sooner")
    assert sum(people.count for people in played.comparison.people.values()) == 2
    assert played.comparison.people["more"].count == 1  # Anna: a third message
    assert len(played.comparison.people["more"].examples) == 1


def test_a_shop_plays_one_at_a_time_and_anybody_may_stop_it(database: Database) -> None:
    world = lived(database)
    going_on = threading.Event()
    register, nap = hurried(world), lambda _: going_on.wait(10)

    name = rehearsals.start(register, world.shop, [PLAN], 7, "", world.now, nap)
    with pytest.raises(Occupied):
        rehearsals.start(register, world.shop, [PLAN], 7, "", world.now)

    assert rehearsals.stop(world.database, world.shop, name, world.now)
    going_on.set()
    assert ended(world, name).state == "stopped"
    assert not rehearsals.stop(world.database, world.shop, name, world.now)
    ended(world, started_when_free(lambda: rehearsals.start(world.register, world.shop, [PLAN], 7, "", world.now)))


def test_a_process_that_died_leaves_a_dry_run_that_counts_as_stopped(database: Database) -> None:
    world = lived(database)
    going_on = threading.Event()
    name = rehearsals.start(hurried(world), world.shop, [PLAN], 7, "", world.now, lambda _: going_on.wait(10))

    later = rehearsals.read(world.database, world.shop, name, world.now + DAY)

    assert later is not None
    assert later.state == "stopped"
    going_on.set()
    ended(world, name)


def test_what_fails_is_told_and_after_a_day_forgotten(database: Database) -> None:
    world = lived(database)

    def broken(_: float) -> None:
        raise ZeroDivisionError("by nobody")

    name = rehearsals.start(hurried(world), world.shop, [PLAN], 7, "", world.now, broken)
    failed = ended(world, name)

    assert (failed.state, failed.problem) == ("failed", "ZeroDivisionError: by nobody")
    assert rehearsals.forget_rehearsals(world.database, world.bucket, world.now + DAY - 1) == 0
    assert rehearsals.forget_rehearsals(world.database, world.bucket, world.now + DAY + 1) == 1
    assert rehearsals.read(world.database, world.shop, name, world.now) is None


def hurried(world: World) -> Register:
    """A register whose clock goes on by a second each time somebody looks: every play has to rest, and to say that it lives."""
    moments = iter(range(world.now, world.now + 10**9, 1000))
    return Register(world.database, {"email": world.channel}, world.seal, lambda: next(moments))


def started_when_free(start: Callable[[], str]) -> str:
    """A thread that was stopped gives its place back a moment later."""
    for _ in range(500):
        try:
            return start()
        except Occupied:
            time.sleep(0.01)
    raise AssertionError("no place became free")

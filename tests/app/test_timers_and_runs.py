"""The way of a cart through its journey, on both databases and a virtual clock."""

import re

import pytest

from wraca.app.working import play_again
from wraca.domain.events import Line, LineAdded, LineRemoved, OrderState
from wraca.domain.ids import HitId
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import DAY, HOUR, MINUTE, World, identities, standard_journey

_DAMAGE = Statement("testing_damage", "update journey_version set source = 'nonsense' where bucket = :bucket and name = :name")
_REPAIR = Statement("testing_repair", "update journey_version set source = :source where bucket = :bucket and name = :name")
_PARKED = Statement("testing_parked", "select kind, problem from parked where bucket = :bucket")
_WAKE_ALL = Statement("testing_wake_all", "update timer set due_at = :now where bucket = :bucket")
_HIT = Statement(
    "testing_hit",
    """insert into hit (bucket, shop_id, id, message_id, person_id, purpose, at, verdict, reason, body)
       values (:bucket, :shop, :id, :message, :person, :purpose, :at, :verdict, 'test', '{}')""",
)

REACTING = """
journey: reacting
trigger: {cart_abandoned: {idle: 60m}}
reentry: 24h
steps:
  - send: {id: first, email: first}
  - react_to: first
    opened: {after: 6h, steps: [{send: {id: opened, email: opened}}]}
    clicked: {after: 8h, steps: [{send: {id: clicked, email: clicked}}]}
    none: {after: 10h, steps: [{send: {id: nothing, email: nothing}}]}
"""


def test_a_cart_left_alone_gets_its_reminder_after_an_hour_and_a_second_one_two_days_later(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")

    world.pass_time(minutes=59)
    assert world.letters == []

    world.pass_time(minutes=2)
    assert world.letters == [("anna@example.com", "cart-reminder")]

    world.pass_time(days=3)
    assert world.letters == [("anna@example.com", "cart-reminder"), ("anna@example.com", "cart-second")]
    assert [run.outcome for run in world.runs] == ["completed"]
    assert {message.state for message in world.outbox} == {"accepted"}


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        (0.5, OrderState.COMPLETED),
        (1, OrderState.PAID),
        (1.5, OrderState.ON_HOLD),
        (30, OrderState.PENDING),
        (49, OrderState.COMPLETED),
    ],
)
def test_whoever_buys_at_any_point_hears_nothing_more(database: Database, hours: float, state: OrderState) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=hours)
    before = len(world.letters)

    world.buys("anna", state)
    world.pass_time(days=4)

    assert len(world.letters) == before
    assert all(run.outcome in {"ordered", "completed"} for run in world.runs)


@pytest.mark.parametrize("state", [OrderState.FAILED, OrderState.CANCELLED])
def test_an_order_that_came_to_nothing_is_no_purchase(database: Database, state: OrderState) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(minutes=30)

    world.buys("anna", state)
    world.pass_time(days=1)

    assert world.letters == [("anna@example.com", "cart-reminder")]


def test_whoever_comes_back_to_the_shop_is_left_alone_until_the_cart_is_quiet_again(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(minutes=50)
    world.leaves_cart("anna", product="shade")

    world.pass_time(minutes=50)
    assert world.letters == []

    world.pass_time(minutes=11)
    assert world.letters == [("anna@example.com", "cart-reminder")]


def test_an_emptied_cart_ends_the_journey(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=2)

    world.happens(LineRemoved(Line("lamp")), *identities("anna"))
    world.pass_time(days=4)

    assert world.letters == [("anna@example.com", "cart-reminder")]
    assert [run.outcome for run in world.runs] == ["emptied"]


def test_a_cart_from_before_the_journey_was_switched_on_is_left_alone(database: Database) -> None:
    world = World(database)
    world.happens(LineAdded(Line("lamp", 1, 100, trusted=True)), *identities("anna"), at=world.now - MINUTE)
    world.leaves_cart("anna", product="shade")

    world.pass_time(days=5)

    assert world.runs == []


def test_who_is_held_out_gets_every_ghost_and_no_letter(database: Database) -> None:
    world = World(database, journey=standard_journey(holdout="100%"))
    world.leaves_cart("anna")

    world.pass_time(days=4)

    assert world.letters == []
    assert [(message.step, message.state, message.reasons) for message in world.outbox] == [
        ("reminder", "skipped", ("holdout",)),
        ("second", "skipped", ("holdout",)),
    ]
    assert all(message.sending_at is not None for message in world.outbox)


@pytest.mark.parametrize(("purpose", "answer"), [("open", "opened"), ("click", "clicked"), ("restore", "clicked")])
def test_a_human_reaction_decides_how_the_journey_goes_on(database: Database, purpose: str, answer: str) -> None:
    world = World(database, journey=REACTING)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    _hit(world, purpose, "human")

    world.pass_time(hours=20)

    assert [template for _, template in world.letters] == ["first", answer]


@pytest.mark.parametrize("verdict", ["machine", "unknown"])
@pytest.mark.parametrize("purpose", ["open", "click", "restore", "preferences"])
def test_what_is_no_human_reaction_changes_nothing(database: Database, purpose: str, verdict: str) -> None:
    world = World(database, journey=REACTING)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    for _ in range(3):
        _hit(world, purpose, verdict)

    world.pass_time(hours=20)

    assert [template for _, template in world.letters] == ["first", "nothing"]


def _hit(world: World, purpose: str, verdict: str) -> None:
    message = world.outbox[0]
    with world.database.write() as tx:
        row: dict[str, object] = {"bucket": world.bucket, "shop": world.shop, "person": message.person, "message": message.id}
        name = HitId(f"{len(purpose):02x}{int(world.now):030x}")
        world.now += MINUTE
        tx.run(_HIT, id=name, purpose=purpose, verdict=verdict, at=world.now, **row)


def test_one_run_that_cannot_be_decided_is_parked_and_the_others_go_on(database: Database) -> None:
    broken = _for_those_who_are_called("D", standard_journey()).replace("journey: standard", "journey: broken")
    world = World(database, journey=_for_those_who_are_called("S", standard_journey()))
    world.put_journey(broken)
    for name in ("dan", "dora", "dunya", "sam", "sonya", "stefan"):
        world.leaves_cart(name)
    world.pass_time(minutes=61)
    assert len(world.runs) == 6
    with database.write() as tx:
        tx.run(_DAMAGE, bucket=world.bucket, name="broken")
    world.register = world.new_register()  # as a process that starts with the damage done
    world.sender = world.new_sender()

    world.now += 3 * DAY
    world.work_timers_until_done()

    with database.read() as tx:
        parked = tx.all(_PARKED, bucket=world.bucket)
    assert len(parked) >= 3
    assert {kind for kind, _ in parked} <= {"run", "cart"}
    assert world.next_moment() is not None
    sound = {run.id for run in world.runs if run.journey == "standard"}
    assert sorted(message.step for message in world.outbox if message.run in sound) == ["reminder"] * 3 + ["second"] * 3

    with database.write() as tx:
        tx.run(_REPAIR, bucket=world.bucket, name="broken", source=broken)
    world.register.forget()
    assert play_again(world.register, world.bucket, world.now) == len(parked)
    world.work_timers_until_done()
    with database.read() as tx:
        assert tx.all(_PARKED, bucket=world.bucket) == []


def _for_those_who_are_called(initial: str, journey: str) -> str:
    """The journey for these people alone: two that speak of one cart would be merged."""
    return re.sub(r"filters: .*", f"""filters: ['person.first_name.startsWith("{initial}")']""", journey)


def test_a_timer_that_fires_too_often_does_no_harm(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    for _ in range(20):
        world.pass_time(minutes=7)
        with database.write() as tx:
            tx.run(_WAKE_ALL, bucket=world.bucket, now=world.now)
        world.work()

    assert world.letters == [("anna@example.com", "cart-reminder")]


def test_after_a_day_without_any_worker_what_is_too_late_is_not_sent(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=0.9)

    world.now += 26 * HOUR  # nobody worked
    world.work()

    assert world.letters == []
    assert [message.reasons for message in world.outbox] == [("too_late",)]

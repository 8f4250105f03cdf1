"""The gate in its transaction, on both databases: races with people and with other workers."""

import threading

import pytest

from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, HOUR, MINUTE, World, identities

_SUPPRESS = Statement(
    "testing_suppress",
    """insert into suppression (bucket, shop_id, channel, address_hash, reason, at)
       values (:bucket, :shop, 'email', :hash, :reason, :now)""",
)
_PAUSE_SHOP = Statement("testing_pause_shop", "update shop set paused_at = :at where bucket = :bucket and id = :shop")

MANY_JOURNEYS = """
journey: number-{number}
trigger: {{cart_abandoned: {{idle: 60m}}}}
reentry: 24h
holdout: 0%
steps:
  - send: {{id: only, email: only}}
"""


def a_message_is_due(database: Database, **row: object) -> World:
    world = World(database, shop=ShopRow(**row) if row else None)  # type: ignore[arg-type]
    world.leaves_cart("anna")
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    assert [message.state for message in world.outbox] == ["planned"]
    return world


def claimed(world: World) -> list[object]:
    return list(world.sender._claim(world.bucket, world.now, 10))


def then_judged(world: World, messages: list[object]) -> None:
    ready = world.sender._gate(world.bucket, messages, world.now)  # type: ignore[arg-type]
    assert ready == []


def test_a_suppression_between_claim_and_gate_wins(database: Database) -> None:
    world = a_message_is_due(database)
    messages = claimed(world)

    hashed = world.seal.address_hash(world.shop, "email", "anna@example.com")
    with database.write() as tx:
        tx.run(_SUPPRESS, bucket=world.bucket, shop=world.shop, hash=hashed, reason="complained", now=world.now)
    then_judged(world, messages)

    assert [(one.state, one.reasons) for one in world.outbox] == [("skipped", ("suppressed",))]


def test_a_purchase_between_claim_and_gate_wins(database: Database) -> None:
    world = a_message_is_due(database)
    messages = claimed(world)

    world.buys("anna")
    then_judged(world, messages)

    assert [(one.state, one.reasons) for one in world.outbox] == [("skipped", ("ordered",))]


def test_a_message_whose_person_turned_out_to_be_another_is_judged_again_as_theirs(database: Database) -> None:
    world = World(database)
    guest = Identity(IdentityKind.ANONYMOUS, "browser-1"), Identity(IdentityKind.EMAIL, "anna@example.com")
    world.leaves_cart("zoe")
    world.happens(LineAdded(Line("lamp", 1, 100, name="Lamp", trusted=True), currency="PLN"), guest[0])
    world.happens(Identified(), *guest, consents=(Consent("email", given=True),))
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    messages = claimed(world)
    assert len(messages) == 2

    world.happens(Identified(first_name="Anna"), *identities("anna"), guest[0])
    world.sender._gate(world.bucket, messages, world.now)  # type: ignore[arg-type]
    moved = [one for one in world.outbox if one.reasons == ("moved",)]
    assert [one.state for one in moved] == ["held"] or moved == []
    world.pass_time(hours=3)

    assert ("anna@example.com", "cart-reminder") in world.letters


def test_who_is_in_the_shop_just_now_is_not_written_to_although_the_message_was_planned(database: Database) -> None:
    world = a_message_is_due(database)

    world.leaves_cart("anna", product="shade")
    world.sender.send_due(world.bucket, world.now)
    assert [(one.state, one.reasons) for one in world.outbox] == [("planned", ("active",))]

    world.pass_time(minutes=61)
    assert world.letters == [("anna@example.com", "cart-reminder")]


def test_while_the_shop_is_silent_nothing_goes_out_and_then_only_who_did_not_buy_gets_mail(database: Database) -> None:
    world = World(database)
    for name in ("anna", "boris"):
        world.leaves_cart(name)
    world.pass_time(minutes=45)
    world.work()  # a heartbeat
    world.feed_is_silent = True

    world.pass_time(hours=3)
    assert world.letters == []
    assert {one.reasons for one in world.outbox} == {("feed_stale",)}

    world.buys("boris")  # reported late
    world.feed_is_silent = False
    world.pass_time(minutes=5)

    assert world.letters == [("anna@example.com", "cart-reminder")]


def test_a_shop_that_stays_silent_lets_its_messages_expire(database: Database) -> None:
    world = a_message_is_due(database)
    world.feed_is_silent = True
    world.now += 20 * MINUTE

    world.sender.send_due(world.bucket, world.now)
    assert [one.state for one in world.outbox] == ["held"]
    world.now += DAY + HOUR
    world.sender.send_due(world.bucket, world.now)

    assert [(one.state, one.reasons) for one in world.outbox] == [("skipped", ("too_late",))]


def test_a_paused_shop_keeps_its_messages(database: Database) -> None:
    world = a_message_is_due(database)
    with database.write() as tx:
        tx.run(_PAUSE_SHOP, bucket=world.bucket, shop=world.shop, at=world.now)
    world.register.forget()

    world.sender.send_due(world.bucket, world.now)
    assert [(one.state, one.reasons) for one in world.outbox] == [("held", ("paused",))]

    with database.write() as tx:
        tx.run(_PAUSE_SHOP, bucket=world.bucket, shop=world.shop, at=None)
    world.register.forget()
    world.pass_time(minutes=2)
    assert len(world.letters) == 1


def test_the_night_is_kept(database: Database) -> None:
    world = a_message_is_due(database, settings={"manners": {"quiet_from": 16, "quiet_until": 9}})

    world.sender.send_due(world.bucket, world.now)
    (message,) = world.outbox
    assert message.reasons == ("quiet_hours",)
    assert message.deadline_at == message.due_at + DAY

    world.pass_time(hours=24)
    assert len(world.letters) == 1


@pytest.mark.slow
def test_twenty_workers_with_a_hundred_journeys_tell_a_person_of_one_cart_once(database: Database) -> None:
    world = World(database, slots=1)
    for number in range(99):
        world.put_journey(MANY_JOURNEYS.format(number=number))
    world.leaves_cart("anna")
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    assert len(world.outbox) == 100

    register = world.new_register()
    register.connection(world.shop, "email")
    workers = [world.new_sender(register) for _ in range(20 if database.dialect == "postgresql" else 4)]
    threads = [threading.Thread(target=worker.send_due, args=(world.bucket, world.now, 5)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while world.sender.send_due(world.bucket, world.now):
        pass

    assert len(world.letters) == 1
    assert {one.reasons for one in world.outbox if one.state != "accepted"} == {("merged",)}

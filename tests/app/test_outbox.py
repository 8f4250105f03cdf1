"""From the outbox to the channel: every answer of the other side, every fault of ours, dead workers and slow ones."""

from itertools import pairwise

import pytest

from wraca.app import composing, sending
from wraca.app.sending import Sender
from wraca.ports.channel import Blocked, Misconfigured, Outgoing, Refused, TemplateProblem, Unavailable
from wraca.storage.database import Database, DatabaseBusy
from wraca.testing.world import DAY, HOUR, MINUTE, World


def shop_with_message_due(database: Database, *people: str, slots: int = 1) -> World:
    world = World(database, slots=slots)
    for name in people or ("anna",):
        world.leaves_cart(name)
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    return world


def raising(problem: Exception) -> "object":
    def mishap(message: Outgoing) -> None:
        raise problem

    return mishap


def states(world: World) -> list[tuple[str, tuple[str, ...]]]:
    return [(message.state, message.reasons) for message in world.outbox]


def test_what_cannot_be_reached_is_tried_again_ever_more_rarely_until_it_is_no_longer_useful(database: Database) -> None:
    world = shop_with_message_due(database)
    tries: list[int] = []

    def away(message: Outgoing) -> None:
        tries.append(world.now)
        raise Unavailable("no_connection", retry_after=60)

    world.channel.mishap = away
    world.pass_time(days=2)

    assert states(world)[0] == ("rejected", ("no_connection", "expired"))
    assert 8 <= len(tries) <= 40
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert min(pauses) >= MINUTE
    assert max(pauses) <= 2 * HOUR + MINUTE
    assert tries[-1] - tries[0] <= DAY
    assert len({message.id for message in world.outbox if message.step == "reminder"}) == 1


def test_a_bad_address_is_never_written_to_again(database: Database) -> None:
    world = shop_with_message_due(database)
    world.channel.mishap = raising(Refused("no_such_mailbox", "550 5.1.1", hard=True))  # type: ignore[assignment]
    world.pass_time(minutes=1)
    world.channel.mishap = None

    world.pass_time(days=4)

    assert world.suppressions == ["hard_bounce"]
    assert world.letters == []
    assert states(world) == [("rejected", ("no_such_mailbox",)), ("skipped", ("suppressed",))]


def test_when_we_are_not_trusted_the_channel_rests_and_nobody_is_suppressed(database: Database) -> None:
    people = [f"person{number}" for number in range(50)]
    world = shop_with_message_due(database, *people)
    asked: list[str] = []

    def distrust(message: Outgoing) -> None:
        asked.append(message.recipient.address)
        raise Blocked("reputation", "550 5.7.1")

    world.channel.mishap = distrust
    world.sender.send_due(world.bucket, world.now)

    assert len(asked) == 1  # one refusal is enough; the others wait
    assert world.suppressions == []
    assert {reasons for _, reasons in states(world)} == {("reputation",), ("channel_paused",)}
    world.channel.mishap = None
    world.pass_time(hours=2)
    assert len(world.letters) == 50


def test_wrong_settings_pause_the_channel_until_they_are_mended(database: Database) -> None:
    world = shop_with_message_due(database)
    world.channel.mishap = raising(Misconfigured("sign_in", "535"))  # type: ignore[assignment]
    world.sender.send_due(world.bucket, world.now)
    assert states(world) == [("retry", ("sign_in",))]

    world.channel.mishap = None
    world.pass_time(minutes=20)

    assert len(world.letters) == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (TemplateProblem("unknown tag", 3), ("rejected", ("template",))),
        (ZeroDivisionError(), ("rejected", ("not_made",))),
        (Refused("too_big"), ("rejected", ("too_big",))),
    ],
)
def test_a_message_that_cannot_be_made_keeps_no_other_waiting(
    database: Database, fault: Exception, expected: tuple[str, tuple[str, ...]]
) -> None:
    world = shop_with_message_due(database, "anna", "boris", "celina", slots=4)

    def misprint(message: Outgoing) -> None:
        if message.recipient.address.startswith("boris"):
            raise fault

    world.channel.misprint = misprint
    world.sender.send_due(world.bucket, world.now)

    assert sorted(address for address, _ in world.letters) == ["anna@example.com", "celina@example.com"]
    assert sorted(states(world)) == [("accepted", ()), ("accepted", ()), expected]


@pytest.mark.parametrize("fault", [OSError("reset"), ValueError("\0\udcff"), KeyError("x")])
def test_a_channel_that_raises_anything_leaves_its_message_uncertain_and_it_is_not_sent_again(
    database: Database, fault: Exception
) -> None:
    world = shop_with_message_due(database)
    world.channel.mishap = raising(fault)  # type: ignore[assignment]
    world.sender.send_due(world.bucket, world.now)
    world.channel.mishap = None

    world.pass_time(hours=12)

    assert world.letters == []
    assert states(world) == [("uncertain", ("no_answer",))]


def test_what_others_say_never_keeps_an_outcome_from_being_written_down(database: Database) -> None:
    world = shop_with_message_due(database)
    world.channel.mishap = raising(Refused("no\0word", "550 \udcff\0 " + "x" * 5000))  # type: ignore[assignment]

    world.sender.send_due(world.bucket, world.now)

    assert [state for state, _ in states(world)] == ["rejected"]


def test_one_message_that_cannot_be_composed_keeps_no_other_waiting(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world = shop_with_message_due(database, "anna", "boris", slots=4)
    composed = composing.compose

    def broken(*_: object) -> object:
        monkeypatch.setattr(sending, "compose", composed)  # only the first
        raise ValueError("a fault of ours")

    monkeypatch.setattr(sending, "compose", broken)
    world.sender.send_due(world.bucket, world.now)

    assert len(world.letters) == 1
    assert sorted(states(world)) == [("accepted", ()), ("held", ("fault",))]
    world.pass_time(minutes=20)
    assert len(world.letters) == 2


def test_a_worker_that_was_asleep_longer_than_its_lease_cannot_write_nor_send(database: Database) -> None:
    world = shop_with_message_due(database)
    sleeper, other = world.sender, world.new_sender()
    held = sleeper._claim(world.bucket, world.now, 10)
    world.now += 2 * MINUTE

    other.free_expired(world.bucket, world.now)
    assert other.send_due(world.bucket, world.now) == 1
    assert sleeper._gate(world.bucket, held, world.now) == []

    assert len(world.letters) == 1
    assert [(one.state, one.attempts) for one in world.outbox] == [("accepted", 1)]


def test_a_worker_that_died_in_the_middle_leaves_its_message_uncertain_and_a_late_answer_is_still_the_truth(
    database: Database,
) -> None:
    world = shop_with_message_due(database)
    other = world.new_sender()

    def falls_asleep(message: Outgoing) -> None:
        world.now += 2 * MINUTE
        assert other.free_expired(world.bucket, world.now) == 1
        assert states(world) == [("uncertain", ("worker_died",))]
        assert other.send_due(world.bucket, world.now) == 0

    world.channel.mishap = falls_asleep
    world.sender.send_due(world.bucket, world.now)

    assert states(world) == [("accepted", ())]
    assert len(world.letters) == 1


def test_what_has_left_is_written_down_however_long_the_database_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = shop_with_message_due(database)
    naps: list[float] = []
    sender = Sender(world.register, "https://wraca.example", lambda: world.now, slots=1, nap=naps.append)
    write = database.write

    def away() -> object:
        if world.channel.delivered and len(naps) < 12:
            raise DatabaseBusy("away")
        return write()

    monkeypatch.setattr(database, "write", away)
    sender.send_due(world.bucket, world.now)

    assert states(world) == [("accepted", ())]
    assert naps[0] < 0.1 < naps[-1] <= 2.0


def test_a_worker_told_to_stop_gives_back_what_it_has_not_begun(database: Database) -> None:
    people = [f"person{number}" for number in range(30)]
    world = shop_with_message_due(database, *people, slots=1)
    world.channel.mishap = lambda _: world.sender.stop() if len(world.letters) == 2 else None

    assert world.sender.send_due(world.bucket, world.now) == 3

    assert sorted(state for state, _ in states(world)) == ["accepted"] * 3 + ["planned"] * 27
    assert world.new_sender().send_due(world.bucket, world.now) == 27
    assert len(set(world.letters)) == 30


def test_no_more_is_claimed_than_asked_for(database: Database) -> None:
    world = shop_with_message_due(database, *[f"person{number}" for number in range(40)])

    assert world.sender.send_due(world.bucket, world.now, 7) == 7
    assert len(world.letters) == 7

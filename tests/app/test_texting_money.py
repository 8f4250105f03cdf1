"""What text messages cost, and the most that a shop lets be spent in a day."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.app.textworld import NUMBER, TextWorld, sent
from wraca.app.alarms import AlarmKind, alarms, meaning
from wraca.app.limiting import within_limits
from wraca.app.spending import Paying, near_caps, set_aside
from wraca.channels.sms.wire import NoAnswer
from wraca.domain.ids import MessageId
from wraca.domain.spending import MICROS, Budget, day_of, next_day
from wraca.ports.channel import Refused, Unavailable
from wraca.storage.database import Database
from wraca.testing.world import DAY, HOUR, MINUTE


def test_what_a_message_cost_takes_the_place_of_what_it_might_have(database: Database) -> None:
    world = TextWorld(database)
    world.phones.parts = 1
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert world.spend() == [(MICROS // 10, 1, 1)]
    reserved = world.rows()[0][2].reserved
    assert reserved
    assert (reserved.micros, reserved.parts) == (MICROS // 10, 1)


@pytest.mark.parametrize("mishap", [Refused("content"), Unavailable("try_later"), Refused("bad_number", hard=True)])
def test_what_never_left_costs_nothing(database: Database, mishap: Exception) -> None:
    world = TextWorld(database)
    world.phones.mishap = mishap
    world.leaves_a_cart()
    world.pass_time(hours=1, minutes=1)
    assert world.spend() == [(0, 0, 0)]


def test_what_may_have_left_is_counted_in_full(database: Database) -> None:
    world = TextWorld(database)
    world.phones.mishap = NoAnswer("gone")
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert world.spend() == [(MICROS // 5, 1, 2)]


def test_a_cap_holds_what_would_pass_it_until_tomorrow(database: Database) -> None:
    world = TextWorld(database, daily_cap="0.30")
    for number in range(3):
        world.leaves_a_cart(f"person{number}", f"+4860123456{number}")
    world.pass_time(hours=2)
    # Two parts may cost 0.20; what one part really cost leaves 0.20 for the next, and 0.10 is not enough for a third.
    assert len(world.phones.delivered) == 2
    held = [(state, reasons) for state, reasons, _ in world.rows() if state == "held"]
    assert held == [("held", ("spend_cap",))]
    with world.database.read() as tx:
        assert near_caps(tx, world.bucket, world.register, world.now) == []  # 0.20 of 0.30
    world.pass_time(hours=22)
    assert len(world.phones.delivered) == 3


def test_somebody_hears_of_a_cap_before_it_is_reached(database: Database) -> None:
    world = TextWorld(database, daily_cap="0.20")
    world.phones.parts = 2
    world.leaves_a_cart()
    world.pass_time(hours=2)
    with world.database.read() as tx:
        (near,) = near_caps(tx, world.bucket, world.register, world.now)
        tomorrow = near_caps(tx, world.bucket, world.register, world.now + DAY)
    assert (near.shop, near.channel, near.percent, tomorrow) == (world.shop, "sms", 100, [])


def test_ten_workers_at_once_never_pass_a_cap(database: Database) -> None:
    world = TextWorld(database, daily_cap="1.00")
    shop, budget = world.register.shop(world.shop), Budget({"*": 70_000}, MICROS, 2)

    def worker(number: int) -> int:
        taken = 0
        for turn in range(3):
            paying = [Paying(MessageId(f"{number:016x}{turn:08x}{each:08x}"), shop, "sms", NUMBER, budget) for each in range(2)]
            with world.database.write() as tx:
                reserved, held = set_aside(tx, world.bucket, paying, world.now)
            assert len(reserved) + len(held) == 2
            taken += sum(one.micros for one in reserved.values())
        return taken

    with ThreadPoolExecutor(10) as pool:
        spent = sum(pool.map(worker, range(10)))
    assert spent == 7 * 140_000  # the eighth would pass 1.00
    assert world.spend() == [(spent, 7, 14)]


def test_a_channel_without_prices_is_not_counted(database: Database) -> None:
    world = sent(database, prices="")
    assert world.spend() == []
    with world.database.write() as tx:
        assert within_limits(tx, world.bucket, [], world.now) == []


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Pacific/Auckland", "America/Los_Angeles", "nowhere"])
def test_a_day_is_the_shops_own_and_has_an_end(zone: str) -> None:
    for now in (1_790_000_000_000, 1_793_000_000_000, 1_774_743_000_000):  # about the changes of the clocks, too
        until = next_day(now, zone)
        assert now < until <= now + 25 * HOUR
        assert day_of(until, zone) == day_of(now, zone) + 1
        assert day_of(until - MINUTE, zone) == day_of(now, zone)


def test_the_alarm_names_the_channel_and_how_much_is_used(database: Database) -> None:
    world = TextWorld(database, daily_cap="0.20")
    world.phones.parts = 2
    world.leaves_a_cart()
    world.pass_time(hours=2)
    (near,) = [alarm for alarm in alarms(world.register, world.now) if alarm.kind is AlarmKind.CAP_NEAR]
    assert (near.shop, near.what, near.count) == (world.shop, "sms", 100)
    assert "sms" in meaning(near, world.now, "The shop")[0]

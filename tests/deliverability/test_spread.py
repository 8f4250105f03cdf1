"""Messages are spread over the hour: nothing leaves at the top of it, however carts were left."""

import random

from tests.deliverability.sending import sent_at
from wraca.storage.database import Database
from wraca.testing.shops import ShopRow
from wraca.testing.world import BEGIN, HOUR, MINUTE, World

_CRITICAL = 24.725  # chi-square, 11 degrees of freedom, p = 0.01


def _chi_square(times: list[int]) -> float:
    """How uneven these instants are over the twelfths of an hour."""
    counts = [0] * 12
    for at in times:
        counts[at % HOUR // (5 * MINUTE)] += 1
    expected = len(times) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def test_carts_left_at_any_time_are_written_to_at_any_second_of_the_hour(database: Database) -> None:
    world, rng = World(database), random.Random(7)
    for number, at in enumerate(sorted(rng.randrange(0, 2 * HOUR) for _ in range(180))):
        world.pass_time(seconds=(BEGIN + at - world.now) / 1000)
        world.leaves_cart(f"anna{number}")
    world.pass_time(hours=2)

    times = sent_at(world)
    assert len(times) == 180
    assert _chi_square(times) < _CRITICAL


def test_what_the_night_kept_back_does_not_leave_at_the_top_of_the_hour(database: Database) -> None:
    quiet: dict[str, object] = {"manners": {"quiet_from": 14, "quiet_until": 20}}  # it is 16:13 in Warsaw
    world = World(database, shop=ShopRow(settings=quiet))
    for number in range(60):
        world.leaves_cart(f"anna{number}")
    world.pass_time(hours=6)

    times = sent_at(world)
    assert len(times) == 60
    assert sum(at % HOUR < MINUTE for at in times) < 10  # 2 of 30 minutes' worth, not all 60
    assert max(times) - min(times) > 20 * MINUTE


def test_retries_after_an_outage_do_not_come_back_all_at_once(database: Database) -> None:
    from wraca.ports.channel import Outgoing, Unavailable

    world = World(database)
    tries: list[int] = []

    def is_down(_: Outgoing) -> None:
        tries.append(world.now)
        raise Unavailable("connect", "no route to host", retry_after=600)

    world.channel.mishap = is_down
    for number in range(30):
        world.leaves_cart(f"anna{number}")
    world.pass_time(hours=1, minutes=1)
    assert len(tries) == 30
    tries.clear()
    world.pass_time(hours=1)

    assert len(set(tries)) > 25

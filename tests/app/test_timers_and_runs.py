"""The way of a cart through its journey, on both databases and a virtual clock."""

from wraca.storage.database import Database
from wraca.testing.world import World


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

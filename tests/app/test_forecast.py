"""What a forecast says is what then happens, if nothing happens."""

import pytest

from wraca.app.forecasting import Foreseen, forecast
from wraca.domain.events import Consent, Identified, Stage, StageReached
from wraca.domain.ids import PersonId
from wraca.domain.journeys.presets import preset_text
from wraca.domain.journeys.watch import NotBegun
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World, identities

_SOMEBODY = Statement("testing_somebody", "select id from person where bucket = :bucket")
_PLAIN = ("standard", "quick", "reaction-series", "payment-rescue", "high-value", "when-to-remind")


def the_person(world: World) -> PersonId:
    with world.database.read() as tx:
        ((person,),) = tx.all(_SOMEBODY, bucket=world.bucket)
    return PersonId(person)


def told(seen: tuple[Foreseen, ...]) -> list[tuple[int, str]]:
    """(when, template) of everything that would go."""
    messages = [message for one in seen if one.course for message in one.course.messages if message.goes]
    return sorted((message.at or 0, message.template) for message in messages)


@pytest.mark.parametrize("name", _PLAIN)
def test_what_is_foreseen_for_a_cart_is_what_then_goes(database: Database, name: str) -> None:
    world = World(database, journey=without_holdout(preset_text(name)))
    world.leaves_cart("anna", price=99_900)
    if name == "payment-rescue":
        world.happens(StageReached(Stage.PAYMENT), *identities("anna"))

    expected = told(forecast(world.register, world.shop, the_person(world), world.now))
    world.pass_time(days=40)

    assert [(at, template) for at, template in expected] == [(one.sent_at, one.template) for one in world.channel.delivered]
    assert len(expected) >= 1


def test_what_is_foreseen_in_the_middle_is_the_rest(database: Database) -> None:
    world = World(database, journey=without_holdout(preset_text("standard")))
    world.leaves_cart("anna")
    world.pass_time(hours=5)

    (seen,) = forecast(world.register, world.shop, the_person(world), world.now)

    assert seen.begins_at is None
    assert told((seen,)) == [(world.channel.delivered[0].sent_at + 2 * 86_400_000, "cart-second")]


def test_nobody_who_said_no_is_foreseen_a_message(database: Database) -> None:
    world = World(database, journey=without_holdout(preset_text("standard")))
    world.leaves_cart("anna", agreed=False)
    world.happens(Identified(), *identities("anna"), consents=(Consent("email", given=False),))

    seen = forecast(world.register, world.shop, the_person(world), world.now)

    assert told(seen) == []


def test_a_journey_that_does_not_begin_says_why(database: Database) -> None:
    world = World(database, journey=without_holdout(preset_text("standard")))
    world.leaves_cart("anna")
    world.pass_time(minutes=1)
    world.put_journey(without_holdout(preset_text("quick")))

    seen = {one.journey: one for one in forecast(world.register, world.shop, the_person(world), world.now)}

    assert seen["quick"].why_not == (NotBegun.BEFORE_ACTIVATION,)
    assert seen["standard"].why_not == ()


def test_who_is_held_out_is_foreseen_as_a_ghost(database: Database) -> None:
    world = World(database, journey=preset_text("standard").replace("holdout: 10%", "holdout: 100%"))
    world.leaves_cart("anna")

    (seen,) = forecast(world.register, world.shop, the_person(world), world.now)

    assert seen.held_out
    assert seen.course
    assert all(message.is_ghost for message in seen.course.messages)


def without_holdout(text: str) -> str:
    return "\n".join("holdout: 0%" if line.startswith("holdout:") else line for line in text.splitlines())

"""What journeys tell the shop's team: once for a step, mailed at most once, on both databases."""

from collections.abc import Callable
from typing import NoReturn

import pytest

from wraca.app.teammail import mail_notices
from wraca.channels.email.channel import EmailChannel
from wraca.ports.channel import Outgoing, Refused, Unavailable
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, MINUTE, World

_NOTICES = Statement("testing_notices", "select text, journey, mail_state from notice where bucket = :bucket order by at, id")
_CLAIM = Statement("testing_claim_notice", "update notice set mail_state = 'sending', mail_until = :until where bucket = :bucket")

TELLING = """
journey: telling
trigger: {cart_abandoned: {idle: 60m}}
holdout: %s
steps:
  - notify_team: "Call this customer"
  - wait: 2h
  - send: {email: word}
"""


def shop_of(email: str = "team@shop.example", language: str = "en") -> ShopRow:
    return ShopRow(settings={"email": email}, language=language)


def states(world: World) -> list[str]:
    with world.database.read() as tx:
        return [state for _, _, state in tx.all(_NOTICES, bucket=world.bucket)]


def told(world: World) -> list[Outgoing]:
    return [one for one in world.channel.delivered if one.template == "team-notice"]


def test_the_team_is_told_once_and_in_one_mail(database: Database) -> None:
    world = World(database, journey=TELLING % "0%", shop=shop_of())
    world.leaves_cart("anna")
    world.leaves_cart("boris")
    world.pass_time(minutes=61)
    assert states(world) == ["waiting", "waiting"]

    assert mail_notices(world.register, world.bucket, world.now) == 2
    assert mail_notices(world.register, world.bucket, world.now + MINUTE) == 0

    (mail,) = told(world)
    assert mail.recipient.address == "team@shop.example"
    assert mail.facts["about"] == {"kind": "notice", "words": [{"text": "Call this customer", "journey": "telling"}] * 2}
    assert states(world) == ["sent", "sent"]
    world.pass_time(days=2)
    assert len(states(world)) == 2


def test_nobody_is_told_of_whom_the_journey_only_watches(database: Database) -> None:
    world = World(database, journey=TELLING % "100%", shop=shop_of())
    world.leaves_cart("anna")
    world.pass_time(days=1)
    assert states(world) == []


def test_a_shop_without_an_address_has_its_notices_in_the_console_only(database: Database) -> None:
    world = World(database, journey=TELLING % "0%", shop=shop_of(""))
    world.leaves_cart("anna")
    world.pass_time(minutes=61)
    mail_notices(world.register, world.bucket, world.now)
    assert (states(world), told(world)) == (["nobody"], [])


def refuse(_: Outgoing) -> NoReturn:
    raise Refused("no", "")


def be_away(_: Outgoing) -> NoReturn:
    raise Unavailable("away")


def break_off(_: Outgoing) -> NoReturn:
    raise OSError("broken pipe")


@pytest.mark.parametrize(("mishap", "state"), [(refuse, "failed"), (be_away, "waiting"), (break_off, "doubt")])
def test_what_went_wrong_with_the_mail_is_told_as_it_is(
    database: Database, mishap: Callable[[Outgoing], object], state: str
) -> None:
    world = World(database, journey=TELLING % "0%", shop=shop_of())
    world.leaves_cart("anna")
    world.pass_time(minutes=61)
    world.channel.mishap = mishap
    mail_notices(world.register, world.bucket, world.now)
    assert states(world) == [state]
    world.channel.mishap = None
    mail_notices(world.register, world.bucket, world.now + DAY // 2)
    assert (len(told(world)), states(world)) == ((1, ["sent"]) if state == "waiting" else (0, [state]))


def test_what_a_dead_worker_may_have_mailed_is_not_mailed_again(database: Database) -> None:
    world = World(database, journey=TELLING % "0%", shop=shop_of())
    world.leaves_cart("anna")
    world.pass_time(minutes=61)
    with database.write() as tx:
        tx.run(_CLAIM, bucket=world.bucket, until=world.now + MINUTE)
    mail_notices(world.register, world.bucket, world.now)
    assert states(world) == ["sending"]
    mail_notices(world.register, world.bucket, world.now + 2 * MINUTE)
    assert (states(world), told(world)) == (["doubt"], [])


@pytest.mark.parametrize("language", ["en", "pl", "bg"])
def test_the_mail_is_a_proper_one_in_the_shops_language(sqlite_world: Callable[[str], World], language: str) -> None:
    world = sqlite_world(language)
    world.leaves_cart("anna")
    world.pass_time(minutes=61)
    mail_notices(world.register, world.bucket, world.now)
    (mail,) = told(world)

    rendered = EmailChannel().render(mail)

    assert "Call this customer" in rendered.text
    assert "Call this customer" in rendered.html
    assert rendered.subject.startswith("Test shop: ")
    assert b"List-Unsubscribe" not in rendered.payload


@pytest.fixture
def sqlite_world(database: Database) -> Callable[[str], World]:
    return lambda language: World(database, journey=TELLING % "0%", shop=shop_of(language=language))

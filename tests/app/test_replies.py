"""Who is asked why may simply reply, on both databases."""

import pytest

from tests.app.test_answers import people, rows, said, told
from tests.deliverability.mailserver import mailroom
from tests.deliverability.sending import connect
from tests.domain.test_replies import HEAD, KEY, mail
from wraca.app import asking
from wraca.app.mailboxes import take_mailbox
from wraca.app.replies import take_reply
from wraca.domain.reasons import LONGEST_TEXT, Reason
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World

JOURNEY = """
journey: asks
trigger: {cart_abandoned: {idle: 60m}}
holdout: 0%
steps:
  - ask_reason: {id: why, email: customer-reason, wait: 2d}
"""
PLAIN = JOURNEY.replace("ask_reason: {id: why, email: customer-reason, wait: 2d}", "send: {id: why, email: customer-reason}")
_ERASE = Statement("testing_erase_all_people", "delete from person where bucket = :bucket")


def asked(database: Database, journey: str = JOURNEY) -> World:
    world = World(database, journey=journey)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    assert len(world.letters) == 1
    return world


def reply(world: World, text: str = "Za drogo", *, head: str = HEAD, **more: str) -> bytes:
    return mail(text, *more, head=head).replace(KEY.encode(), world.channel.delivered[0].key.encode())


def test_a_reply_is_an_answer_in_their_own_words_once(database: Database) -> None:
    world = asked(database)

    assert take_reply(world.register, world.shop, reply(world, "Za drogo\r\n> Pytanie"), world.now)
    assert not take_reply(world.register, world.shop, reply(world, "Za drogo\r\n> Pytanie"), world.now + 1000)

    assert said(world) == [("other", "Za drogo")]
    assert [(one.reason, one.text) for one in people(world)[0].answers] == [("other", "Za drogo")]


def test_words_by_mail_do_not_take_back_the_reason_that_was_chosen(database: Database) -> None:
    world = asked(database)
    token = world.channel.delivered[0].links.reason.rpartition("/")[2]
    asking.answer(world.register, token, Reason.SHIPPING, "", world.now)

    assert take_reply(world.register, world.shop, reply(world, "20 zł za kubek"), world.now + 1000)

    assert said(world) == [("shipping", "20 zł za kubek")]


def test_a_reply_from_another_address_is_not_this_persons(database: Database) -> None:
    world = asked(database)

    assert not take_reply(world.register, world.shop, reply(world, head=HEAD.replace("Anna@", "ewa@")), world.now)

    assert said(world) == []


def test_a_reply_to_a_message_that_did_not_ask_is_the_shops_own_business(database: Database) -> None:
    world = asked(database, PLAIN)

    assert not take_reply(world.register, world.shop, reply(world, "zzcanary"), world.now)

    assert said(world) == []
    assert "zzcanary" not in told(world)


@pytest.mark.parametrize("key", ["f" * 32, "not-a-key"])
def test_a_reply_to_what_we_never_sent_is_nothing(database: Database, key: str) -> None:
    world = asked(database)

    assert not take_reply(world.register, world.shop, mail("Hello").replace(KEY.encode(), key.encode()), world.now)


def test_an_erased_persons_reply_is_not_kept(database: Database) -> None:
    world = asked(database)
    with database.write() as tx:
        tx.run(_ERASE, bucket=world.bucket)

    assert not take_reply(world.register, world.shop, reply(world, "zzcanary"), world.now)
    assert "zzcanary" not in told(world)


def test_a_long_reply_is_cut(database: Database) -> None:
    world = asked(database)

    take_reply(world.register, world.shop, reply(world, "word " * 1000), world.now)

    ((_, text),) = said(world)
    assert len(str(text)) <= LONGEST_TEXT


def test_replies_are_read_where_bounces_are(database: Database) -> None:
    world = asked(database)
    away = reply(world, "I am away").replace(b"Subject: Re:", b"Auto-Submitted: auto-replied\r\nSubject: Re:")
    with mailroom(away, reply(world)) as server:
        connect(world, {"from": "hello@shop.example", "bounces": server.url})
        take_mailbox(world.register, world.shop, world.now)
        take_mailbox(world.register, world.shop, world.now)

    assert said(world) == [("other", "Za drogo")]
    assert world.suppressions == []
    assert len(rows(world, Statement("testing_answer_ids", "select id from answer where bucket = :bucket"))) == 1

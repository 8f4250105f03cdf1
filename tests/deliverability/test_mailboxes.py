"""The bounce mailbox is read over IMAP: each message once, and marked only after it was taken in."""

import pytest

from tests.deliverability.fakedns import FakeDns
from tests.deliverability.mailserver import mailroom
from tests.deliverability.sending import connect
from tests.deliverability.test_reading_reports import KEY, dsn
from wraca.app.mailboxes import BadMailbox, Mailbox, read_mailbox, take_mailbox
from wraca.domain.bounces import Kind
from wraca.storage.database import Database
from wraca.testing.world import World
from wraca.worker.upkeep import Upkeep

LETTER = b"From: anna@example.com\r\nSubject: Is it still there?\r\n\r\nHello\r\n"


def _with_letter(database: Database) -> tuple[World, bytes]:
    """Anna got a message; the report says that her address is gone."""
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    report = dsn("5.1.1", "550 5.1.1 User unknown").replace(KEY.encode(), world.channel.delivered[0].key.encode())
    return world, report.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("keywords", [True, False])
def test_every_report_is_taken_once(database: Database, keywords: bool) -> None:
    world, report = _with_letter(database)
    with mailroom(LETTER, report, keywords=keywords) as server:
        connect(world, {"from": "hello@shop.example", "bounces": server.url})

        first = take_mailbox(world.register, world.shop, world.now)
        second = take_mailbox(world.register, world.shop, world.now)

    assert [one.kind for one in first] == [Kind.NEITHER, Kind.HARD]
    assert second == ()
    assert world.suppressions == ["hard_bounce"]
    assert server.said[1:3] == ['LOGIN bounces@shop.example "secret"', 'SELECT "Bounces"']
    if keywords:
        assert server.flags == {7: {"WracaRead"}, 8: {"WracaRead"}}  # what people have not read stays unread


def test_a_report_that_could_not_be_taken_in_stays_for_the_next_time(database: Database) -> None:
    world, report = _with_letter(database)
    with mailroom(report, fails_at="UID FETCH") as server:
        connect(world, {"from": "hello@shop.example", "bounces": server.url})
        with pytest.raises(BadMailbox, match="cannot be read"):
            take_mailbox(world.register, world.shop, world.now)
        assert server.flags == {7: set()}
        server.fails_at = ""

        assert [one.is_new for one in take_mailbox(world.register, world.shop, world.now)] == [True]


def test_a_wrong_password_says_so(database: Database) -> None:
    world, _ = _with_letter(database)
    with mailroom(fails_at="LOGIN") as server:
        connect(world, {"from": "hello@shop.example", "bounces": server.url})

        with pytest.raises(BadMailbox, match="not today"):
            take_mailbox(world.register, world.shop, world.now)


def test_encryption_that_the_server_does_not_speak_is_not_given_up(database: Database) -> None:
    world, _ = _with_letter(database)
    with mailroom() as server:
        connect(world, {"from": "hello@shop.example", "bounces": server.url.replace("imap://", "imaps://")})

        with pytest.raises(BadMailbox):
            take_mailbox(world.register, world.shop, world.now)

    assert not any(said.startswith("LOGIN") for said in server.said)


def test_a_shop_without_a_mailbox_has_nothing_to_read(database: Database) -> None:
    world, _ = _with_letter(database)

    assert take_mailbox(world.register, world.shop, world.now) == ()


def test_the_worker_reads_mailboxes_and_checks_domains_by_itself(database: Database) -> None:
    world, report = _with_letter(database)
    dns = FakeDns("spf")
    with mailroom(report) as server:
        connect(world, {"from": "hej@lampka.pl", "url": "smtp://smtp.lampka.pl", "bounces": server.url, "trial": "0"})
        upkeep = Upkeep(world.register, dns)

        assert upkeep.once(world.now) == 0
        upkeep.once(world.now + 1)  # nothing is due again so soon

    assert [said for said in server.said if said.startswith("SELECT")] == ['SELECT "Bounces"']
    assert world.suppressions == ["hard_bounce"]
    assert world.register.rules(world.shop, "email").trial is None  # it passes


def test_a_mailbox_that_cannot_be_read_keeps_the_others_going(database: Database) -> None:
    world, report = _with_letter(database)
    with mailroom(report, fails_at="SELECT") as server:
        connect(world, {"from": "hello@shop.example", "bounces": server.url})

        assert Upkeep(world.register, FakeDns("spf")).once(world.now) == 0


@pytest.mark.parametrize(
    ("url", "mailbox"),
    [
        ("imaps://anna:p%40ss@mail.lampka.pl", Mailbox("mail.lampka.pl", 993, "anna", "p@ss")),
        ("imaps://anna%40lampka.pl:x@mail.lampka.pl:1993/A%20B", Mailbox("mail.lampka.pl", 1993, "anna@lampka.pl", "x", "A B")),
        ("imap://anna:x@mail.lampka.pl/Bounces", Mailbox("mail.lampka.pl", 143, "anna", "x", "Bounces", tls=False)),
    ],
)
def test_a_mailbox_is_written_as_an_address(url: str, mailbox: Mailbox) -> None:
    assert read_mailbox(url) == mailbox


@pytest.mark.parametrize("url", ["pop3://anna:x@mail.lampka.pl", "imaps://mail.lampka.pl", "anna", "imaps://anna:x@"])
def test_what_is_no_mailbox_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(BadMailbox, match="imaps://user:password@host/INBOX"):
        read_mailbox(url)

"""`wraca channel domain` and `wraca bounces`, as they are typed."""

from pathlib import Path

from tests.cli.conftest import Command
from tests.deliverability.mailserver import mailroom
from tests.deliverability.test_reading_reports import dsn

CONNECT = ("channel", "set", "plimsolls.example", "email", "--from", "hello@plimsolls.example")
RELAY = ("--url", "smtp://smtp.plimsolls.example:587")


def test_a_shop_without_e_mail_is_told_how_to_connect_it(wraca: Command, shop: str) -> None:
    said = wraca("channel", "domain", shop)

    assert said.status == 1
    assert "wraca channel set" in said.err


def test_a_test_domain_says_that_it_was_not_checked(wraca: Command, shop: str) -> None:
    assert wraca(*CONNECT, *RELAY).status == 0

    said = wraca("channel", "domain", shop)

    assert said.status == 0
    assert "not checked" in said.out
    assert wraca("channel", "domain", shop, "--json").json["standing"] == "not_checked"


def test_what_cannot_be_asked_is_said_and_is_no_success(wraca: Command, shop: str) -> None:
    wraca("channel", "set", shop, "email", "--from", "hej@lampka.pl", "--url", "smtp://smtp.lampka.pl:587")

    said = wraca("channel", "domain", shop, "--nameserver", "127.0.0.1")

    assert said.status == 1
    assert "DNS could not be asked" in said.out


def test_reports_are_taken_from_files_and_counted(wraca: Command, shop: str, tmp_path: Path) -> None:
    report, reply = tmp_path / "report.eml", tmp_path / "reply.eml"
    report.write_bytes(dsn("5.1.1", "550 User unknown"))
    reply.write_bytes(b"From: anna@example.com\nSubject: Out of office\n\nI am away.\n")

    said = wraca("bounces", "take", str(report), str(reply), "--shop", shop, "--json")

    assert said.json == {
        "reports": 2, "hard": 1, "soft": 0, "complaint": 0, "neither": 1,
        "without_a_message_of_ours": 1, "changed": 0, "suppressed": 0,
    }  # fmt: skip
    assert "cannot be read" in wraca("bounces", "take", str(tmp_path / "none.eml")).err


def test_a_mailbox_is_read_when_asked(wraca: Command, shop: str) -> None:
    wraca(*CONNECT, *RELAY)
    assert "No bounce mailbox is set" in wraca("bounces", "poll", shop).err
    with mailroom(dsn("5.1.1", "550 User unknown")) as server:
        assert wraca(*CONNECT, *RELAY, "--bounces", server.url).status == 0

        assert wraca("bounces", "poll", shop, "--json").json["reports"] == 1
        assert wraca("bounces", "poll", shop, "--json").json["reports"] == 0


def test_limits_that_cannot_be_read_are_refused_when_they_are_set(wraca: Command, shop: str) -> None:
    said = wraca(*CONNECT, *RELAY, "--limits", "gmail fast")

    assert said.status == 1
    assert "write for instance 20/s" in said.err

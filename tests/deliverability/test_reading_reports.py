"""What a message in the bounce mailbox means. An automatic reply is never a bounce."""

from email import message_from_bytes
from email.message import EmailMessage, Message
from pathlib import Path

import pytest
from flufl.bounce import all_failures
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.bounces import Kind, is_dead, read_report

SAMPLES = sorted((Path(__file__).parent / "vendor" / "flufl.bounce-6.0.0").glob("*.txt"))
KEY = "0123456789abcdef0123456789abcdef"
DAY = 24 * 3600 * 1000


def dsn(status: str, diagnostic: str, action: str = "failed", *, headers_only: bool = False) -> bytes:
    """A delivery report as Postfix writes it, Auto-Submitted and all."""
    original = f"Message-ID: <{KEY}@shop.example>\nTo: anna@example.com\nSubject: Your cart\n"
    part = f"text/rfc822-headers\n\n{original}" if headers_only else f"message/rfc822\n\n{original}\nHello\n"
    return f"""From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: bounces@shop.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <20261121@mx.example.net>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; Anna@Example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b
Content-Type: {part}
--b--
""".encode()


def arf(feedback: str) -> bytes:
    """A complaint as mailbox providers send it."""
    return f"""From: feedback@provider.example
Subject: Abuse report
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an e-mail abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: Provider/1
Version: 1
Original-Mail-From: <bounces@shop.example>
Original-Rcpt-To: <anna@example.com>

--b
Content-Type: message/rfc822

Message-ID: <{KEY}@shop.example>
To: anna@example.com
Subject: Your cart

Hello
--b--
""".encode()


DELIVERY_REPORTS = [
    ("5.1.1", "550 5.1.1 <anna@example.com>: Recipient address rejected: User unknown", Kind.HARD),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", Kind.HARD),
    ("5.1.2", "550 Host unknown", Kind.HARD),
    ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", Kind.HARD),
    ("5.0.0", "550 No such user here", Kind.HARD),
    ("5.0.0", "550 Użytkownik nieznany (nieznany odbiorca)", Kind.HARD),
    ("5.2.2", "552 5.2.2 mailbox is full", Kind.SOFT),
    ("5.1.1", "552 user over quota, mailbox full", Kind.SOFT),
    ("5.7.1", "550 5.7.1 Our system has detected that this message is likely unsolicited", Kind.SOFT),
    ("5.7.26", "550 5.7.26 unauthenticated sender", Kind.SOFT),
    ("5.4.7", "delivery time expired", Kind.SOFT),
    ("4.4.7", "delivery time expired", Kind.SOFT),
    ("5.3.4", "552 message too large", Kind.SOFT),
]


@pytest.mark.parametrize(("status", "diagnostic", "kind"), DELIVERY_REPORTS)
@pytest.mark.parametrize("headers_only", [False, True])
def test_a_delivery_report_silences_an_address_only_if_the_address_is_bad(
    status: str, diagnostic: str, kind: Kind, headers_only: bool
) -> None:
    report = read_report(dsn(status, diagnostic, headers_only=headers_only))

    assert (report.kind, report.message, report.recipients) == (kind, KEY, ("anna@example.com",))


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_that_nothing_failed_is_no_bounce(action: str) -> None:
    assert read_report(dsn("4.4.1", "connect to mx timed out", action)).kind is Kind.NEITHER


@pytest.mark.parametrize("feedback", ["abuse", "fraud", "opt-out", "other"])
def test_a_complaint_names_its_message(feedback: str) -> None:
    report = read_report(arf(feedback))

    assert (report.kind, report.message, report.recipients) == (Kind.COMPLAINT, KEY, ("anna@example.com",))


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure", "dmarc"])
def test_feedback_that_is_no_complaint_silences_nobody(feedback: str) -> None:
    assert read_report(arf(feedback)).kind is Kind.NEITHER


REPLIES: list[dict[str, str]] = [
    {"Subject": "Automatic reply: Your cart", "Auto-Submitted": "auto-replied"},
    {"Subject": "Out of Office", "From": "postmaster@example.com"},
    {"Subject": "Re: Your cart", "X-Autoreply": "yes"},
    {"Subject": "Re: Your cart", "X-Auto-Response-Suppress": "All"},
    {"Subject": "Re: Your cart", "Precedence": "auto_reply"},
    {"Subject": "Odpowiedź: autoodpowiedź"},
    {"Subject": "Jestem poza biurem do 5 grudnia"},
    {"Subject": "Автоматичен отговор: Вашата количка"},
    {"Subject": "В отпуск съм до понеделник"},
    {"Subject": "Abwesenheitsnotiz"},
    {"Subject": "Please confirm your message", "From": "challenge@spamarrest.example"},
    {"Subject": "Your mail requires verification", "X-Challenge": "1"},
    {"Subject": "Re: Your cart"},
    {"Subject": "Thank you, but I bought it elsewhere"},
    {"Subject": "Re: Your cart", "Auto-Submitted": "auto-replied", "From": "Anna <anna@example.com>"},
]
WORDS = [
    "I am away until Monday.",
    "Delivery of parcels is not possible this week: the following address is on holiday: anna@example.com",
    "This mailbox is no longer read. user unknown\n<anna@example.com>:\n 550 mailbox full",
    "   ----- The following addresses had permanent fatal errors -----\n<anna@example.com>\n\n   ----- Transcript follows",
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["Subject"])
@pytest.mark.parametrize("words", WORDS)
def test_an_automatic_reply_is_never_a_bounce_whatever_it_quotes(reply: dict[str, str], words: str) -> None:
    assert read_report(_reply(reply, words)).kind is Kind.NEITHER


@pytest.mark.parametrize("reply", REPLIES[-3:-1], ids=lambda reply: reply["Subject"])
def test_an_answer_of_a_person_is_no_bounce(reply: dict[str, str]) -> None:
    report = read_report(_reply(reply, WORDS[0]))

    assert (report.kind, report.message) == (Kind.NEITHER, KEY)


def _reply(headers: dict[str, str], words: str) -> bytes:
    message = EmailMessage()
    for name, value in ({"From": "anna@example.com", "In-Reply-To": f"<{KEY}@shop.example>"} | headers).items():
        message[name] = value
    message.set_content(words)
    return message.as_bytes()


def test_the_samples_of_flufl_bounce_are_all_here() -> None:
    assert len(SAMPLES) == 117


def test_of_the_samples_that_failed_for_good_at_least_98_percent_are_found() -> None:
    failed = [path for path in SAMPLES if all_failures(_parsed(path))[1]]

    found = [path for path in failed if read_report(path.read_bytes()).kind in {Kind.HARD, Kind.SOFT}]

    assert len(found) / len(failed) >= 0.98, {path.name for path in failed} - {path.name for path in found}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_in_which_nothing_failed_for_good_is_no_bounce(path: Path) -> None:
    temporary, permanent = all_failures(_parsed(path))

    assert permanent or read_report(path.read_bytes()).kind is Kind.NEITHER, temporary


def _parsed(path: Path) -> Message:
    return message_from_bytes(path.read_bytes())


@given(st.binary(max_size=400))
def test_whatever_arrives_is_read_without_a_fault(raw: bytes) -> None:
    assert read_report(raw).kind in Kind
    read_report(
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + raw + b"\n--b--\n"
    )


@pytest.mark.parametrize(
    ("history", "dead"),
    [
        ([(8 * DAY, True), (4 * DAY, True), (0, True)], True),
        ([(7 * DAY, True), (4 * DAY, True), (0, True)], True),
        ([(6 * DAY, True), (4 * DAY, True), (0, True)], False),  # within a week: the person may be on holiday
        ([(9 * DAY, True), (0, True)], False),
        ([(9 * DAY, True), (5 * DAY, False), (4 * DAY, True), (0, True)], False),  # one arrived in between
        ([(9 * DAY, False), (8 * DAY, True), (4 * DAY, True), (0, True)], False),
        ([], False),
    ],
)
def test_an_address_is_given_up_after_three_soft_bounces_in_a_row_over_a_week(history: list[tuple[int, bool]], dead: bool) -> None:
    assert is_dead(history) is dead

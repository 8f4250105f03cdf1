"""A person's reply is told from a machine's, and their words from what they quoted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.domain.replies import own_words, read_reply

KEY = "0123456789abcdef0123456789abcdef"
HEAD = (
    "From: Anna Nowak <Anna@Example.com>\r\nTo: hello@shop.example\r\nSubject: Re: Can we ask?\r\n"
    f"Message-ID: <one@example.com>\r\nIn-Reply-To: <{KEY}@shop.example>\r\n"
)


def mail(text: str, *more: str, head: str = HEAD, kind: str = "text/plain; charset=utf-8") -> bytes:
    return (head + "".join(f"{line}\r\n" for line in more) + f"Content-Type: {kind}\r\n\r\n{text}").encode()


def test_a_reply_names_its_message_its_writer_and_their_words() -> None:
    reply = read_reply(mail("Za drogo.\r\n\r\nOn 3 Oct 2026, Shop wrote:\r\n> What stopped you?\r\n"))

    assert reply is not None
    assert (reply.message, reply.id, reply.sender) == (KEY, "<one@example.com>", "anna@example.com")
    assert reply.text == "Za drogo."


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated", "Precedence: bulk", "Precedence: auto_reply",
        "X-Autoreply: yes", "X-Auto-Response-Suppress: All", "List-Id: <a.b>", "Return-Path: <>", "X-Vacation: 1",
    ],
)  # fmt: skip
def test_what_marks_itself_as_a_machine_is_nobodys_word(line: str) -> None:
    assert read_reply(mail("I am away", line)) is None


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Can we ask?", "Out of office", "Autoodpowiedź: nie ma mnie", "=?utf-8?q?Automatyczna_odpowied=C5=BA?=",
        "Автоматичен отговор", "Please confirm your message", "Vacation reply",
    ],
)  # fmt: skip
def test_what_is_called_an_automatic_reply_is_one(subject: str) -> None:
    assert read_reply(mail("I am away", head=HEAD.replace("Re: Can we ask?", subject))) is None


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(KEY, "somebody-elses"),
        HEAD.replace("In-Reply-To", "X-Reply-To"),
        HEAD.replace("Anna Nowak <Anna@Example.com>", "MAILER-DAEMON@example.com"),
        HEAD.replace("Anna Nowak <Anna@Example.com>", ""),
        "",
    ],
)
def test_what_answers_nothing_of_ours_or_comes_from_nobody_is_no_reply(head: str) -> None:
    assert read_reply(mail("Hello", head=head)) is None


def test_a_delivery_report_is_no_reply() -> None:
    assert read_reply(mail("--x--", kind='multipart/report; report-type=delivery-status; boundary="x"')) is None


def test_of_a_thread_the_newest_message_counts() -> None:
    head = HEAD.replace("In-Reply-To", "References").replace(f"<{KEY}@", f"<{'f' * 32}@shop.example> <{KEY}@")

    reply = read_reply(mail("Hello", head=head))

    assert reply is not None
    assert reply.message == KEY


@pytest.mark.parametrize(
    "quoted",
    [
        "On Sat, 3 Oct 2026 at 10:00, Shop <hello@shop.example> wrote:\n\n> What stopped you?",
        "On Sat, 3 Oct 2026 at 10:00, Shop\n<hello@shop.example> wrote:\n> What stopped you?",
        "W dniu 3.10.2026 o 10:00, Sklep pisze:\n> Co stanęło na przeszkodzie?",
        "sob., 3 paź 2026 o 10:00 Sklep <hello@shop.example> napisał(a):\n\n> Co stanęło",
        "На сб, 3.10.2026 г. в 10:00 Магазин <hello@shop.example> написа:\n> Какво Ви спря?",
        "-----Original Message-----\nFrom: Shop\nWhat stopped you?",
        "-------- Wiadomość oryginalna --------\nOd: Sklep\nCo stanęło",
        "________________________________\nFrom: Shop <hello@shop.example>\nSent: Saturday",
        "Od: Sklep <hello@shop.example>\nWysłano: sobota\nTemat: Pytanie\nCo stanęło",
        "От: Магазин\nИзпратено: събота\nКакво Ви спря?",
        "-- \nAnna Nowak\n+48 600 100 200",
        "Sent from my iPhone\n\nOn 3 Oct 2026, at 10:00, Shop wrote:\n> What",
        "Wysłane z iPhone'a",
        "On 3 Oct 2026 Shop wrote:\nWhat stopped you? (quoted without marks)",
    ],
)
def test_what_they_quoted_is_not_what_they_wrote(quoted: str) -> None:
    assert own_words(f"Delivery is too dear.\nSorry!\n\n{quoted}\n") == "Delivery is too dear.\nSorry!"


def test_words_below_the_quotation_count_too() -> None:
    assert own_words("On 3 Oct 2026, Shop wrote:\n> What stopped you?\n>\n\nThe price.") == "The price."


@pytest.mark.parametrize(
    "text", ["From here it looks fine.", "On the phone he wrote: nothing", "To: nobody", "I was on -- holiday"]
)
def test_sentences_that_only_look_like_quoting_stay(text: str) -> None:
    assert own_words(f"{text}\nand more") == f"{text}\nand more"


def test_a_reply_in_html_alone_is_read_without_its_quotation() -> None:
    html = (
        "<html><head><style>p{color:red}</style></head><body><p>Too <b>dear</b></p>"
        "<blockquote><p>What stopped you?</p></blockquote></body></html>"
    )

    reply = read_reply(mail(html, kind="text/html; charset=utf-8"))

    assert reply is not None
    assert reply.text == "Too dear"


def test_an_unknown_encoding_is_read_as_well_as_can_be() -> None:
    reply = read_reply(mail("Za drogo", kind="text/plain; charset=martian"))

    assert reply is not None
    assert reply.text == "Za drogo"


@pytest.mark.parametrize("text", ["", "> only quoted", "On 3 Oct 2026, Shop wrote:\n> What"])
def test_a_reply_without_words_says_nothing(text: str) -> None:
    assert read_reply(mail(text)) is None


@settings(max_examples=60)
@given(
    st.binary(max_size=600) | st.text(max_size=300).map(str.encode),
    st.sampled_from(["text/html", "text/plain", "multipart/mixed; boundary=x"]),
)
def test_whatever_arrives_nothing_breaks(body: bytes, kind: str) -> None:
    read_reply(body)
    read_reply(HEAD.encode() + f"Content-Type: {kind}\r\n\r\n".encode() + body)
    read_reply(HEAD.encode() + body)


@given(st.text(alphabet="> \nOnwrote:-_FromSentab", max_size=400))
def test_cutting_ends_and_invents_nothing(text: str) -> None:
    kept = own_words(text)

    assert len(kept) <= len(text)
    assert not any(line.lstrip().startswith(">") for line in kept.split("\n"))

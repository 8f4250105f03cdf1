"""Handing over: how far it came decides what it means."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from wraca.channels.email import EmailChannel
from wraca.channels.email.sample import sample_message
from wraca.channels.email.smtp import NoAnswer, server_of
from wraca.ports.channel import Blocked, ChannelError, Misconfigured, Outgoing, Receipt, Recipient, Refused, Unavailable
from wraca.testing.smtp import HANG_UP, MailSink


def message_to(sink: MailSink, address: str = "anna@example.com", key: str = "a" * 32, **settings: object) -> Outgoing:
    return sample_message("cart-reminder", "en", key=key, recipient=Recipient(address), settings={"url": sink.url, **settings})


def deliver(channel: EmailChannel, message: Outgoing) -> Receipt:
    return channel.deliver(message, channel.render(message))


def test_a_message_arrives_as_it_was_made() -> None:
    channel = EmailChannel()
    with MailSink() as sink:
        message = message_to(sink)
        receipt = deliver(channel, message)
        channel.close()

    assert [(taken.sender, taken.recipient) for taken in sink.taken] == [("hello@shop.example", "anna@example.com")]
    assert sink.taken[0].body == channel.render(message).payload
    assert receipt.reference == f"<{message.key}@shop.example>"


def test_one_connection_carries_many_messages_and_is_worn_after_its_share() -> None:
    channel = EmailChannel()
    with MailSink() as sink:
        for number in range(45):
            deliver(channel, message_to(sink, key=f"{number:032x}"))
        channel.close()

    assert (len(sink.taken), sink.connections) == (45, 3)


def test_lines_that_begin_with_a_dot_survive() -> None:
    channel = EmailChannel()
    with MailSink() as sink:
        message = message_to(sink)
        rendered = channel.render(message)
        body = b"Subject: x\r\n\r\n.\r\n..\r\n.end"
        from msgspec.structs import replace

        channel.deliver(message, replace(rendered, payload=body))
        channel.close()
    assert sink.taken[0].body == body + b"\r\n"


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(
    ("reply", "error", "hard"),
    [
        ("451 4.7.1 try again later", Unavailable, None),
        ("550 5.1.1 user unknown", Refused, True),
        ("550 5.7.515 access denied, sending domain does not pass SPF, DKIM and DMARC", Blocked, None),
        ("554 5.6.0 message content rejected", Refused, False),
        ("530 5.7.0 authentication required", Misconfigured, None),
    ],
)
def test_a_refusal_means_the_same_wherever_it_is_said(word: str, reply: str, error: type[ChannelError], hard: bool | None) -> None:
    channel = EmailChannel()
    with MailSink({word: [reply, "354 go on" if word == "DATA" else "250 ok"]}) as sink:
        with pytest.raises(error) as problem:
            deliver(channel, message_to(sink))
        deliver(channel, message_to(sink, key="b" * 32))  # and the next message is none the worse
        channel.close()

    assert hard is None or getattr(problem.value, "hard", None) is hard
    assert len(sink.taken) == 1


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_breaks_before_the_message_is_safe_to_try_again(word: str) -> None:
    channel = EmailChannel()
    with MailSink({word: [HANG_UP]}) as sink:
        with pytest.raises(Unavailable):
            deliver(channel, message_to(sink))
        assert sink.taken == []


def test_a_connection_that_breaks_after_the_dot_leaves_the_message_uncertain() -> None:
    channel = EmailChannel()
    with MailSink({"DOT": [HANG_UP]}) as sink, pytest.raises(NoAnswer):
        deliver(channel, message_to(sink))


def test_a_kept_connection_that_went_stale_is_replaced_without_a_word() -> None:
    channel = EmailChannel()
    with MailSink({"MAIL": ["250 ok", HANG_UP, "250 ok"]}) as sink:
        deliver(channel, message_to(sink))
        deliver(channel, message_to(sink, key="b" * 32))
        channel.close()
    assert (len(sink.taken), sink.connections) == (2, 2)


def test_one_refused_recipient_of_many_harms_no_other() -> None:
    channel = EmailChannel()
    with MailSink({"RCPT gone@example.com": ["550 5.1.1 no such user"]}) as sink:
        outcomes = []
        for number in range(50):
            address = "gone@example.com" if number == 20 else f"p{number}@example.com"
            try:
                deliver(channel, message_to(sink, address, key=f"{number:032x}"))
                outcomes.append("taken")
            except Refused:
                outcomes.append("refused")
        channel.close()
    assert outcomes == ["taken"] * 20 + ["refused"] + ["taken"] * 29
    assert len({taken.recipient for taken in sink.taken}) == len(sink.taken) == 49


def test_many_threads_share_the_connections() -> None:
    channel = EmailChannel()
    with MailSink() as sink, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: deliver(channel, message_to(sink, key=f"{number:032x}")), range(200)))
        channel.close()
    assert len({taken.body.split(b"Message-ID: ")[1][:34] for taken in sink.taken}) == 200


def test_nobody_there_is_a_reason_to_try_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable):
        deliver(EmailChannel(), sample_message("cart-reminder", "en", settings={"url": f"smtp://127.0.0.1:{port}"}))


def test_a_server_without_tls_where_it_is_required_gets_nothing() -> None:
    with MailSink() as sink, pytest.raises(Misconfigured, match="no TLS"):
        deliver(EmailChannel(), message_to(sink, tls="required"))
    assert sink.taken == []


def test_a_certificate_that_nobody_vouches_for_stops_the_channel(tmp_path_factory: pytest.TempPathFactory) -> None:
    port, stop = _tls_server(tmp_path_factory)
    try:
        with pytest.raises(Misconfigured, match="certificate"):
            deliver(EmailChannel(), sample_message("cart-reminder", "en", settings={"url": f"smtps://localhost:{port}"}))
    finally:
        stop.set()


def _tls_server(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, threading.Event]:
    """A server with a certificate of its own making."""
    import datetime as dt
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(day).not_valid_after(day.replace(year=2036))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.sendall(b"220 hello\r\n")
            except OSError:
                continue
        server.close()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1], stop


@pytest.mark.parametrize(
    "url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:99999", "smtp://host:abc"]
)
def test_a_server_that_cannot_be_is_told_at_once(url: str) -> None:
    with pytest.raises(Misconfigured):
        server_of(url)


def test_a_password_with_signs_in_it_is_read_as_it_was_meant() -> None:
    server = server_of("smtp://anna%40x.pl:p%3Aa%2Fs@mail.x.pl:587")
    assert (server.user, server.password, server.host, server.port) == ("anna@x.pl", "p:a/s", "mail.x.pl", 587)


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "smtp://h", "from": "nobody"},
        {"url": "smtp://h"},
        {"url": "smtp://h", "from": "a@b.pl", "tls": "maybe"},
        {"url": "smtp://h", "from": "a@b.pl", "per_connection": "many"},
        {"url": "smtp://h", "from": "a@b.pl", "dkim_key": "-----BEGIN"},
        {"url": "smtp://h", "from": "a@b.pl", "colour": "red"},
        {"url": "smtp://h", "from": "a@b.pl", "reply_to": "x"},
    ],
)
def test_settings_that_cannot_work_are_refused_when_they_are_saved(settings: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        EmailChannel().check(settings)


def test_settings_that_can_work_are_taken() -> None:
    EmailChannel().check({"url": "smtps://u:p@h:465", "from": "a@b.pl", "reply_to": "c@d.pl", "tls": "required"})

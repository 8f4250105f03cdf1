"""The bounce mailbox of a shop, read over IMAP: each message once, marked only after what it says is committed."""

import imaplib
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import structlog

from wraca.app.bounces import Taken, take_report
from wraca.app.chatmail import take_chat_reply
from wraca.app.register import Register
from wraca.app.replies import take_reply
from wraca.domain.bounces import Kind
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId

_log = structlog.get_logger()
_PATIENCE = 20.0  # seconds
_MOST_READ = 1 << 20  # bytes of one message
_MOST_AT_ONCE = 200
_KEYWORD = "WracaRead"  # our own mark, so that people who share the mailbox keep their unread messages
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class BadMailbox(ValueError):
    """The mailbox cannot be read; the text says why and what to do."""


class Mailbox(msgspec.Struct, frozen=True):
    """Where bounces arrive: imaps://user:password@host[:port]/folder."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    tls: bool = True


def read_mailbox(url: str) -> Mailbox:
    """Read imaps://user:password@host/folder (or imap:// with STARTTLS). Raises BadMailbox."""
    parts = urlsplit(url)
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username:
        raise BadMailbox("Write the mailbox as imaps://user:password@host/INBOX; write @ inside the user name as %40.")
    folder, tls = unquote(parts.path.strip("/")) or "INBOX", parts.scheme == "imaps"
    port = parts.port or (993 if tls else 143)
    return Mailbox(parts.hostname, port, unquote(parts.username), unquote(parts.password or ""), folder, tls)


def take_mailbox(
    register: Register, shop: ShopId, now: Instant, connect: Callable[[Mailbox], imaplib.IMAP4] | None = None
) -> tuple[Taken, ...]:
    """Take every report in the shop's bounce mailbox that was not taken before; none where it has no such mailbox.

    Raises BadMailbox where it cannot be read.
    """
    connection = register.connection(shop, "email")
    url = str(connection.settings.get("bounces") or "") if connection else ""
    if not url:
        return ()
    mailbox = read_mailbox(url)
    try:
        client = (connect or open_mailbox)(mailbox)
        try:
            return _take_all(register, shop, client, mailbox, now)
        finally:
            _leave(client)
    except (imaplib.IMAP4.error, OSError) as problem:
        raise BadMailbox(f"The mailbox at {mailbox.host} cannot be read: {problem}") from problem


def open_mailbox(mailbox: Mailbox) -> imaplib.IMAP4:
    """Signed in over TLS; without it only on this machine. Raises OSError, imaplib.IMAP4.error."""
    context = ssl.create_default_context()
    client: imaplib.IMAP4
    if mailbox.tls:
        client = imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=_PATIENCE)
    else:
        client = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_PATIENCE)
    try:
        if not mailbox.tls and mailbox.host not in _LOOPBACK:
            client.starttls(context)
        client.login(mailbox.user, mailbox.password)
    except BaseException:
        client.shutdown()
        raise
    return client


def _leave(client: imaplib.IMAP4) -> None:
    """What was taken in stays taken in, however the good-bye goes."""
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()


def _take_all(register: Register, shop: ShopId, client: imaplib.IMAP4, mailbox: Mailbox, now: Instant) -> tuple[Taken, ...]:
    _demand(client.select(f'"{mailbox.folder}"'), mailbox.folder)
    flags = b" ".join(flag for flag in client.untagged_responses.get("PERMANENTFLAGS", []) if isinstance(flag, bytes))
    mark, unread = (_KEYWORD, f"UNKEYWORD {_KEYWORD}") if rb"\*" in flags else (r"\Seen", "UNSEEN")
    numbers = _demand(client.uid("SEARCH", unread), mailbox.folder)[0]
    taken = []
    for number in (numbers or b"").split()[:_MOST_AT_ONCE]:
        name = number.decode()
        fetched = _demand(client.uid("FETCH", name, f"(BODY.PEEK[]<0.{_MOST_READ}>)"), mailbox.folder)
        raw = next((part[1] for part in fetched if isinstance(part, tuple)), b"")
        report = take_report(register, raw, now, shop)
        if report.kind is Kind.NEITHER:
            _ = take_reply(register, shop, raw, now) or take_chat_reply(register, shop, raw, now)
        taken.append(report)
        _demand(client.uid("STORE", name, "+FLAGS.SILENT", f"({mark})"), mailbox.folder)
    return tuple(taken)


def _demand(answer: tuple[str, Any], folder: str) -> Any:  # noqa: ANN401  (imaplib's parts are of every kind)
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"{folder}: {parts}")
    return parts


def take_all_mailboxes(register: Register, shops: tuple[ShopId, ...], now: Instant) -> int:
    """For a loop of the worker: every shop's mailbox, one that cannot be read keeps no other waiting; how many reports."""
    reports = 0
    for shop in shops:
        try:
            reports += len(take_mailbox(register, shop, now))
        except BadMailbox as problem:
            _log.warning("bounce mailbox cannot be read", shop=shop, problem=str(problem))
    return reports

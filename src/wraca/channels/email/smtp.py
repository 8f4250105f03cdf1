"""Handing messages to an SMTP server over kept connections, from several threads.

What matters is to know how far it came. Until the last dot is on its way nothing was handed over and trying again is safe; after
it, only the server's reply tells. A connection that breaks in between leaves the message uncertain: that is a plain exception.
"""

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections import defaultdict
from functools import cache
from urllib.parse import unquote, urlsplit

import msgspec

from wraca.channels.email.replies import error_of, told
from wraca.ports.channel import ChannelError, Misconfigured, Receipt, Unavailable

_TIMEOUT = 30.0  # seconds for one answer
_IDLE = 50.0  # seconds after which servers hang up by themselves
_PORTS = {"smtp": 25, "smtps": 465}
_GO_AHEAD = 354


class Server(msgspec.Struct, frozen=True):
    """Where to hand over, from the setting `url`. `tls`: "required", "offered" (used when offered) or "insecure-ok"."""

    host: str
    port: int
    implicit_tls: bool = False
    user: str = ""
    password: str = ""
    tls: str = "offered"
    per_connection: int = 20

    @property
    def is_local(self) -> bool:
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")


def server_of(url: str, tls: str = "", per_connection: int = 20) -> Server:
    """Read smtp://user:password@host:port. Raises Misconfigured."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as problem:
        raise Misconfigured("bad_url", f"the address of the mail server cannot be read: {problem}") from problem
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Misconfigured("bad_url", "the mail server must be given as smtp://user:password@host:port or smtps://...")
    if tls not in {"", "required", "offered", "insecure-ok"}:
        raise Misconfigured("bad_tls", "tls must be required, offered or insecure-ok")
    return Server(
        parts.hostname,
        port,
        parts.scheme == "smtps",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls or "offered",
        max(1, per_connection),
    )


class NoAnswer(Exception):
    """The message was on its way when the connection broke: nobody knows whether it was taken."""


class _Connection:
    """One open session; used by one thread at a time."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent = 0
        self.used_at = time.monotonic()
        try:
            self._smtp = self._open()
        except ChannelError:
            raise
        except ssl.SSLError as problem:
            detail = f"the certificate of {server.host} cannot be trusted: {problem.reason or problem}"
            raise Misconfigured("certificate", detail) from problem
        except smtplib.SMTPAuthenticationError as problem:
            raise Misconfigured("sign_in", f"{problem.smtp_code} {told(_text(problem.smtp_error))}") from problem
        except smtplib.SMTPResponseException as problem:
            raise error_of(problem.smtp_code, _text(problem.smtp_error)) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise Unavailable("no_connection", f"{server.host}:{server.port} {type(problem).__name__}") from problem

    def _open(self) -> smtplib.SMTP:
        smtp = self._connect()
        try:
            self._greet(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        if server.implicit_tls:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=_encryption(server.tls))
        return smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        server = self.server
        smtp.ehlo()
        if not server.implicit_tls and smtp.has_extn("starttls"):
            smtp.starttls(context=_encryption(server.tls))
            smtp.ehlo()
        elif not server.implicit_tls and (server.tls == "required" or (server.user and not server.is_local)):
            raise Misconfigured("no_tls", f"{server.host} offers no TLS: neither password nor mail is sent in the open")
        if server.user:
            smtp.login(server.user, server.password)
        # Small packets of a conversation must not wait for each other.
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def is_worn(self) -> bool:
        return self.sent >= self.server.per_connection or time.monotonic() - self.used_at > _IDLE

    def deliver(self, sender: str, recipient: str, payload: bytes) -> Receipt:
        """Hand one message over. Raises ChannelError (nothing was handed over) or NoAnswer (nobody knows)."""
        self._say(f"MAIL FROM:<{sender}>")
        self._say(f"RCPT TO:<{recipient}>")
        self._say("DATA", expected=_GO_AHEAD)
        try:
            self._smtp.send(_dotted(payload))
            code, text = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            raise NoAnswer(f"{self.server.host} fell silent after the message: {type(problem).__name__}") from problem
        self.sent += 1
        self.used_at = time.monotonic()
        if code // 100 != 2:
            raise error_of(code, _text(text))
        return Receipt(detail=f"{code} {told(_text(text))}")

    def _say(self, command: str, *, expected: int | None = None) -> None:
        try:
            code, text = self._smtp.docmd(command)
        except (OSError, smtplib.SMTPException) as problem:
            raise Unavailable("connection_lost", f"{self.server.host} {type(problem).__name__}", retry_after=5) from problem
        if code == expected or (expected is None and code // 100 == 2):
            return
        raise error_of(code, _text(text))

    def reset(self) -> bool:
        """Make it ready for the next message; False if it is of no more use."""
        try:
            return self._smtp.rset()[0] // 100 == 2
        except (OSError, smtplib.SMTPException):
            return False

    def close(self) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()


class Connections:
    """Open sessions by server, lent to one thread at a time."""

    def __init__(self) -> None:
        self._idle: defaultdict[Server, list[_Connection]] = defaultdict(list)
        self._lock = threading.Lock()

    def deliver(self, server: Server, sender: str, recipient: str, payload: bytes) -> Receipt:
        """Hand one message over on a kept connection; a stale one is replaced as long as nothing was said of the message."""
        connection = self._borrow(server)
        fresh = connection is None
        connection = connection or _Connection(server)
        try:
            receipt = connection.deliver(sender, recipient, payload)
        except Unavailable as problem:
            if problem.reason != "connection_lost":
                self._give_back(connection, clean=False)
                raise
            connection.close()
            if fresh:
                raise
            return self.deliver(server, sender, recipient, payload)
        except ChannelError:
            self._give_back(connection, clean=False)
            raise
        except BaseException:
            connection.close()
            raise
        self._give_back(connection, clean=True)
        return receipt

    def _borrow(self, server: Server) -> _Connection | None:
        while True:
            with self._lock:
                connection = self._idle[server].pop() if self._idle[server] else None
            if connection is None or not connection.is_worn:
                return connection
            connection.close()

    def _give_back(self, connection: _Connection, *, clean: bool) -> None:
        if connection.is_worn or not (clean or connection.reset()):
            connection.close()
            return
        with self._lock:
            self._idle[connection.server].append(connection)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, defaultdict(list)
        for connections in idle.values():
            for connection in connections:
                connection.close()


@cache
def _encryption(tls: str) -> ssl.SSLContext:
    """Made once: reading the system's certificates takes 20 ms, which at 20 messages per connection is a ms of CPU for each."""
    context = ssl.create_default_context()
    if tls == "insecure-ok":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _dotted(payload: bytes) -> bytes:
    """The body with its dots doubled (RFC 5321, 4.5.2) and the final dot."""
    body = payload.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said

"""The message as it goes over the wire: headers that cannot be injected into, a text part and an HTML part.

Bodies travel as base64, whose lines are short and need no escaping; `EmailMessage` takes many times as long. Tests parse every kind
of message back with the strict policy of the standard library. Sources: RFC 5322, 2045-2047, 2919, 8058.
"""

import base64
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from wraca.channels.email.compiled import Filled
from wraca.ports.channel import Misconfigured, Outgoing, Refused

_CRLF = "\r\n"
_NAME_LIMIT = 100
_LINE = 60  # characters of a header that need no folding, whatever its name
_WORD_BYTES = 45  # make a word of 72 characters
_FORBIDDEN = frozenset('<>,;:"()[]\\')
_SAFE_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -_")

# Headers that a signature must cover (trust D2): nobody may take the way out of a message off it.
SIGNED = (
    "from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type",
    "list-id", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip


def message_id(message: Outgoing) -> str:
    """The same at every attempt, so that two copies of one message are seen to be one."""
    return f"<{message.key}@{_domain(message.sender.address)}>"


def assemble(message: Outgoing, filled: Filled) -> bytes:
    """The whole message with CRLF line ends, dots not doubled. Raises Refused, Misconfigured."""
    boundary = f"=_{message.key}"
    sender, unsubscribe = message.sender, message.links.preferences
    headers = [
        ("Date", format_datetime(datetime.fromtimestamp(message.sent_at / 1000, UTC))),
        ("Message-ID", message_id(message)),
        ("From", _mailbox(sender.name, _own_address(sender.address))),
        ("To", _mailbox(message.recipient.name, _their_address(message.recipient.address))),
        ("Subject", encoded(filled.subject)),
        # Mail to the shop's own team is no list mail, and has nothing to unsubscribe from.
        *(_list_headers(message) if unsubscribe else ()),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        ("Content-Language", message.language[:2]),
    ]
    if sender.reply_to:
        headers.insert(3, ("Reply-To", _own_address(sender.reply_to)))
    head = _CRLF.join(f"{name}: {value}" for name, value in headers)
    parts = (_part("text/plain", filled.text), _part("text/html", filled.html))
    body = "".join(f"--{boundary}{_CRLF}{part}" for part in parts) + f"--{boundary}--{_CRLF}"
    return f"{head}{_CRLF}{_CRLF}{body}".encode("ascii")


def _list_headers(message: Outgoing) -> tuple[tuple[str, str], ...]:
    sender = message.sender
    return (
        ("List-ID", f"{encoded(sender.name)} <{message.shop}.{_domain(sender.address)}>"),
        ("List-Unsubscribe", f"<{message.links.preferences}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def _part(kind: str, content: str) -> str:
    packed = base64.encodebytes(content.encode("utf-8")).decode("ascii").replace("\n", _CRLF)
    head = f"Content-Type: {kind}; charset=utf-8{_CRLF}Content-Transfer-Encoding: base64{_CRLF}{_CRLF}"
    return f"{head}{packed}"


@lru_cache(maxsize=4096)
def encoded(value: str) -> str:
    """A header's words: control characters become spaces, anything beyond ASCII or too long for a line encoded words (RFC 2047)."""
    line = _one_line(value)
    return line if line.isascii() and len(line) <= _LINE and "=?" not in line else _words(line)


def _one_line(value: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def _words(line: str) -> str:
    """Base64 words of at most 75 characters, never cutting through a character."""
    words: list[bytes] = [b""]
    for character in line:
        piece = character.encode("utf-8")
        if len(words[-1]) + len(piece) > _WORD_BYTES:
            words.append(b"")
        words[-1] += piece
    return f"{_CRLF} ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in words)


@lru_cache(maxsize=4096)
def _mailbox(name: str, address: str) -> str:
    plain = _one_line(name)[:_NAME_LIMIT]
    if not plain:
        return address
    if not plain.isascii() or "=?" in plain:
        return f"{_words(plain)} <{address}>"
    if set(plain) <= _SAFE_NAME:
        return f"{plain} <{address}>"
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"{_CRLF} <{address}>'


def ascii_address(address: str) -> str | None:
    """The address as ASCII, its domain in IDNA; None for what no mail server without SMTPUTF8 takes, or for no address at all."""
    name, at, domain = address.strip().rpartition("@")
    if (
        not (name and at and domain)
        or not name.isascii()
        or any(c.isspace() or c in _FORBIDDEN or not c.isprintable() for c in name)
    ):
        return None
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return f"{name}@{host}" if all(c.isalnum() or c in "-." for c in host) else None


def _their_address(address: str) -> str:
    if (written := ascii_address(address)) is None:
        raise Refused("bad_address", "the address cannot be written in a message", hard=True)
    return written


def _own_address(address: str) -> str:
    if (written := ascii_address(address)) is None:
        raise Misconfigured("bad_sender", f"{address!r} is not an address that mail can be sent from")
    return written


def _domain(address: str) -> str:
    return _own_address(address).rpartition("@")[2]

"""The message as it goes over the wire: headers that cannot be injected into, a text part and an HTML part.

Bodies travel as base64, whose lines are short and need no escaping; `EmailMessage` takes many times as long. Tests parse every kind
of message back with the strict policy of the standard library. Sources: RFC 5322, 2045-2047, 2919, 8058.
"""

import base64
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

from wraca.channels.email.compiled import Filled
from wraca.ports.channel import Misconfigured, Outgoing, Refused

_CRLF = "\r\n"
_NAME_LIMIT = 100
_FORBIDDEN = frozenset('<>,;:"()[]\\')
_SAFE_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -_.")

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
        ("Subject", encoded(filled.subject, "Subject")),
        ("List-ID", f"{encoded(sender.name, 'List-ID')} <{message.shop}.{_domain(sender.address)}>"),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
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


def _part(kind: str, content: str) -> str:
    packed = base64.encodebytes(content.encode("utf-8")).decode("ascii").replace("\n", _CRLF)
    head = f"Content-Type: {kind}; charset=utf-8{_CRLF}Content-Transfer-Encoding: base64{_CRLF}{_CRLF}"
    return f"{head}{packed}"


def encoded(value: str, name: str) -> str:
    """One header value: control characters become spaces, anything beyond ASCII an RFC 2047 word, long ones are folded."""
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return Header(line, "us-ascii" if line.isascii() else "utf-8", header_name=name, maxlinelen=76).encode(linesep=_CRLF)


def _mailbox(name: str, address: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:_NAME_LIMIT]
    if not plain:
        return address
    if not plain.isascii():
        return f"{Header(plain, 'utf-8', header_name='From').encode(linesep=_CRLF)} <{address}>"
    if set(plain) <= _SAFE_NAME and "." not in plain:
        return f"{plain} <{address}>"
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


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

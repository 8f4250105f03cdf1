"""SMPP 3.4, the protocol of message centres: a transmitter is bound for one message, its parts are submitted, and it unbinds.

Only what is needed: bind_transmitter, submit_sm with parts behind a user data header, enquire_link when asked, unbind. A part that
was submitted and never answered leaves the message uncertain, and so does a later part that fails: the first one may have left.
A transmitter hears no reports: `accepted` is the last that is known of these messages.
"""

import re
import socket
import struct
from contextlib import suppress
from itertools import count
from typing import Final, NamedTuple

from wraca.channels.sms.providers.texts import Settings, Text, need, said
from wraca.channels.sms.segments import divided, encoded
from wraca.channels.sms.wire import NoAnswer, Wire
from wraca.ports.channel import ChannelError, Misconfigured, Receipt, Refused, Unavailable
from wraca.ports.texting import Call, Heard, Report

_BIND, _SUBMIT, _UNBIND, _ENQUIRE = 0x02, 0x04, 0x06, 0x15
_ANSWER: Final = 0x80000000
_HEADER: Final = struct.Struct(">IIII")
_LONGEST: Final = 4_096  # bytes of one answer
_MOST_OTHERS: Final = 20  # things that are not the answer, before it is no conversation any more
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9][A-Za-z0-9-]*|[0-9a-fA-F:]+")
_DAY, _LONGEST_VALIDITY = 86_400, 30 * 86_400  # seconds

_MISCONFIGURED: Final = {
    0x04: "sign_in", 0x05: "sign_in", 0x0D: "sign_in", 0x0E: "sign_in", 0x0F: "sign_in", 0x0A: "bad_sender", 0x48: "bad_sender",
    0x53: "sign_in",
}  # fmt: skip
_LATER: Final = frozenset({0x08, 0x14, 0x58, 0x64})


class _Answer(NamedTuple):
    command: int
    status: int
    number: int
    body: bytes


class Smpp:
    """Settings: `smpp_host`, `smpp_port`, `smpp_tls`, and `user` and `password` as system id and password."""

    name = "smpp"

    def check(self, settings: Settings) -> None:
        """A host, a port, a system id of at most 15 letters and a password of at most 8, as the protocol has room for."""
        need(settings, "smpp_host", "user", "password", "sender")
        port = said(settings, "smpp_port", "2775")
        if not _HOST.fullmatch(said(settings, "smpp_host")) or not port.isdigit() or not 0 < int(port) < 65_536:
            raise Misconfigured("bad_address", "the message centre is a host, such as smpp.provider.example, and a port")
        if len(said(settings, "user")) > 15 or len(said(settings, "password")) > 8:
            raise Misconfigured("sign_in", "SMPP has room for 15 letters of a system id and 8 of a password")
        if not (said(settings, "user") + said(settings, "password")).isascii():
            raise Misconfigured("sign_in", "the system id and the password are plain letters")

    def send(self, text: Text, settings: Settings, wire: Wire) -> Receipt:
        """Bind, submit each part, unbind."""
        tls = said(settings, "smpp_tls", "no") == "yes"
        with wire.connect(self.name, said(settings, "smpp_host"), int(said(settings, "smpp_port", "2775")), tls=tls) as line:
            talk = _Talk(line)
            talk.bind(said(settings, "user"), said(settings, "password"))
            receipt = _submitted(talk, text)
            with suppress(OSError, NoAnswer):
                talk.ask(_UNBIND, b"")
        return receipt

    def hear(self, settings: Settings, call: Call) -> Heard:  # noqa: ARG002  (nobody calls over HTTP)
        """Nothing comes this way."""
        return Heard()

    def ask(self, key: str, reference: str, settings: Settings, wire: Wire) -> Report | None:  # noqa: ARG002
        """A transmitter cannot tell."""
        return None


class _Talk:
    """One conversation: a question, and its answer among whatever else the other side says."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._numbers = count(1)

    def bind(self, user: str, password: str) -> None:
        """Raises Misconfigured, Unavailable: nothing has been handed over yet."""
        body = f"{user}\0{password}\0\0".encode() + bytes([0x34, 0, 0]) + b"\0"
        try:
            answer = self.ask(_BIND, body)
        except (OSError, NoAnswer):
            raise Unavailable("connection_lost", "the message centre hung up while signing in") from None
        if answer.status:
            raise _problem(answer.status)

    def ask(self, command: int, body: bytes) -> _Answer:
        """Raises OSError; NoAnswer for what is no answer at all."""
        number = next(self._numbers)
        self._line.sendall(_HEADER.pack(_HEADER.size + len(body), command, 0, number) + body)
        for _ in range(_MOST_OTHERS):
            answer = self._read()
            if answer.command & _ANSWER and answer.number == number:
                return answer
            if answer.command == _ENQUIRE:
                self._line.sendall(_HEADER.pack(_HEADER.size, _ENQUIRE | _ANSWER, 0, answer.number))
        raise NoAnswer("the message centre speaks of other things")

    def _read(self) -> _Answer:
        length, command, status, number = _HEADER.unpack(self._exactly(_HEADER.size))
        if not _HEADER.size <= length <= _LONGEST:
            raise NoAnswer("what came is no SMPP")
        return _Answer(command, status, number, self._exactly(length - _HEADER.size))

    def _exactly(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            if not (piece := self._line.recv(size - len(content))):
                raise NoAnswer("the message centre hung up")
            content += piece
        return content


def _submitted(talk: _Talk, text: Text) -> Receipt:
    """Every part; the first one's name is the message's."""
    parts = divided(text.text)
    names: list[str] = []
    for place, part in enumerate(parts, 1):
        try:
            answer = talk.ask(_SUBMIT, _submit(text, part, place, len(parts)))
        except OSError as problem:
            raise NoAnswer(type(problem).__name__) from None
        if answer.status:
            if names:
                raise NoAnswer(f"part {place} was refused: status {answer.status:#x}")
            raise _problem(answer.status)
        names.append(answer.body.split(b"\0")[0].decode("ascii", "replace")[:64])
    return Receipt(names[0], "", len(parts))


def _submit(text: Text, part: str, place: int, parts: int) -> bytes:
    """The body of submit_sm (4.4.1)."""
    content = encoded(part, is_unicode=text.is_unicode)
    if parts > 1:
        # The reference ties the parts together on the phone: from the key, so that a second try has the same.
        content = bytes([5, 0, 3, int(text.key[:2], 16), parts, place]) + content
    return b"".join(
        (
            b"\0",
            _address(text.sender),
            _address(text.to),
            bytes([0x40 if parts > 1 else 0, 0, 0]),
            b"\0",
            _validity(text.expires_in),
            bytes([0, 0, 8 if text.is_unicode else 0, 0, len(content)]),
            content,
        )
    )


def _address(name: str) -> bytes:
    """Kind, plan and the address itself: a name, a short number, or an international one."""
    if name.startswith("+"):
        return bytes([1, 1]) + name[1:].encode() + b"\0"
    return bytes([3, 0] if name.isdigit() else [5, 0]) + name.encode("ascii", "replace") + b"\0"


def _validity(seconds: int) -> bytes:
    """A relative time (7.1.1): YYMMDDhhmmsstnnR; empty: as long as the message centre likes."""
    if not seconds:
        return b"\0"
    days, rest = divmod(min(seconds, _LONGEST_VALIDITY - 1), _DAY)
    return f"0000{days:02}{rest // 3600:02}{rest % 3600 // 60:02}{rest % 60:02}000R\0".encode()


def _problem(status: int) -> ChannelError:
    detail = f"status {status:#x}"
    if status in _MISCONFIGURED:
        return Misconfigured(_MISCONFIGURED[status], detail)
    if status in _LATER:
        return Unavailable("too_fast" if status == 0x58 else "try_later", detail)
    if status == 0x0B:
        return Refused("bad_number", detail, hard=True)
    return Refused("refused", detail)

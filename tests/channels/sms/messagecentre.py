"""A message centre that speaks SMPP 3.4 on 127.0.0.1: takes everything, or answers as a behaviour says."""

import socket
import struct
import threading
from contextlib import suppress
from typing import ClassVar, Self

from tests.channels.sms.gateways import message
from wraca.channels.sms import SmsChannel
from wraca.channels.sms.wire import Wire
from wraca.ports.channel import Outgoing
from wraca.testing.contracts.channel import Behaviour

HEADER = struct.Struct(">IIII")
SETTINGS = {"provider": "smpp", "smpp_host": "smpp.example", "user": "wraca", "password": "s3cret!", "sender": "Sklep"}
BIND = {"shuts_out": 0x0E}
SUBMIT = {"refuses": 0x45, "knows_no_such_address": 0x0B, "is_busy": 0x58}


class MessageCentre:
    """`submitted` are the bodies of submit_sm; `refuse_part` is a part that is refused."""

    broken: ClassVar[dict[str, object]] = {
        "provider": "smpp",
        "sender": "Sklep",
        "smpp_host": "http://x",
        "user": "a",
        "password": "b",
    }
    knows_keys = False

    def __init__(self) -> None:
        self.how: Behaviour = "takes"
        self.submitted: list[bytes] = []
        self.refuse_part = 0
        self.chatty = False

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        self.channel = SmsChannel(Wire(addresses={"smpp": self.address}))
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def message(self, key: str, **settings: object) -> Outgoing:
        return message(key, {**SETTINGS, **settings}, sources={"sms": "Wracaj: {{ link }}"})

    def behave(self, how: Behaviour) -> None:
        self.how = how
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nowhere = f"127.0.0.1:{closed.getsockname()[1]}"
        self.channel._wire = Wire(addresses={"smpp": nowhere if how == "is_away" else self.address})

    def taken(self) -> list[str]:
        return [body.hex() for body in self.submitted]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._server.accept()
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with suppress(OSError, struct.error), line, line.makefile("rb") as stream:
            while head := stream.read(16):
                length, command, _, number = HEADER.unpack(head)
                body = stream.read(length - 16)
                if self.chatty:
                    line.sendall(HEADER.pack(16, 0x15, 0, 900))  # enquire_link: are you there?
                status, answer = self._answer(command, body)
                if answer is None:
                    return
                line.sendall(HEADER.pack(16 + len(answer), command | 0x80000000, status, number) + answer)

    def _answer(self, command: int, body: bytes) -> tuple[int, bytes | None]:
        if command == 0x02:
            return BIND.get(self.how, 0), b"centre\0"
        if command != 0x04:
            return 0, b""
        if self.refuse_part == len(self.submitted) + 1:
            return 0x14, b""
        if status := SUBMIT.get(self.how, 0):
            return status, b""
        self.submitted.append(body)
        return 0, None if self.how == "loses_answers" else f"id{len(self.submitted)}\0".encode()

"""A mail server for tests: takes everything, or says exactly what a script tells it to say, or hangs up."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedRWPair
from typing import Any, Self

HANG_UP = ""  # as a reply: close the connection without a word


@dataclass
class Taken:
    """One message as it came over the wire, dots undone."""

    sender: str
    recipient: str
    body: bytes


@dataclass
class MailSink:
    """Listens on 127.0.0.1 while it is open as a context manager.

    `script` maps a word (CONNECT, EHLO, MAIL, RCPT, DATA, DOT, RSET) to replies given in turn, the last one again and again; a key
    of the form "RCPT anna@example.com" speaks of one recipient only. Words without a script get 250 (354 for DATA).
    """

    script: Mapping[str, list[str]] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    extensions: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self._asked: dict[str, int] = {}
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _reply(self, key: str, default: str) -> str:
        replies = self.script.get(key)
        if not replies:
            return default
        turn = self._asked[key] = self._asked.get(key, -1) + 1
        return replies[min(turn, len(replies) - 1)]

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rwb") as stream:
            if not self._say(stream, self._reply("CONNECT", "220 sink")):
                return
            sender = recipient = ""
            while line := stream.readline().decode().strip():
                word, address = line[:4].upper(), line.partition("<")[2].partition(">")[0]
                answer = self._reply(f"{word} {address}", "") or self._reply(word, self._usual(word))
                if not self._say(stream, answer) or word == "QUIT":
                    return
                sender = address if word == "MAIL" else sender
                recipient = address if word == "RCPT" else recipient
                if word == "DATA" and answer.startswith("354") and not self._take(stream, sender, recipient):
                    return

    def _take(self, stream: "BufferedRWPair[Any, Any]", sender: str, recipient: str) -> bool:
        body = self._body(stream.readline)
        ending = self._reply("DOT", "250 2.0.0 taken")
        if ending.startswith("2"):
            self.taken.append(Taken(sender, recipient, body))
        return self._say(stream, ending)

    @staticmethod
    def _say(stream: "BufferedRWPair[Any, Any]", text: str) -> bool:
        """False for the silence that ends a connection."""
        if text:
            stream.write(f"{text}\r\n".encode())
            stream.flush()
        return bool(text)

    def _usual(self, word: str) -> str:
        if word == "EHLO" and self.extensions:
            lines = ["sink", *self.extensions]
            return "\r\n".join(f"250{'-' if line != lines[-1] else ' '}{line}" for line in lines)
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 ok")

    @staticmethod
    def _body(readline: Callable[[], bytes]) -> bytes:
        lines = []
        while (line := readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

"""A mail server in a process of its own that takes everything, quickly, and writes down the Message-ID of what it took.

    python sink.py took.txt        prints its port; one line per message goes to the file before the message is answered

What is in the file was handed over, whether or not the sender lived to hear the answer.
"""

import asyncio
import sys
from pathlib import Path
from typing import TextIO

_END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection. Commands come line by line, a message until its final dot."""

    def __init__(self, took: TextIO) -> None:
        self._took = took
        self._waiting = b""
        self._in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while self._take_message() if self._in_message else self._take_command():
            pass

    def _take_message(self) -> bool:
        body, end, rest = self._waiting.partition(_END)
        if not end:
            return False
        self._in_message, self._waiting = False, rest
        head = body.partition(b"\r\n\r\n")[0].decode("latin-1")
        name = next((line for line in head.split("\r\n") if line.lower().startswith("message-id:")), "message-id: none")
        self._took.write(name.partition(":")[2].strip() + "\n")
        self._took.flush()
        self._transport.write(b"250 taken\r\n")
        return True

    def _take_command(self) -> bool:
        line, end, rest = self._waiting.partition(b"\r\n")
        if not end:
            return False
        self._waiting = rest
        word = line[:4].upper()
        if word == b"DATA":
            self._in_message = True
            self._transport.write(b"354 go on\r\n")
        elif word == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 fine\r\n")
        return bool(self._waiting)


async def listen(file: Path) -> None:
    """Serve until killed."""
    with file.open("a") as took:
        server = await asyncio.get_running_loop().create_server(lambda: Session(took), "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(listen(Path(sys.argv[1])))

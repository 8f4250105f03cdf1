"""Mozilla's push service in small: browsers hold a WebSocket open to it, senders post to the endpoints it gives out."""

import asyncio
import base64
import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.channels.webpush.pushservice import PushService

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Autopush(PushService):
    """Checks what senders post like its parent, then hands it to the browser. `acks` is what the browser answered: 100 is read."""

    def __init__(self) -> None:
        super().__init__()
        self.acks: list[int] = []
        self.channels: dict[str, str] = {}  # path -> channel
        self.socket_url = ""
        self.garbage = False  # hand over something that nobody can read
        self._send: Callable[[dict[str, object]], None] = lambda _said: None

    def hears(self, said: dict[str, object], send: Callable[[dict[str, object]], None]) -> None:
        """A message of the browser."""
        self._send = send
        channel = str(said.get("channelID", ""))
        match said.get("messageType"):
            case "hello":
                send({"messageType": "hello", "uaid": uuid.uuid4().hex, "status": 200, "use_webpush": True, "broadcasts": {}})
            case "register":
                path = f"/p/{uuid.uuid4().hex}"
                self.channels[path] = channel
                send({"messageType": "register", "channelID": channel, "status": 200, "pushEndpoint": self.url + path})
            case "unregister":
                self.channels = {path: one for path, one in self.channels.items() if one != channel}
                send({"messageType": "unregister", "channelID": channel, "status": 200})
            case "ack":
                updates = said["updates"]
                assert isinstance(updates, list)
                self.acks += [int(one["code"]) for one in updates]
            case _:
                send({})

    def posted(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """A message of a sender, for the browser behind this endpoint."""
        if path not in self.channels:
            return 410, {}
        status, told = self.judge(headers, body)
        if status == 201:
            sealed = bytes(byte ^ 1 for byte in body) if self.garbage else body
            self._send(
                {
                    "messageType": "notification",
                    "channelID": self.channels[path],
                    "version": uuid.uuid4().hex,
                    "data": base64.urlsafe_b64encode(sealed).rstrip(b"=").decode(),
                    "headers": {"encoding": "aes128gcm"},
                }
            )
        return status, told


class _Door:
    """HTTP and WebSocket on one port."""

    def __init__(self, service: Autopush) -> None:
        self._service = service

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            if "sec-websocket-key" in headers:
                await self._talk(reader, writer, headers)
            else:
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, told = self._service.posted(head[0].split()[1], headers, body)
                lines = [
                    f"HTTP/1.1 {status} Said",
                    "Content-Length: 0",
                    "Connection: close",
                    *(f"{k}: {v}" for k, v in told.items()),
                ]
                writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: dict[str, str]) -> None:
        proof = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + _MAGIC).encode()).digest()).decode()
        lines = ["HTTP/1.1 101 Switching", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {proof}"]
        if protocol := headers.get("sec-websocket-protocol"):
            lines.append(f"Sec-WebSocket-Protocol: {protocol.split(',')[0].strip()}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        loop = asyncio.get_running_loop()

        def send(said: dict[str, object]) -> None:
            loop.call_soon_threadsafe(writer.write, _frame(_TEXT, json.dumps(said).encode()))

        while True:
            kind, content = await _read_frame(reader)
            if kind == _TEXT:
                self._service.hears(json.loads(content), send)
            elif kind == _PING:
                writer.write(_frame(_PONG, content))
            elif kind == _CLOSE:
                return


def _frame(kind: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big")
    return bytes([0x80 | kind]) + length + content


async def _read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 127
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4)
    content = await reader.readexactly(size)
    return first & 15, bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))


@contextmanager
def listening() -> Iterator[Autopush]:
    """The service on a port that nobody uses."""
    service, loop = Autopush(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(_Door(service).answer, "127.0.0.1", 0))
    port = server.sockets[0].getsockname()[1]
    service.url, service.socket_url = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        server.close()
        loop.close()

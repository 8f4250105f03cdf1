"""The edge on loopback for the official clients, and a word about what should be."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.edge.pretend import BROWSER, Behind
from wraca.app.answers import KeyHolder
from wraca.edge import edge_app


class Shop(Behind):
    """The pretend application, whose browser key works on the page that this script serves."""

    origin = ""

    def recover(self) -> None:
        self.busy = False

    def knows_origin(self, origin: str) -> bool:
        return origin == self.origin

    def find_key(self, key: str) -> KeyHolder | None:
        holder = super().find_key(key)
        return KeyHolder(holder.shop, "browser", (self.origin,)) if holder and key == BROWSER else holder


@contextmanager
def serving(behind: Behind) -> Iterator[int]:
    """A real server on loopback; its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(edge_app(behind.services()), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def expect(holds: bool, seen: object) -> None:
    """Stop with what was seen instead."""
    if not holds:
        raise SystemExit(f"not as promised: {seen}")

"""A flood of one shop: turned away with a time to come back, no memory grows, and the neighbour is served."""

import asyncio
import base64
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import OTHER_SERVER, SERVER, Behind
from wraca.edge import Limits, Rate, edge_app
from wraca.edge.errors import BUSY, TOO_FAST, UNKNOWN_KEY
from wraca.edge.errors import ORIGIN as WRONG_ORIGIN
from wraca.edge.tokens import NOT_FOUND

ROOT = Path(__file__).parents[2]
REQUESTS, CONNECTIONS = 7_000, 40
GROWTH = 30 * 1024 * 1024  # bytes: the buckets and the interpreter's own arenas, nothing that grows with requests
STRANGER, CUSTOMER, NEIGHBOUR = "127.0.0.2", "127.0.0.3", "127.0.0.4"  # loopback addresses, one for each sender


def request_of(key: str) -> bytes:
    """One event as bytes on the wire."""
    body = json.dumps({"event": "Product Viewed", "anonymousId": "a1", "properties": {"note": "x" * 500}}).encode()
    head = f"POST /v1/t HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nAuthorization: Basic "
    return head.encode() + base64.b64encode(f"{key}:".encode()) + b"\r\n\r\n" + body


@contextmanager
def flooded(mode: str) -> Iterator[tuple[int, psutil.Process]]:
    """A real server on loopback with small limits; its port and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "tests.edge.flooded", str(port), mode], cwd=ROOT) as server:
        try:
            _wait_for(port)
            yield port, psutil.Process(server.pid)
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not start")


class Visitor:
    """One sender on one connection that stays open."""

    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self.answers: Counter[int] = Counter()
        self.without_advice = 0  # refusals that do not say when to come back
        self.slowest = 0.0  # seconds

    async def sends(self, request: bytes, times: int, pause: float = 0) -> None:
        """The same again and again, each after the answer to the one before."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._address, 0))
        for _ in range(times):
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r")[0]))
            self.slowest = max(self.slowest, time.perf_counter() - began)
            status = int(head[9:12])
            self.answers[status] += 1
            self.without_advice += status in {429, 503} and b"retry-after: " not in head.lower()
            if pause:
                await asyncio.sleep(pause)
        writer.close()
        await writer.wait_closed()


async def flood(port: int, key: str, address: str) -> tuple[Visitor, Visitor]:
    """The flooding visitor (all of its connections together) and the neighbour, who comes 40 times meanwhile."""
    flooder, neighbour = Visitor(port, address), Visitor(port, NEIGHBOUR)
    bad = [flooder.sends(request_of(key), REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)]
    await asyncio.gather(neighbour.sends(request_of(OTHER_SERVER), 40, 0.05), *bad)
    return flooder, neighbour


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "key", "address", "refused"),
    [("rate", SERVER, CUSTOMER, 429), ("queue", SERVER, CUSTOMER, 503), ("rate", "ws_guessed", STRANGER, 429)],
)
def test_a_flood_of_one_sender_is_turned_away_and_its_neighbour_is_served(mode: str, key: str, address: str, refused: int) -> None:
    with flooded(mode) as (port, process):
        asyncio.run(flood_a_little(port, key, address))
        before = process.memory_info().rss
        flooder, neighbour = asyncio.run(flood(port, key, address))
        growth = process.memory_info().rss - before

    assert flooder.answers.total() == REQUESTS
    assert flooder.answers[refused] > REQUESTS / 10, flooder.answers
    assert set(flooder.answers) <= {200, 401, refused}
    assert flooder.without_advice == 0
    assert growth < GROWTH
    assert neighbour.answers == {200: 40}
    assert neighbour.slowest < 2


async def flood_a_little(port: int, key: str, address: str) -> None:
    """What every server needs to grow to its usual size."""
    await Visitor(port, address).sends(request_of(key), 500)


def test_a_refusal_keeps_nothing_of_the_requests_that_it_refused() -> None:
    behind = Behind(limits=Limits(per_server=Rate(0.001, 1), misses=Rate(0.001, 5)))
    with TestClient(edge_app(behind.services())) as client:
        for number in range(10):
            for key in (SERVER, f"guessed-{number}", OTHER_SERVER):
                headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
                client.post("/v1/t", headers=headers, json={"event": "Viewed", "anonymousId": "a"})
            client.get("/r/guessed-token-0123456789")

    # An exception that is raised again and again holds the frames of every time, and with them the bodies that were sent.
    assert [one for one in (BUSY, TOO_FAST, UNKNOWN_KEY, WRONG_ORIGIN, NOT_FOUND) if one.__traceback__] == []

"""An installation of real processes that can be killed, the shop that keeps reporting to it, and the mail server behind it."""

import base64
import http.client
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wraca.clock import wall
from wraca.testing.databases import TEST_SECRET

_HERE = Path(__file__).parent


class Sink:
    """The mail server's own list of what it took."""

    def __init__(self, file: Path, port: int) -> None:
        self._file, self.port = file, port
        self._read = 0
        self.taken: list[str] = []

    def look(self) -> int:
        """How many messages it has taken by now."""
        with self._file.open() as lines:
            lines.seek(self._read)
            while (line := lines.readline()).endswith("\n"):
                self.taken.append(line.strip().strip("<>").partition("@")[0])
                self._read = lines.tell()
        return len(self.taken)


@contextmanager
def mail_server(directory: Path) -> Iterator[Sink]:
    """A sink in a process of its own."""
    file = directory / "taken.txt"
    process = subprocess.Popen([sys.executable, _HERE / "sink.py", file], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Sink(file, int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


class Processes:
    """Wraca's own, by what they do. `roles` is what runs at any time; a killed one is replaced at once."""

    def __init__(self, url: str, directory: Path, roles: tuple[str, ...], *, slots: int, lease: float) -> None:
        self.port = _free_port()
        self.log = directory / "wraca.log"
        self.kills = 0
        environment = os.environ | {
            "WRACA_DATABASE_URL": url,
            "WRACA_SECRET_KEY": TEST_SECRET,
            "WRACA_LISTEN": f"127.0.0.1:{self.port}",
            "WRACA_SLOTS": str(slots),
            "WRACA_LEASE": str(lease),
            "WRACA_LOG_LEVEL": "warning",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        command = [sys.executable, str(_HERE / "nursery.py"), str(self.log)]
        self._nursery = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._running = [(role, self._start(role)) for role in roles]

    def _start(self, role: str) -> int:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{role}\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL any of them, wherever it is in its work, and start another in its place."""
        place = chance.randrange(len(self._running))
        role, pid = self._running[place]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.kills += 1
        self._running[place] = (role, self._start(role))

    def where_they_are(self) -> str:
        """The end of the log, with what every thread of every process is at."""
        for _, pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGUSR1)
        time.sleep(1)
        return self.log.read_text()[-12_000:]

    def stop(self) -> None:
        """End them all, the nursery too."""
        for _, pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._nursery.communicate()


@contextmanager
def processes(url: str, directory: Path, roles: tuple[str, ...], *, slots: int, lease: float) -> Iterator[Processes]:
    """These processes, running for the length of the block."""
    running = Processes(url, directory, roles, slots=slots, lease=lease)
    try:
        yield running
    finally:
        running.stop()


class Reporter(threading.Thread):
    """The shop's server: reports events, each batch again and again until it is acknowledged, as its messageIds allow."""

    def __init__(self, port: int, key: str, buyers: list[str]) -> None:
        super().__init__(name="reporter", daemon=True)
        self._port, self._buyers = port, buyers
        self._headers = {
            "authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "content-type": "application/json",
        }
        self._done = threading.Event()
        self.acknowledged: list[str] = []
        self.bought: dict[str, int] = {}  # when the order of this customer was acknowledged (ms)
        self.tries = 0

    def run(self) -> None:
        for number in itertools.count():
            if self._done.wait(0.03):
                return
            batch = [self._event(number, place) for place in range(10)]
            if not self._report(json.dumps({"batch": batch}).encode()):
                return
            self.acknowledged += [str(event["messageId"]) for event in batch]
            acknowledged_at = wall()
            self.bought |= {str(event["userId"]): acknowledged_at for event in batch if event["event"] == "Order Completed"}

    def stop(self) -> None:
        """No more batches; the one under way is given up."""
        self._done.set()
        self.join()

    def _event(self, number: int, place: int) -> dict[str, object]:
        event: dict[str, object] = {"type": "track", "messageId": f"report-{number}-{place}"}
        if place == 0 and number % 3 == 0 and self._buyers:
            buyer = self._buyers.pop()
            order = {"order_id": f"order-{buyer}", "total": 199, "currency": "PLN"}
            return event | {"userId": buyer, "event": "Order Completed", "properties": order}
        product = {"product_id": f"lamp-{place}", "price": 199, "quantity": 1, "currency": "PLN"}
        return event | {"userId": f"browsing-{number % 50}", "event": "Product Added", "properties": product}

    def _report(self, body: bytes) -> bool:
        """Until it is acknowledged, or nobody wants to know any more."""
        while not self._done.is_set():
            self.tries += 1
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
                try:
                    connection.request("POST", "/v1/batch", body, self._headers)
                    # Closed by itself as well: half an answer of a killed server keeps the socket, whoever closes the connection.
                    with connection.getresponse() as answer:
                        said = answer.read()
                finally:
                    connection.close()
                if answer.status == 200:
                    return True
                assert answer.status in {429, 503}, (answer.status, said)
            time.sleep(0.05)
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

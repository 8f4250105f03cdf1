"""The loops of a worker: who calls which use case, when, with which `now`. Any number of workers may run on one database."""

import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from wraca.app.errors import Busy
from wraca.app.hooksending import Hooks
from wraca.app.reconciling import Reconciler
from wraca.app.register import Register
from wraca.app.retention import PORTION, forget_old
from wraca.app.sending import Sender
from wraca.app.working import BATCH, work_timers
from wraca.domain.events import Instant
from wraca.storage.database import DatabaseBusy
from wraca.worker.upkeep import Upkeep

_log = structlog.get_logger("wraca.worker")

_IDLE = 0.25  # seconds between two looks when nothing is due
_TROUBLE = 1.0  # seconds to wait when the database cannot be reached
_SWEEP = 60_000  # ms between two looks at everything, however old
_MARGIN = 5_000  # ms: a timer set a moment ago for a moment ago is still seen
_FORGET = 3_600_000  # ms between two looks for what is too old
_RESCUE = 2_000  # ms between two looks for workers that died


class Stop(Protocol):
    """threading.Event, as much of it as a loop needs."""

    def wait(self, timeout: float | None = None) -> bool: ...
    def is_set(self) -> bool: ...


class Timers:
    """Does what is due, bucket after bucket. `low` keeps a look off what was already cleared away."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._low: dict[int, Instant] = {}
        self._swept: dict[int, Instant] = {}

    def once(self, now: Instant) -> int:
        """One look at every bucket; how many things were done."""
        return sum(self._bucket(bucket, now) for bucket in self._register.buckets())

    def _bucket(self, bucket: int, now: Instant) -> int:
        sweep = not 0 <= now - self._swept.get(bucket, 0) < _SWEEP
        low = 0 if sweep else self._low.get(bucket, 0)
        done = work_timers(self._register, bucket, now, low)
        if done < BATCH:
            self._low[bucket] = now - _MARGIN
            if sweep:
                self._swept[bucket] = now
        return done


class Outbox:
    """Sends what is due, bucket after bucket, and takes over from workers that died."""

    def __init__(self, register: Register, sender: Sender) -> None:
        self._register = register
        self._sender = sender
        self._rescued: Instant = 0

    def once(self, now: Instant) -> int:
        """One look at every bucket; how many messages were looked at."""
        buckets = self._register.buckets()
        if not 0 <= now - self._rescued < _RESCUE:
            self._rescued = now
            for bucket in buckets:
                self._sender.free_expired(bucket, now)
        return sum(self._sender.send_due(bucket, now) for bucket in buckets)


class Forgetting:
    """Deletes what is older than it may be: everything once an hour, in portions as long as there is something."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._looked: Instant = 0

    def once(self, now: Instant) -> int:
        """One portion of every bucket; how many rows of the fullest portion went, 0 when it was not time or nothing was left."""
        if 0 <= now - self._looked < _FORGET:
            return 0
        fullest = 0
        for bucket in self._register.buckets():
            gone = forget_old(self._register.database, bucket, now)
            fullest = max(fullest, *gone.values())
            if any(gone.values()):
                _log.info("forgotten", bucket=bucket, **gone)
        if fullest < PORTION:
            self._looked = now
            return 0
        return fullest


def run(name: str, once: Callable[[Instant], int], clock: Callable[[], Instant], stop: Stop) -> None:
    """Look again and again until told to stop. A database that is away, or one fault, never ends the loop."""
    while not stop.is_set():
        try:
            done = once(clock())
        except (Busy, DatabaseBusy) as problem:
            _log.warning("database is busy", loop=name, problem=str(problem).splitlines()[0] if str(problem) else "")
            stop.wait(_TROUBLE)
        except Exception:  # noqa: BLE001  (one fault must not end all sending; it is logged each time it happens)
            _log.exception("loop failed", loop=name)
            stop.wait(_TROUBLE)
        else:
            if not done:
                stop.wait(_IDLE)


class Worker:
    """Each kind of work in a thread of its own: a slow mail server does not keep carts waiting."""

    def __init__(self, register: Register, sender: Sender, clock: Callable[[], Instant]) -> None:
        self._stop = threading.Event()
        self._sender = sender
        loops: tuple[tuple[str, Callable[[Instant], int]], ...] = (
            ("timers", Timers(register).once),
            ("outbox", Outbox(register, sender).once),
            ("webhooks", Hooks(register).once),
            ("audiences", Reconciler(register).once),
            ("upkeep", Upkeep(register).once),
            ("forgetting", Forgetting(register).once),
        )
        self._threads = [
            threading.Thread(target=run, args=(name, once, clock, self._stop), name=f"wraca-{name}", daemon=True)
            for name, once in loops
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 20.0) -> None:
        """Finish what is in hand and end; at most `patience` seconds."""
        self.ask_to_stop()
        for thread in self._threads:
            thread.join(patience)

    def wait(self) -> None:
        """Until somebody calls stop, from a signal for instance."""
        while not self._stop.wait(1.0):
            pass

    def ask_to_stop(self) -> None:
        """For signal handlers: only sets flags. What is claimed but not yet going out is given back."""
        self._sender.stop()
        self._stop.set()

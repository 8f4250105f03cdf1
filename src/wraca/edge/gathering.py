"""Group commit: requests that arrive together are committed together, and each is answered after its commit.

Nothing waits on purpose. While one transaction runs, others gather; when it ends they are taken as one. Alone, a request is
committed at once; under pressure the groups grow to `Limits.group` events.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Sequence

import msgspec
import structlog

from wraca.app.errors import Busy
from wraca.domain.events import Event
from wraca.domain.ids import ShopId, bucket_of
from wraca.edge.errors import BUSY, Problem, internal
from wraca.edge.services import Services

_log = structlog.get_logger("wraca.edge")


class _Arrival(msgspec.Struct, frozen=True, eq=False):
    shop: ShopId
    events: Sequence[Event]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[int]"

    @property
    def weight(self) -> int:
        return len(self.events)


Outcome = int | Problem


class Gathering:
    """The events between their arrival and their commit: at most `Limits.waiting` of them, half of that for one shop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limits = services.limits
        self._queue: deque[_Arrival] = deque()
        self._by_shop: Counter[ShopId] = Counter()
        self._waiting = 0
        self._changed = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to commit."""
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"gathering-{n}", daemon=True) for n in range(self._limits.writers)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Commit what waits, answer it, and end. New arrivals are turned away."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    async def add(self, shop: ShopId, events: Sequence[Event]) -> int:
        """Wait for the commit; the number of duplicates among the events. Raises Problem (busy or internal)."""
        loop = asyncio.get_running_loop()
        arrival = _Arrival(shop, events, loop, loop.create_future())
        with self._changed:
            # An arrival larger than the room is still let into an empty one.
            full = self._waiting and self._waiting + arrival.weight > self._limits.waiting
            greedy = self._by_shop[shop] and self._by_shop[shop] + arrival.weight > self._limits.waiting // 2
            if self._closing or full or greedy:
                raise BUSY.anew()
            self._queue.append(arrival)
            self._waiting += arrival.weight
            self._by_shop[shop] += arrival.weight
            self._changed.notify()
        return await arrival.answer

    def _work(self) -> None:
        while group := self._next_group():
            by_bucket: dict[int, list[_Arrival]] = {}
            for arrival in group:
                by_bucket.setdefault(bucket_of(arrival.shop), []).append(arrival)
            for bucket, arrivals in sorted(by_bucket.items()):
                self._settle(arrivals, self._surely(bucket, arrivals))

    def _surely(self, bucket: int, arrivals: Sequence[_Arrival]) -> Sequence[Outcome]:
        """An outcome for each, whatever happens: a thread that died here (of a log that cannot be written, once) answers nobody."""
        try:
            return self._commit(bucket, arrivals)
        except Exception:  # noqa: BLE001  (the clients send again; what was committed is known by its ids)
            return [BUSY] * len(arrivals)

    def _next_group(self) -> list[_Arrival]:
        """What waits, up to one group; empty when we are closing and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            group: list[_Arrival] = []
            size = 0
            while self._queue and (not group or size + self._queue[0].weight <= self._limits.group):
                group.append(self._queue.popleft())
                size += group[-1].weight
            return group

    def _commit(self, bucket: int, arrivals: Sequence[_Arrival]) -> Sequence[Outcome]:
        try:
            return self._services.take_in(bucket, [(one.shop, one.events) for one in arrivals], self._services.now())
        except Busy:
            return [BUSY] * len(arrivals)
        except Exception as fault:  # noqa: BLE001 (whatever it is, it must not take the neighbours along)
            if len(arrivals) == 1:
                return [self._park(arrivals[0], fault)]
            return [self._commit(bucket, [one])[0] for one in arrivals]

    def _park(self, arrival: _Arrival, fault: Exception) -> Problem:
        """An arrival that fails by itself is put aside, to be looked at and replayed; the stream goes on."""
        problem = internal(fault)
        try:
            self._services.park(arrival.shop, arrival.events, problem.message, self._services.now())
        except Exception as second:  # noqa: BLE001 (the client still has the events, and is told so)
            _log.error("could not park", kind=type(second).__name__, shop=arrival.shop)
        return problem

    def _settle(self, arrivals: Sequence[_Arrival], outcomes: Sequence[Outcome]) -> None:
        with self._changed:
            for arrival in arrivals:
                self._waiting -= arrival.weight
                self._by_shop[arrival.shop] -= arrival.weight
                if not self._by_shop[arrival.shop]:
                    del self._by_shop[arrival.shop]
        loops: dict[asyncio.AbstractEventLoop, list[tuple[_Arrival, Outcome]]] = {}
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            loops.setdefault(arrival.loop, []).append((arrival, outcome))
        for loop, settled in loops.items():
            _tell(loop, settled)


def _tell(loop: asyncio.AbstractEventLoop, settled: Sequence[tuple[_Arrival, Outcome]]) -> None:
    try:
        loop.call_soon_threadsafe(_answer, settled)
    except RuntimeError:
        _log.warning("committed, but the server ended before the answer", arrivals=len(settled))


def _answer(settled: Sequence[tuple[_Arrival, Outcome]]) -> None:
    for arrival, outcome in settled:
        if arrival.answer.done():  # the client went away; its events are kept all the same
            continue
        if isinstance(outcome, Problem):
            arrival.answer.set_exception(outcome.anew())
        else:
            arrival.answer.set_result(outcome)

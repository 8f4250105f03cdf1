"""Who listens to which chat in this process, and one look at the database for all of them.

Every process looks for itself once a second, and at once when somebody in it spoke (app/chatbell.py): any number of them may serve
one database. A listener has what it was given by number, so nothing comes twice and nothing is missed.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress

import structlog
from starlette.concurrency import run_in_threadpool

from wraca.app.chatrows import Line
from wraca.app.chatting import Chats, Place
from wraca.app.errors import Busy
from wraca.domain.events import Instant
from wraca.storage.database import DatabaseBusy

_log = structlog.get_logger("wraca.edge")

EVERY = 1.0  # seconds between two looks
_SIGN_OF_LIFE = 45.0  # seconds between two notes that visitors are still there
MOST = 5_000  # listeners in one process
MOST_PER_CHAT = 4  # tabs
MOST_PER_ADDRESS = 60


class Listener:
    """One open connection. `after` is the number it has."""

    __slots__ = ("_more", "_waiting", "address", "after", "is_over", "place")

    def __init__(self, place: Place, after: int, address: str) -> None:
        self.place, self.after, self.address = place, after, address
        self.is_over = False
        self._waiting: deque[Line] = deque()
        self._more = asyncio.Event()

    def give(self, lines: list[Line]) -> None:
        """Lines in their order; those it has already are left out."""
        for line in lines:
            if line.number > self.after:
                self.after = line.number
                if line.by != "system":  # which is for the team
                    self._waiting.append(line)
        if self._waiting:
            self._more.set()

    def end(self) -> None:
        """Nothing more will come here."""
        self.is_over = True
        self._more.set()

    async def next(self, patience: float) -> list[Line]:
        """What came; nothing after `patience` seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._more.wait(), patience)
        self._more.clear()
        lines = list(self._waiting)
        self._waiting.clear()
        return lines


class Rooms:
    """One per process. Looks only while somebody listens."""

    def __init__(self, chats: Chats, now: Callable[[], Instant]) -> None:
        self._chats, self._now = chats, now
        self._listeners: set[Listener] = set()
        self._chat_of: Counter[str] = Counter()
        self._address_of: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._noted = 0.0

    def enter(self, place: Place, after: int, address: str) -> Listener | None:
        """Begin to listen; None where there are too many already."""
        full = self._chats.bell.is_over or len(self._listeners) >= MOST or self._chat_of[place.chat] >= MOST_PER_CHAT
        if full or self._address_of[address] >= MOST_PER_ADDRESS:
            return None
        listener = Listener(place, after, address)
        self._listeners.add(listener)
        self._chat_of[place.chat] += 1
        self._address_of[address] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())
        self._noted = 0.0  # a newcomer is there at once
        self._woken.set()
        return listener

    def leave(self, listener: Listener) -> None:
        """The connection ended."""
        self._listeners.discard(listener)
        for counter, name in ((self._chat_of, listener.place.chat), (self._address_of, listener.address)):
            counter[name] -= 1
            if counter[name] <= 0:
                del counter[name]
        if not self._listeners:
            self._woken.set()

    def __len__(self) -> int:
        return len(self._listeners)

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._woken.set)

        self._chats.bell.hear(wake)
        try:
            while self._listeners and not self._chats.bell.is_over:
                self._woken.clear()
                try:
                    await self._once(loop.time())
                except (Busy, DatabaseBusy):
                    _log.warning("chats could not be looked at")
                except Exception as fault:  # noqa: BLE001  (one fault must not silence every chat of the process)
                    _log.error("chats could not be looked at", kind=type(fault).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), EVERY)
        finally:
            self._chats.bell.ignore(wake)
            for one in tuple(self._listeners):
                one.end()

    async def _once(self, at: float) -> None:
        listened: dict[Place, int] = {}
        for one in self._listeners:
            listened[one.place] = min(one.after, listened.get(one.place, one.after))
        found = await run_in_threadpool(self._chats.heard, listened)
        if found:
            for one in tuple(self._listeners):
                if lines := found.get(one.place.chat):
                    one.give(lines)
        if at - self._noted >= _SIGN_OF_LIFE:
            self._noted = at
            await run_in_threadpool(self._chats.still_there, list(listened), self._now())

"""A bell in this process: whoever says something in a chat rings it, whoever waits for it looks at the database at once.

Other processes hear nothing of it and look by themselves, once a second: the database alone knows what was said.
"""

import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

from wraca.storage.database import Database

Hearer = Callable[[], object]


class Bell:
    """Rung from any thread; its hearers must be quick. `is_over`: this process is about to end."""

    def __init__(self) -> None:
        self._hearers: set[Hearer] = set()
        self._guard = threading.RLock()  # a signal may come while the same thread holds it
        self.is_over = False

    def hear(self, hearer: Hearer) -> None:
        with self._guard:
            self._hearers.add(hearer)

    def ignore(self, hearer: Hearer) -> None:
        with self._guard:
            self._hearers.discard(hearer)

    def ring(self) -> None:
        with self._guard:
            hearers = tuple(self._hearers)
        for hearer in hearers:
            hearer()

    def end(self) -> None:
        """This process is told to stop: whoever listens goes, and comes back to the one that serves next."""
        self.is_over = True
        self.ring()


_bells: "WeakKeyDictionary[Database, Bell]" = WeakKeyDictionary()
_guard = threading.Lock()


def bell_of(database: Database) -> Bell:
    """The bell of everything in this process that has this database open."""
    with _guard:
        return _bells.setdefault(database, Bell())

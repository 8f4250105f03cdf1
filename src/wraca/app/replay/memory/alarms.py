"""What is due when: a heap whose outdated entries are thrown away when they come up."""

from collections.abc import Hashable
from heapq import heappop, heappush
from typing import Generic, TypeVar

from wraca.domain.events import Instant

_Subject = TypeVar("_Subject", bound=Hashable)


class Alarms(Generic[_Subject]):
    """One moment per subject. `order` numbers are unique, so that subjects themselves are never compared."""

    def __init__(self) -> None:
        self._due: dict[_Subject, Instant] = {}
        self._heap: list[tuple[Instant, int, _Subject]] = []
        self._number = 0

    def set(self, subject: _Subject, due: Instant) -> None:
        """Due at this moment and at no other."""
        self._due[subject] = due
        self._number += 1
        heappush(self._heap, (due, self._number, subject))

    def set_earlier(self, subject: _Subject, due: Instant) -> None:
        """Due at this moment, unless an earlier one is set."""
        known = self._due.get(subject)
        if known is None or due < known:
            self.set(subject, due)

    def drop(self, subject: _Subject) -> None:
        """Nothing is due for it any more."""
        self._due.pop(subject, None)

    def next(self) -> Instant | None:
        """The first moment at which something is due."""
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][2]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def take(self, now: Instant, most: int) -> list[_Subject]:
        """At most so many that are due, the earliest first; they are no longer set."""
        heap, due = self._heap, self._due
        taken: list[_Subject] = []
        while heap and heap[0][0] <= now and len(taken) < most:
            moment, _, subject = heappop(heap)
            if due.get(subject) == moment:
                del due[subject]
                taken.append(subject)
        return taken

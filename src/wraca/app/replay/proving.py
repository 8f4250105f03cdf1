"""The other side of the proof: the orders of the past as they are read, and who was known by which names at which moment.

Neither the engine nor the gate is asked.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping

from wraca.app.replay.ghosts import Ghost, Notebook
from wraca.app.replay.playing import Ending
from wraca.domain.events import Event, Instant, OrderPlaced
from wraca.domain.identity import known_by, pairs
from wraca.domain.journeys.durations import DAY


class OrderBook:
    """When somebody ordered, by every name the order was placed under; and when two names were first seen together."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Instant]] = {}
        self._together: dict[str, dict[str, Instant]] = {}

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, with what they say written down."""
        for event in events:
            if isinstance(event.body, OrderPlaced):
                self._note_order(event, event.body)
            if len(event.identities) > 1 or isinstance(event.body, OrderPlaced):
                for one, other in pairs(known_by(event)):
                    self._together.setdefault(one, {}).setdefault(other, event.at)
                    self._together.setdefault(other, {}).setdefault(one, event.at)
            yield event

    def _note_order(self, event: Event, order: OrderPlaced) -> None:
        if order.state.is_bought:
            for identity in event.identities:
                self._by_name.setdefault(identity.key, []).append(event.at)

    def between(self, names: Iterable[str], since: Instant, until: Instant) -> bool:
        """Whether somebody of one of these names ordered at or after `since` and before `until`."""
        for name in names:
            times = self._by_name.get(name, [])  # in order: events are
            place = bisect_left(times, since)
            if place < len(times) and times[place] < until:
                return True
        return False

    def names_then(self, names: Collection[str], name: str, until: Instant) -> set[str]:
        """Which of somebody's names could be known to be theirs before `until`, by whoever knew this one name."""
        if name not in names:
            return set(names)
        found, latest = {name}, [name]
        while latest:
            for other, since in self._together.get(latest.pop(), {}).items():
                if since < until and other in names and other not in found:
                    found.add(other)
                    latest.append(other)
        return found


def messages_after_purchase(ending: Ending, notebook: Notebook, book: OrderBook) -> int:
    """Messages about a cart that went after an order of the same person for that cart.

    An order that was placed under a name which only later turned out to be the same person's could not stop the message.
    """
    people = {message: person for message, person, *_ in ending.messages()}
    names = ending.names_of({people[ghost.message] for ghost in notebook.ghosts})
    return sum(_is_after(ghost, names[people[ghost.message]], notebook, book) for ghost in notebook.ghosts)


def _is_after(ghost: Ghost, names: Collection[str], notebook: Notebook, book: OrderBook) -> bool:
    met = notebook.met[ghost.message]
    if not book.between(names, met.since, ghost.at):  # nearly always
        return False
    return book.between(book.names_then(names, met.name, ghost.at), met.since, ghost.at)


def ordered_within_a_day(ending: Ending, notebook: Notebook, book: OrderBook) -> int:
    """Runs whose person ordered within 24 hours after one of their messages would have gone."""
    rows: Mapping[str, tuple[str, str]] = {message: (run, person) for message, person, _, _, _, _, _, run in ending.messages()}
    names = ending.names_of({rows[ghost.message][1] for ghost in notebook.ghosts})
    runs: set[str] = set()
    for ghost in notebook.ghosts:
        run, person = rows[ghost.message]
        if run not in runs and book.between(names[person], ghost.at, ghost.at + DAY + 1):
            runs.add(run)
    return len(runs)

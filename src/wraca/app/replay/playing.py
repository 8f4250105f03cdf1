"""Events and what becomes due, strictly in order of time, on a clock that stands still while something is done.

An event at or after the next due moment waits until that moment's work is done. Between two due moments events go in by the batch.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from wraca.app.replay.figures import Coupon
from wraca.app.replay.ghosts import Notebook
from wraca.app.replay.past import Tally
from wraca.domain.events import Event, Instant
from wraca.domain.journeys.durations import DAY
from wraca.domain.journeys.plan import Plan
from wraca.domain.people import Person
from wraca.domain.shop import Shop

LONGEST_AFTERMATH = 30 * DAY  # after the last event the clock runs on for so long, at most
_BATCH = 1_000
_MOST_TURNS = 100_000  # at one moment; more means that something wakes itself


class Ending(Protocol):
    """What is left when everything was played."""

    def people(self, since: Instant) -> int:
        """Everybody of whom there is an event since then."""

    def carts(self) -> int:
        """Every cart that is not known from history alone."""

    def orders(self, states: Collection[str], since: Instant) -> int:
        """Orders in one of these states, placed since then."""

    def recovered(self, within: int) -> int:
        """Orders of people who clicked, humanly, at most `within` ms before."""

    def runs(self) -> list[tuple[str, int]]:
        """(outcome, how many); an empty outcome: still under way."""

    def messages(self) -> list[tuple[str, str, str, str, str, str, Sequence[str], str]]:
        """(id, person, cart, step, template, state, reasons, run) of everything in the outbox."""

    def coupons(self) -> list[Coupon]:
        """Every offer that was made, the earliest first; not those of who was held out."""

    def runs_of_carts(self) -> list[tuple[str, str, str]]:
        """(cart, person, outcome) of every run, the oldest first."""

    def people_of_carts(self) -> Iterator[tuple[str, Person]]:
        """Everybody who has a cart."""

    def names_of(self, people: Collection[str]) -> dict[str, list[str]]:
        """The identities of these people, by person."""

    def cart_events(self) -> Iterator[tuple[str, list[Event]]]:
        """By person, all that touches a cart, in any order."""


class Stage(Protocol):
    """One shop and one journey, ready to be played on."""

    shop: Shop
    plan: Plan
    notebook: Notebook
    soonest: int  # ms: what events set off is not due earlier than this after them

    def take_in(self, events: Sequence[Event], now: Instant) -> int:
        """Take these events in, with all that follows from them at once; how many of them were known already."""

    def next_due(self) -> tuple[Instant | None, Instant | None]:
        """When the next timer and the next message are due."""

    def work_timers(self, now: Instant) -> None:
        """Do one batch of what is due by now."""

    def send_due(self, now: Instant) -> None:
        """Send one batch of what is due by now."""

    def ending(self) -> AbstractContextManager[Ending]:
        """What is left, to be counted."""


class StandsStill(RuntimeError):
    """Work was done again and again without time passing. This is a fault of Wraca: please report it with the file."""


class Player:
    """Plays events on a stage. `pace` (ms): how often the virtual workers look at what is due; 1 is "at once".

    `rest` is called between any two things that are done.
    """

    def __init__(self, stage: Stage, tally: Tally, pace: int = 1, rest: Callable[[], None] | None = None) -> None:
        self._stage = stage
        self._tally = tally
        self._pace = pace
        self._rest = rest
        self._batch: list[Event] = []
        self._limit: Instant = 0  # events from here on must wait
        self.began: Instant | None = None  # the first event that is no history
        self.ended: Instant = 0  # the last event

    def play(self, events: Iterable[Event], *, until_quiet: bool = True) -> Instant:
        """Take all of it in, do all that becomes due; the moment at which nothing was left to do."""
        for event in events:
            if event.at >= self._limit or len(self._batch) >= _BATCH:
                self._take_in()
                self._limit = self._catch_up(event.at)
            self._batch.append(event)
            if self.began is None and not event.backfill:
                self.began = event.at
            self.ended = event.at
        self._take_in()
        until = self.ended + (LONGEST_AFTERMATH if until_quiet else 0)
        self._catch_up(until)
        return until

    def _take_in(self) -> None:
        if self._batch:
            known = self._stage.take_in(self._batch, self.ended)
            self._tally.duplicates += known
            self._tally.events -= known
            self._batch.clear()

    def _look(self, due: Instant) -> Instant:
        """When the virtual workers see what is due at this moment."""
        return -(-due // self._pace) * self._pace

    def _catch_up(self, until: Instant) -> Instant:
        """Do what is seen up to this moment, in order of time; from when on the next events must wait."""
        while True:
            if self._rest:
                self._rest()
            timer, message = self._stage.next_due()
            due = min((moment for moment in (timer, message) if moment is not None), default=None)
            soonest = self._look(until + self._stage.soonest)
            if due is None or (seen := self._look(due)) > until:
                return soonest if due is None else min(soonest, seen)
            self._work(seen)

    def _work(self, now: Instant) -> None:
        """Timers first, then messages, again and again until nothing of this moment is left."""
        stage = self._stage
        for _ in range(_MOST_TURNS):
            if self._rest:
                self._rest()
            timer, message = stage.next_due()
            if timer is not None and timer <= now:
                stage.work_timers(now)
            elif message is not None and message <= now:
                stage.send_due(now)
            else:
                return
        raise StandsStill(StandsStill.__doc__)

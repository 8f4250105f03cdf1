"""Events and what becomes due, strictly in order of time, on a clock that stands still while something is done.

An event at or after the next due moment waits until that moment's work is done. Between two due moments events go in by the batch.
"""

from collections.abc import Iterable

from wraca.app.intake import take_in
from wraca.app.replay.past import Tally
from wraca.app.replay.stage import Stage
from wraca.app.working import next_due, work_timers
from wraca.domain.events import Event, Instant
from wraca.domain.journeys.durations import DAY
from wraca.storage.queries.replay import NEXT_MESSAGE

LONGEST_AFTERMATH = 30 * DAY  # after the last event the clock runs on for so long, at most
_BATCH = 1_000
_MOST_TURNS = 100_000  # at one moment; more means that something wakes itself


class StandsStill(RuntimeError):
    """Work was done again and again without time passing. This is a fault of Wraca: please report it with the file."""


class Player:
    """Plays events on a stage. `pace` (ms): how often the virtual workers look at what is due; 1 is "at once"."""

    def __init__(self, stage: Stage, tally: Tally, pace: int = 1) -> None:
        self._stage = stage
        self._tally = tally
        self._pace = pace
        self._batch: list[Event] = []
        self._limit: Instant = 0  # events from here on must wait
        idle = stage.register.idle(stage.shop.id)
        self._soonest = min(idle.usual, idle.at_payment)  # what a batch sets off is not due earlier than this after its begin
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
            stage = self._stage
            known = take_in(stage.database, stage.bucket, [(stage.shop.id, self._batch)], self.ended, stage.register.idle)
            self._tally.duplicates += sum(known)
            self._tally.events -= sum(known)
            self._batch.clear()

    def _next(self) -> tuple[Instant | None, Instant | None]:
        """When the next timer and the next message are due."""
        stage = self._stage
        with stage.database.read() as tx:
            rows: list[tuple[Instant | None]] = tx.all(NEXT_MESSAGE, bucket=stage.bucket)
        return next_due(stage.register, stage.bucket), rows[0][0]

    def _look(self, due: Instant) -> Instant:
        """When the virtual workers see what is due at this moment."""
        return -(-due // self._pace) * self._pace

    def _catch_up(self, until: Instant) -> Instant:
        """Do what is seen up to this moment, in order of time; from when on the next events must wait."""
        while True:
            timer, message = self._next()
            due = min((moment for moment in (timer, message) if moment is not None), default=None)
            soonest = self._look(until + self._soonest)
            if due is None or (seen := self._look(due)) > until:
                return soonest if due is None else min(soonest, seen)
            self._work(seen)

    def _work(self, now: Instant) -> None:
        """Timers first, then messages, again and again until nothing of this moment is left."""
        stage = self._stage
        for _ in range(_MOST_TURNS):
            timer, message = self._next()
            if timer is not None and timer <= now:
                work_timers(stage.register, stage.bucket, now)
            elif message is not None and message <= now:
                stage.sender.send_due(stage.bucket, now)
            else:
                return
        raise StandsStill(StandsStill.__doc__)

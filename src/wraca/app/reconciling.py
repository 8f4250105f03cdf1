"""Audiences elsewhere, kept equal to ours: what should be there is worked out, what differs is told until the other side agrees.

Nothing is fire-and-forget (trust A4, A5). A ledger row for each person and place says what should be, what was confirmed, and under
which hashes; whoever dies between two steps leaves a row that is due again. Those who go are told of first.
"""

import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from wraca.app.ledger import Ledger, Place, StillThere, Told
from wraca.app.register import Register
from wraca.app.sealing import WrongKey
from wraca.app.wanting import FIRST, plan_place
from wraca.domain.events import Instant
from wraca.domain.ids import derived_id
from wraca.ports.audiences import Batch, Member, Taken
from wraca.ports.channel import ChannelError, Misconfigured, Refused, Unavailable
from wraca.storage.hot import reconciling as sql

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_PLANNED = _MINUTE  # ms between two looks at who should be where
_REST = 2_000  # ms between two looks at what is to be told, where the last one found nothing
_LEASE = 10 * _MINUTE
_LONGEST = 300.0  # seconds of one batch: what was not told by then waits for the next look
_ASKED = 2 * _MINUTE  # ms after which a promise is asked after
_SLOWEST = _HOUR
_REFUSED = 6 * _HOUR  # ms after which an entry that was refused by itself is tried again
_PAUSE = _HOUR  # ms after which settings that did not work are tried again

_log = structlog.get_logger()


class Reconciler:
    """One per worker. Two of them at once do no harm: the ledger's leases keep them apart."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._planned: Instant = 0
        self._looked_at: dict[tuple[str, str, str], str] = {}
        self._idle_since: Instant = 0

    def once(self, now: Instant) -> int:
        """Work out who should be where, once a minute, and tell what is due; how many entries were told of."""
        if not self._register.sinks or 0 <= now - self._idle_since < _REST:
            return 0
        is_planning = not 0 <= now - self._planned < _PLANNED
        places = [place for bucket in self._register.buckets() for place in self._places(bucket, is_telling=is_planning)]
        if is_planning:
            self._planned = now
            for place in places:
                name = (place.shop, place.sink.name, place.audience)
                self._looked_at[name] = plan_place(self._register.database, place, now, self._looked_at.get(name, FIRST))
        told = sum(self._tell_all(place, now, closes=is_planning) for place in places if place.paused_until <= now)
        self._idle_since = 0 if told else now
        return told

    def _places(self, bucket: int, *, is_telling: bool) -> list[Place]:
        with self._register.database.read() as tx:
            rows = tx.all(sql.SINKS, bucket=bucket)
        found = []
        for shop, platform, audience, sealed, paused_until in rows:
            sink = self._register.sinks.get(platform)
            if sink is None:
                continue
            try:
                opened = self._register.seal.open(sealed)
            except WrongKey:
                if is_telling:
                    _log.warning("the settings of an audience elsewhere cannot be read", platform=platform, audience=audience)
                continue
            # Where sending is paused nobody is put in either; who is to go still goes.
            may_add = not self._register.paused() and self._register.shop(shop).paused_at is None
            found.append(Place(bucket, shop, sink, audience, opened, sealed, paused_until or 0, may_add))
        return found

    def _tell_all(self, place: Place, now: Instant, *, closes: bool) -> int:
        """One batch of what is due at this place."""
        ledger = Ledger(self._register.database, place, now, now + _LEASE)
        if not ledger.is_due():
            if closes:
                ledger.close()
            return 0
        claimed = ledger.claim(place.sink.most)
        clock = self._register.now
        teller = _Teller(place, claimed.members, now, clock)
        for reference, people in claimed.promised.items():
            teller.ask(reference, people)
        teller.tell(is_add=False, people=claimed.going)
        teller.tell(is_add=True, people=claimed.coming)
        ledger.settle(teller.told)
        if teller.pause:
            ledger.pause(max(now, clock()) + _PAUSE, teller.pause)
        _log.info(
            "audience told", platform=place.sink.name, audience=place.audience, came=len(claimed.coming), went=len(claimed.going)
        )
        return len(claimed)


class _Teller:
    """Tells one batch, and keeps what became of each person in it. `pause`: why nothing more can be told here."""

    def __init__(self, place: Place, members: dict[str, StillThere], now: Instant, clock: Callable[[], Instant]) -> None:
        self.told: list[Told] = []
        self.pause = ""
        self._place = place
        self._members = members
        self._began = now
        self._clock = clock
        self._ends = time.monotonic() + _LONGEST
        self._number = 0

    def ask(self, reference: str, people: Sequence[str]) -> None:
        """What became of a promise. The reference begins with + for those who were to come, with - for those who were to go."""
        is_add, now = reference.startswith("+"), self._now()
        try:
            is_done = not self.pause and self._place.sink.is_done(self._place.settings, reference[1:], now)
        except Refused as problem:
            self._part(people, problem, now)
        except ChannelError as problem:
            self._failed(people, problem, reference)
        except Exception as problem:  # noqa: BLE001  (a plug-in's fault is one more reason to try again)
            self._note(people, Unavailable("fault", type(problem).__name__), now + _ASKED, reference)
        else:
            if is_done:
                self.told += [Told(person, "there" if is_add else "gone") for person in people]
            else:
                self.told += [self._later(person, now + _ASKED, reference) for person in people]

    def _part(self, people: Sequence[str], problem: Refused, now: Instant) -> None:
        """A promise that came to nothing, and nobody says because of whom: told again in two parts, at two times."""
        half = (len(people) + 1) // 2
        wait = _REFUSED if len(people) == 1 else _MINUTE
        self._note(people[:half], problem, now + wait)
        self._note(people[half:], problem, now + 5 * wait)

    def tell(self, *, is_add: bool, people: Sequence[str]) -> None:
        """These people at once; halves of them where the other side cannot use them all."""
        if not people:
            return
        now = self._now()
        if self.pause or time.monotonic() > self._ends:
            self.told += [self._later(person, now, attempts=self._members[person].attempts) for person in people]
            return
        act = self._place.sink.add if is_add else self._place.sink.remove
        try:
            taken = act(self._place.settings, self._batch(people, now, is_add=is_add))
        except Refused as problem:
            self._halve(people, problem, now, is_add=is_add)
        except ChannelError as problem:
            self._failed(people, problem)
        except Exception as problem:  # noqa: BLE001  (as above: nobody knows whether it arrived, so it is told again)
            self._failed(people, Unavailable("fault", type(problem).__name__))
        else:
            self._taken(people, taken, now, is_add=is_add)

    def _halve(self, people: Sequence[str], problem: Refused, now: Instant, *, is_add: bool) -> None:
        """Find those of whom the other side cannot make anything: the others shall not wait for them."""
        if len(people) == 1:
            self._note(people, problem, now + _REFUSED)
            return
        half = len(people) // 2
        self.tell(is_add=is_add, people=people[:half])
        self.tell(is_add=is_add, people=people[half:])

    def _taken(self, people: Sequence[str], taken: Taken, now: Instant, *, is_add: bool) -> None:
        if taken.reference:
            named = ("+" if is_add else "-") + taken.reference
            self.told += [self._later(person, now + _ASKED, named) for person in people]
        else:
            self.told += [Told(person, "there" if is_add else "gone") for person in people]

    def _batch(self, people: Sequence[str], now: Instant, *, is_add: bool) -> Batch:
        self._number += 1
        place = self._place
        key = derived_id(place.shop, place.sink.name, place.audience, str(is_add), str(self._began), *people)
        members = tuple(Member(self._members[person].identifiers, self._members[person].consent) for person in people)
        return Batch(key, place.audience, members, now, self._number)

    def _failed(self, people: Iterable[str], problem: ChannelError, reference: str = "") -> None:
        now = self._now()
        if isinstance(problem, Misconfigured):
            self.pause = str(problem)
            self.told += [self._later(person, now, reference, attempts=self._members[person].attempts) for person in people]
            return
        wish = int(problem.retry_after * 1000) if isinstance(problem, Unavailable) else 0
        for person in people:
            wait = min(_MINUTE << min(self._members[person].attempts, 10), _SLOWEST)
            self._note([person], problem, now + max(wait, wish), reference)

    def _note(self, people: Iterable[str], problem: ChannelError, due_at: Instant, reference: str = "") -> None:
        self.told += [self._later(person, due_at, reference, str(problem), self._members[person].attempts + 1) for person in people]

    def _later(self, person: str, due_at: Instant, reference: str = "", problem: str = "", attempts: int = 0) -> Told:
        return Told(person, "later", self._members[person].wanted, due_at, min(attempts, 1_000), reference, problem[:300])

    def _now(self) -> Instant:
        return max(self._began, self._clock())

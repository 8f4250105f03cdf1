"""The ledger of one audience at one place: who is claimed to be told of, and what became of it."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.ports.audiences import AdConsent, AudienceSink
from wraca.storage.database import Database, Transaction
from wraca.storage.hot import reconciling as sql
from wraca.storage.statement import Statement

_DAY = 24 * 3_600_000
HELD_FOR = 30 * _DAY  # ms after its journey began in which whoever is held out of it sees no ads for it either (trust A11)

_hashes = msgspec.json.Decoder(dict[str, str])


class Rules(msgspec.Struct, frozen=True):
    """What the merchant chose beside the place's own settings. `excluded`: categories of products, in lower case (trust L18)."""

    buyers_leave: bool = True
    excluded: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """One audience of one shop at one place. `opened` is what stands sealed in its row."""

    bucket: int
    shop: ShopId
    sink: AudienceSink
    audience: str
    opened: dict[str, object]
    sealed: str = ""
    paused_until: Instant = 0
    may_add: bool = True

    @property
    def settings(self) -> dict[str, object]:
        """The place's own settings."""
        said = self.opened.get("settings")
        return said if isinstance(said, dict) else {}

    @property
    def rules(self) -> Rules:
        return msgspec.convert(self.opened.get("rules", {}), Rules)

    @property
    def is_leaving(self) -> bool:
        """Whether the merchant gave it up: everybody goes, then its row."""
        return self.opened.get("leaving") is True

    @property
    def here(self) -> dict[str, object]:
        """Its name in every statement."""
        return {"bucket": self.bucket, "shop": self.shop, "platform": self.sink.name, "audience": self.audience}

    def judging(self, now: Instant) -> dict[str, object]:
        """What the statements that ask who may be told of take besides."""
        return {"buyers_leave": self.rules.buyers_leave, "held_since": now - HELD_FOR}


class StillThere(msgspec.Struct, frozen=True):
    """A claimed entry."""

    wanted: bool
    identifiers: dict[str, str]
    attempts: int
    consent: AdConsent = AdConsent(user_data=False)


class Told(msgspec.Struct, frozen=True):
    """What became of one person. The rest says when and how a `later` is tried."""

    person: str
    outcome: Literal["there", "gone", "later"]
    wanted: bool = False
    due_at: Instant = 0
    attempts: int = 0
    reference: str = ""
    problem: str = ""


class Claimed(msgspec.Struct, frozen=True):
    """Whom to tell of, by person, and whose promises to ask after, by reference."""

    members: dict[str, StillThere]
    coming: list[str]
    going: list[str]
    promised: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.members)


class PersonRow(msgspec.Struct, frozen=True, order=True):
    person: str


class Ledger:
    """A look at one place. `until` is the lease of what it claims, and its proof afterwards that it still has it."""

    def __init__(self, database: Database, place: Place, now: Instant, until: Instant) -> None:
        self._database = database
        self._place = place
        self._now = now
        self._until = until

    def is_due(self) -> bool:
        """Whether there is anything to tell: nearly always not, and then nothing is written for it."""
        with self._database.read() as tx:
            return bool(tx.all(sql.ANY_DUE, now=self._now, may_add=self._place.may_add, **self._place.here))

    def close(self) -> None:
        """Nothing is due. Where nobody waits at all, both sides agree; a place that was given up is gone when it is empty."""
        with self._database.write() as tx:
            if self._place.is_leaving:
                tx.run(sql.DROP_SINK, sealed=self._place.sealed, **self._place.here)
            else:
                tx.run(sql.NOTE_SYNCED, now=self._now, **self._place.here)

    def claim(self, most: int) -> Claimed:
        """Take what is due. Whoever is to come is asked about once more, in the same transaction (trust A1)."""
        place, here, lease = self._place, self._place.here, {"until": self._until}
        found = Claimed({}, [], [], {})
        with self._database.write() as tx:
            for person, wanted, identifiers, attempts, reference in tx.all(
                sql.CLAIM_ENTRIES, now=self._now, most=most, may_add=place.may_add, **lease, **here
            ):
                found.members[person] = StillThere(bool(wanted), _hashes.decode(identifiers), attempts)
                if reference:
                    found.promised.setdefault(reference, []).append(person)
                else:
                    (found.coming if wanted else found.going).append(person)
            if found.coming:
                asked = [PersonRow(person) for person in sorted(found.coming)]
                still = {row[0]: row for row in tx.all(sql.STILL_THERE, asked, **here, **place.judging(self._now))}
                self._let_go(tx, [row for row in asked if row.person not in still or place.is_leaving])
                found.coming[:] = [person for person in found.coming if person in still and not place.is_leaving]
                for person in found.coming:
                    consent = AdConsent(*(_yes(said) for said in still[person][3:5]))  # type: ignore[arg-type]
                    found.members[person] = msgspec.structs.replace(found.members[person], consent=consent)
            if telling := sorted(found.coming + found.going):
                tx.run(sql.NOTE_TELLING, [PersonRow(one) for one in telling], now=self._now, **lease, **here)
        return found

    def _let_go(self, tx: Transaction, rows: Sequence[PersonRow]) -> None:
        """Those who were to come and may not any more."""
        if not rows:
            return
        tx.run(sql.RELEASE_ENTRIES, rows, until=self._until, **self._place.here)
        unwant(tx, self._place, rows, self._now)

    def settle(self, told: Sequence[Told]) -> None:
        """Write down what became of it, for all whose lease is still ours. Raises DatabaseBusy; it is then told again."""
        statements: tuple[tuple[str, Statement], ...] = (
            ("there", sql.NOTE_THERE),
            ("gone", sql.NOTE_GONE),
            ("later", sql.NOTE_LATER),
        )
        with self._database.write() as tx:
            for outcome, statement in statements:
                if rows := sorted((one for one in told if one.outcome == outcome), key=lambda one: one.person):
                    tx.run(statement, rows, until=self._until, **self._place.here)

    def pause(self, until: Instant, reason: str) -> None:
        """The settings do not work: nothing is tried before `until`, unless the merchant mends them."""
        with self._database.write() as tx:
            tx.run(sql.PAUSE_SINK, until=until, reason=reason, **self._place.here)


def unwant(tx: Transaction, place: Place, rows: Sequence[PersonRow], now: Instant) -> None:
    """These people go. Of whom nothing was ever told, nothing is told now."""
    tx.run(sql.DROP_UNTOLD, rows, **place.here)
    tx.run(sql.UNWANT, rows, now=now, **place.here)


def _yes(said: str | None) -> bool | None:
    return None if said is None else said == "true"

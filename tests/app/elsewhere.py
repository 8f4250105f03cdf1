"""An ad platform in memory, and a shop that keeps an audience there."""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.app.reconciling import Reconciler
from wraca.channels.audiences.csvfile import CsvAudiences
from wraca.channels.audiences.hashing import hashed
from wraca.domain.events import AudienceChanged, Consent, Identified
from wraca.ports.audiences import Batch, Reachable, Taken
from wraca.ports.channel import Misconfigured, Refused, Setting, Unavailable
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import MINUTE, World, identities

ADS = Consent("ads", given=True, mechanism="checkbox")
_CONNECT = Statement(
    "testing_connect_sink",
    """insert into audience_sink (bucket, shop_id, platform, audience, sealed, pause_reason)
       values (:bucket, :shop, :platform, :audience, :sealed, '')""",
)


class Elsewhere:
    """An ad platform in memory. `mishaps` are taken one by one: "lost" does what it is asked and loses the answer."""

    name = "elsewhere"
    title = "Elsewhere"
    settings: Sequence[Setting] = ()
    most = 3
    is_file = False

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.calls: list[tuple[str, int]] = []
        self.mishaps: list[str] = []
        self.bad: set[str] = set()
        self.promises: dict[str, tuple[bool, set[str]]] = {}
        self.is_slow = False
        self.consents: list[object] = []

    def check(self, settings: Mapping[str, object]) -> None:
        """Everything works."""

    def identifiers(self, person: Reachable) -> dict[str, str]:
        return CsvAudiences().identifiers(person)

    def add(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        self.consents += [member.consent for member in batch.members]
        return self._do(batch, is_add=True)

    def remove(self, settings: Mapping[str, object], batch: Batch) -> Taken:
        return self._do(batch, is_add=False)

    def is_done(self, settings: Mapping[str, object], reference: str, now: int) -> bool:
        is_add, hashes = self.promises.pop(reference)
        self._change(hashes, is_add=is_add)
        return True

    def try_out(self, settings: Mapping[str, object], batch: Batch) -> None:
        """Everything works."""

    def close(self) -> None:
        """Nothing is open."""

    def _do(self, batch: Batch, *, is_add: bool) -> Taken:
        assert "@" not in msgspec.json.encode(batch).decode()
        hashes = {one.identifiers["email"] for one in batch.members}
        self.calls.append(("add" if is_add else "remove", len(hashes)))
        mishap = self.mishaps.pop(0) if self.mishaps else ""
        if mishap == "away":
            raise Unavailable("away")
        if mishap == "wrong":
            raise Misconfigured("bad_token", "make a new one")
        if hashes & self.bad:
            raise Refused("unreadable")
        if self.is_slow:
            reference = f"promise-{len(self.calls)}"
            self.promises[reference] = (is_add, hashes)
            return Taken(reference)
        self._change(hashes, is_add=is_add)
        if mishap == "lost":
            raise Unavailable("no_answer")
        if mishap == "fault":
            raise RuntimeError
        return Taken()

    def _change(self, hashes: set[str], *, is_add: bool) -> None:
        self.people = self.people | hashes if is_add else self.people - hashes


class Shop(World):
    """A world with an audience that is kept elsewhere too."""

    def __init__(self, database: Database, opened: dict[str, object] | None = None) -> None:
        super().__init__(database)
        self.elsewhere = Elsewhere()
        self.register.sinks = {"elsewhere": self.elsewhere}
        self.reconciler = Reconciler(self.register)
        with database.write() as tx:
            tx.run(
                _CONNECT,
                bucket=self.bucket,
                shop=self.shop,
                platform="elsewhere",
                audience="left",
                sealed=self.seal.close(opened or {}),
            )

    def joins(self, name: str, *consents: Consent) -> None:
        self.happens(Identified(), *identities(name), consents=consents)
        self.happens(AudienceChanged("left", joined=True), *identities(name))

    def says(self, name: str, *consents: Consent) -> None:
        self.happens(Identified(), *identities(name), consents=consents)

    def leaves(self, name: str) -> None:
        self.happens(AudienceChanged("left", joined=False), *identities(name))

    def minutes(self, count: int) -> None:
        for _ in range(count):
            self.now += MINUTE
            self.reconciler.once(self.now)

    @property
    def names(self) -> set[str]:
        known = {hashed(f"{name}@example.com"): name for name in "abcdefgh"}
        return {known.get(one, one) for one in self.elsewhere.people}

    def rows(self, statement: Statement) -> list[tuple[object, ...]]:
        with self.database.read() as tx:
            found: list[tuple[object, ...]] = tx.all(statement, bucket=self.bucket)
        return found

"""The throw-away installation of a replay on SQLite: one shop, one journey, and a channel that records instead of sending.

It runs the very use cases of service. Smaller pasts are played in memory (replay/memory), which is held against this one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from wraca.app.gatekeeping import Judged
from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.app.replay.belongings import Belongings, furnish
from wraca.app.replay.figures import Coupon
from wraca.app.replay.ghosts import GhostChannel, Notebook
from wraca.app.sealing import Seal
from wraca.app.sending import Sender
from wraca.app.working import next_due, work_timers
from wraca.domain.events import Event, Instant
from wraca.domain.journeys.plan import Plan
from wraca.domain.offers import Offer
from wraca.domain.shop import Shop
from wraca.storage.database import open_database
from wraca.storage.queries import replay as sql

_offer = msgspec.json.Decoder(Offer)
_WHOLE_BATCHES = 200  # messages judged in one transaction


class _Usher(Sender):
    """A sender that writes down whom it meets and what the gate says: the outbox keeps only the last word on a message."""

    notebook: Notebook

    def _composed(self, one: Judged, *rest: Any) -> Any:  # noqa: ANN401  (what else a message is made of is the sender's business)
        self.notebook.keeps(one.message.id, one.answer)
        ready = super()._composed(one, *rest)
        if ready is not None and one.made_of is not None:
            self.notebook.meets(one.message.id, one.message.channel, one.made_of.person, one.made_of.cart, one.made_of.shop)
        return ready


class DatabaseStage:
    """An open throw-away installation. Messages need no slots here: nothing can be lost between two of them."""

    def __init__(self, file: Path, shop: Shop, plan: Plan, seal: Seal) -> None:
        self.shop = shop
        self.plan = plan
        self.notebook = Notebook()
        self._file = file
        self._bucket = shop.bucket
        channels = {name: GhostChannel(name, self.notebook) for name in {send.channel for send in plan.sends} or {"email"}}
        self._database = open_database(f"sqlite:///{file}", durable=False)
        # The register may keep what it read: nobody changes the shop while its past is played.
        self._register = Register(self._database, channels, seal, lambda: 0)
        self._sender = _Usher(self._register, "https://replay.invalid", lambda: 0, slots=1)
        self._sender.notebook = self.notebook
        self._sender.slots = _WHOLE_BATCHES
        idle = self._register.idle(shop.id)
        self.soonest = min(idle.usual, idle.at_payment)

    def take_in(self, events: Sequence[Event], now: Instant) -> int:
        """See playing.Stage."""
        return sum(take_in(self._database, self._bucket, [(self.shop.id, events)], now, self._register.idle))

    def next_due(self) -> tuple[Instant | None, Instant | None]:
        """See playing.Stage."""
        with self._database.read() as tx:
            rows: list[tuple[Instant | None]] = tx.all(sql.NEXT_MESSAGE, bucket=self._bucket)
        return next_due(self._register, self._bucket), rows[0][0]

    def work_timers(self, now: Instant) -> None:
        """See playing.Stage."""
        work_timers(self._register, self._bucket, now)

    def send_due(self, now: Instant) -> None:
        """See playing.Stage."""
        self._sender.send_due(self._bucket, now)

    @contextmanager
    def ending(self) -> Iterator["DatabaseEnding"]:
        """See playing.Stage."""
        with sql.opened(self._file) as connection:
            yield DatabaseEnding(connection)

    def close(self) -> None:
        self._sender.close()
        self._database.close()


class DatabaseEnding(sql.Ending):
    """The throw-away database after the last thing was done."""

    def coupons(self) -> list[Coupon]:
        """See playing.Ending."""
        return [Coupon(person, cart, step, _offer.decode(terms), at) for person, cart, step, terms, at in self.offers()]


@contextmanager
def staged(shop: Shop, plan: Plan, seal: Seal, belongings: Belongings) -> Iterator[DatabaseStage]:
    """A stage for this shop and this journey; it is gone at the end. Django must be set up, whatever database it looks at."""
    with TemporaryDirectory(prefix="wraca-replay-") as folder:
        file = Path(folder) / "replay.db"
        sql.make_tables(file)
        furnish(file, shop, plan, seal, belongings)
        stage = DatabaseStage(file, shop, plan, seal)
        try:
            yield stage
        finally:
            stage.close()

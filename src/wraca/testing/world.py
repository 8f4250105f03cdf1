"""A whole installation on a virtual clock: a shop, its journey, a channel that records, and time that passes when told to.

    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(hours=3)
    assert world.letters == [("anna@example.com", "cart-reminder")]
    world.buys("anna")

Everything real: the same use cases, statements and decisions as in production; only the clock and the channel are ours.
"""

import importlib.resources
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import msgspec

from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.app.responding import Desk
from wraca.app.sealing import Seal
from wraca.app.sending import Sender
from wraca.app.working import next_due, work_timers
from wraca.domain.events import (
    Body,
    Consent,
    Event,
    FeedChecked,
    Identified,
    Identity,
    IdentityKind,
    Instant,
    Line,
    LineAdded,
    OrderPlaced,
    OrderState,
    ProductTold,
    Seen,
)
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.domain.journeys.reading import read_plan
from wraca.ports.channel import Outgoing, Receipt, Rendered, Setting
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.databases import TEST_SECRET
from wraca.testing.shops import ShopRow, new_shop

BEGIN = 1_790_000_000_000  # Monday 2026-09-21, 14:13:20 UTC
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000

_ADD_VERSION = Statement(
    "testing_add_journey_version",
    """insert into journey_version (bucket, shop_id, name, version, source, created_at, author)
       values (:bucket, :shop, :name, :version, :source, :now, '')""",
)
_ADD_JOURNEY = Statement(
    "testing_add_journey",
    """insert into journey (bucket, shop_id, name, version, active_since, created_at, awaits)
       values (:bucket, :shop, :name, :version, :now, :now, :awaits)
       on conflict (bucket, shop_id, name) do update set version = excluded.version, awaits = excluded.awaits""",
)
_CONNECT = Statement(
    "testing_connect_channel",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, :channel, :sealed, '')""",
)
_NEXT_MESSAGE = Statement(
    "testing_next_message",
    "select min(due_at) from outbox where bucket = :bucket and state in ('planned', 'retry', 'held')",
)
_OUTBOX = Statement(
    "testing_outbox",
    """select person_id, run_id, step, channel, id, state, reasons, due_at, deadline_at, sending_at, settled_at, attempts,
              lease_owner
       from outbox where bucket = :bucket order by planned_at, id""",
)
_RUNS = Statement(
    "testing_runs",
    "select person_id, id, journey, at, outcome, turn, held_out from run where bucket = :bucket order by started_at, id",
)
_SUPPRESSED = Statement("testing_suppressed", "select reason from suppression where bucket = :bucket order by at")


class StandsStill(AssertionError):
    """Work was done again and again without time passing: something in the installation wakes itself."""


class Message(msgspec.Struct, frozen=True):
    """A row of the outbox."""

    person: str
    run: str
    step: str
    channel: str
    id: str
    state: str
    reasons: tuple[str, ...]
    due_at: Instant
    deadline_at: Instant
    sending_at: Instant | None
    settled_at: Instant | None
    attempts: int
    lease_owner: str


class Journeyed(msgspec.Struct, frozen=True):
    """A row of run."""

    person: str
    id: str
    journey: str
    at: str
    outcome: str
    turn: int
    held_out: bool


class RecordingChannel:
    """Takes every message and remembers it; `mishap`, if set, is called first and may raise what a real channel would."""

    name = "email"
    settings: Sequence[Setting] = ()

    def __init__(self) -> None:
        self.delivered: list[Outgoing] = []
        self.mishap: Callable[[Outgoing], object] | None = None
        self.misprint: Callable[[Outgoing], object] | None = None

    def check(self, settings: object) -> None:
        """Everything works."""

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002
        """Nothing that costs anything."""
        return frozenset()

    def render(self, message: Outgoing) -> Rendered:
        if self.misprint:
            self.misprint(message)
        return Rendered(f"About {message.template}", "<p>Hello</p>", "Hello", b"Hello")

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:  # noqa: ARG002  (the port's signature)
        if self.mishap:
            self.mishap(message)
        self.delivered.append(message)
        return Receipt("recorded")

    def close(self) -> None:
        """Nothing is open."""


def standard_journey(holdout: str = "0%") -> str:
    """The standard journey's file: a reminder after 1 h, a second one 2 days later."""
    text = (importlib.resources.files("wraca.domain.journeys") / "presets" / "standard.yaml").read_text()
    return text.replace("holdout: 10%", f"holdout: {holdout}")


class World:
    """One shop and everything that serves it. `now` is the virtual clock (ms); `feed_is_silent` stops the shop's heartbeats."""

    def __init__(
        self,
        database: Database,
        *,
        journey: str | None = None,
        shop: ShopRow | None = None,
        slots: int = 1,
        lease: int = 60_000,
        begin: Instant = BEGIN,
    ) -> None:
        self.database = database
        self.now: Instant = begin
        self.feed_is_silent = False
        self.shop: ShopId = new_shop(database, shop)
        self.bucket = bucket_of(self.shop)
        self.channel = RecordingChannel()
        self.seal = Seal(TEST_SECRET)
        self._numbers = count(1)
        self._slots, self._lease = slots, lease
        self.register = self.new_register()
        self.sender = self.new_sender()
        self.desk = Desk(self.register)
        with database.write() as tx:
            tx.run(
                _CONNECT,
                bucket=self.bucket,
                shop=self.shop,
                channel="email",
                sealed=self.seal.close({"from": "hello@shop.example"}),
            )
        self.put_journey(journey or standard_journey())

    # --- the installation -----------------------------------------------------------------------------------------------------

    def new_register(self) -> Register:
        """Another process's view of the same shop."""
        return Register(self.database, {"email": self.channel}, self.seal, lambda: self.now)

    def new_sender(self, register: Register | None = None) -> Sender:
        """Another worker."""
        return Sender(register or self.register, "https://wraca.example", lambda: self.now, slots=self._slots, lease=self._lease)

    def put_journey(self, text: str, version: int = 1, name: str = "") -> None:
        """Activate a journey now."""
        name = name or text.partition("journey:")[2].split()[0]
        with self.database.write() as tx:
            row: dict[str, object] = {"bucket": self.bucket, "shop": self.shop, "name": name, "version": version, "now": self.now}
            tx.run(_ADD_VERSION, source=text, **row)
            tx.run(_ADD_JOURNEY, awaits=msgspec.json.encode(sorted(read_plan(text).awaits)).decode(), **row)
        self.register.forget()

    # --- what people do -------------------------------------------------------------------------------------------------------

    def happens(self, body: Body, *who: Identity, at: Instant | None = None, consents: tuple[Consent, ...] = ()) -> None:
        """The shop's server reports one event; it is taken in at once."""
        number = next(self._numbers)
        event = Event(
            EventId(derived_id(self.shop, "world", str(number))),
            type(body).__name__,
            self.now if at is None else at,
            self.now,
            body,
            who,
            consents=consents,
            seq=number,
        )
        take_in(self.database, self.bucket, [(self.shop, (event,))], self.now, self.register.idle)

    def leaves_cart(self, name: str, price: int = 19_900, product: str = "lamp", *, agreed: bool = True) -> None:
        """A known customer, who agreed to e-mail unless said otherwise, puts something into the cart and goes away."""
        consents = (Consent("email", given=True, mechanism="checkbox"),) if agreed else ()
        self.happens(Identified(first_name=name.title()), *identities(name), consents=consents)
        self.happens(LineAdded(Line(product, 1, price, name=product.title(), trusted=True), currency="PLN"), *identities(name))

    def buys(self, name: str, state: OrderState = OrderState.COMPLETED) -> None:
        """The customer orders what is in the cart."""
        self.happens(OrderPlaced(f"order-{next(self._numbers)}", state), *identities(name))

    def looks_at(self, name: str, product: str) -> None:
        """The customer looks at a product's page."""
        self.happens(Seen(product), *identities(name))

    def product_is(self, product: str, price: int | None = None, stock: int | None = None) -> None:
        """The shop's server tells of a product."""
        word = ProductTold(
            product, names={"": product.title()}, currency="PLN", price=price, stock=stock, url=f"https://shop/{product}"
        )
        self.happens(word)

    # --- time -----------------------------------------------------------------------------------------------------------------

    def pass_time(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time go by; whatever comes due is done at its own moment."""
        target = self.now + int(days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND)
        while (due := self.next_moment()) is not None and due <= target:
            self.now = max(self.now, due)
            self.work()
        self.now = target

    def next_moment(self) -> Instant | None:
        """When something is due next."""
        with self.database.read() as tx:
            ((message,),) = tx.all(_NEXT_MESSAGE, bucket=self.bucket)
        moments = [moment for moment in (next_due(self.register, self.bucket), message) if moment is not None]
        return min(moments, default=None)

    def work(self) -> None:
        """Do everything that is due now. Raises StandsStill."""
        if not self.feed_is_silent:
            self.happens(FeedChecked())
        for _ in range(1000):
            if not self.work_timers() and not self.sender.send_due(self.bucket, self.now):
                return
        raise StandsStill

    def work_timers(self) -> int:
        """One batch of timers."""
        return work_timers(self.register, self.bucket, self.now)

    def work_timers_until_done(self) -> None:
        """Every timer that is due, and what these set for now; no message is sent."""
        if not self.feed_is_silent:
            self.happens(FeedChecked())
        while self.work_timers():
            pass

    # --- what is seen ---------------------------------------------------------------------------------------------------------

    @property
    def letters(self) -> list[tuple[str, str]]:
        """(address, template) of everything handed over, in order."""
        return [(one.recipient.address, one.template) for one in self.channel.delivered]

    @property
    def outbox(self) -> list[Message]:
        """Every message there ever was."""
        with self.database.read() as tx:
            rows = tx.all(_OUTBOX, bucket=self.bucket)
        named = [dict(zip(Message.__struct_fields__, row, strict=True)) for row in rows]
        return [msgspec.convert(row | {"reasons": msgspec.json.decode(row["reasons"])}, Message) for row in named]

    @property
    def runs(self) -> list[Journeyed]:
        """Every run there ever was."""
        with self.database.read() as tx:
            rows = tx.all(_RUNS, bucket=self.bucket)
        return [msgspec.convert(dict(zip(Journeyed.__struct_fields__, row, strict=True)), Journeyed, strict=False) for row in rows]

    @property
    def suppressions(self) -> list[str]:
        """Why addresses are suppressed."""
        with self.database.read() as tx:
            return [reason for (reason,) in tx.all(_SUPPRESSED, bucket=self.bucket)]


def identities(name: str) -> tuple[Identity, Identity]:
    """A customer number and an address for this name."""
    return Identity(IdentityKind.USER, name), Identity(IdentityKind.EMAIL, f"{name}@example.com")

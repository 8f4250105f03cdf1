"""The gate in the database: read all that `domain.gate.judge` looks at, in the transaction that writes `sending`.

The people of the batch are held until the end, so that a purchase or an opt-out comes wholly before or wholly after, and twenty
workers count the same messages against a cap.
"""

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
import structlog

from wraca.app.facts import has_bought
from wraca.app.pacing import Asking, hold_back
from wraca.app.register import Connection, Register
from wraca.domain.carts import Cart
from wraca.domain.consent import Permission, may_contact
from wraca.domain.events import Instant, Line
from wraca.domain.gate import Answer, Ghost, Known, Pass, failed, judge
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, ShopId, StepId
from wraca.domain.people import Person
from wraca.domain.products import Product, shown_line
from wraca.domain.shop import Shop
from wraca.storage.database import DatabaseBusy, Transaction
from wraca.storage.hot import outbox as sql
from wraca.storage.hot import runs

_log = structlog.get_logger()
_WEEK = 7 * 24 * 3600 * 1000
_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_product = msgspec.json.Decoder(Product)


class Claimed(msgspec.Struct, frozen=True):
    """A message this worker holds: the columns of CLAIM, in their order."""

    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    id: MessageId
    person: PersonId
    cart: CartId
    journey: str
    template: str
    held_out: bool
    deadline: Instant
    attempts: int


class Material(msgspec.Struct, frozen=True):
    """What a message is made of. `lines` are as the shop has them now."""

    shop: Shop
    person: Person
    cart: Cart | None
    lines: tuple[Line, ...]
    known: Known
    connection: Connection | None


class Judged(msgspec.Struct, frozen=True):
    """A message with the gate's answer; `made_of` only where it passed."""

    message: Claimed
    answer: Answer
    made_of: Material | None = None


class _Run(msgspec.Struct, frozen=True):
    """The run behind a message, as it now stands: the columns of GATE_RUNS behind its key, in their order."""

    person: PersonId
    journey: str
    version: int
    outcome: str
    started_at: Instant
    cart: Cart | None


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _RunKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    run: RunId


class _ShopKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId


class _ProductKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    key: str


class _AddressKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    channel: str
    hash: str


class _Batch:
    """Everything read for one batch of claimed messages, by key."""

    def __init__(self, tx: Transaction, bucket: int, register: Register, claimed: Sequence[Claimed], now: Instant) -> None:
        self._tx, self._bucket, self.register = tx, bucket, register
        people = sorted({_PersonKey(each.shop, each.person) for each in claimed})
        shops = sorted({_ShopKey(each.shop) for each in claimed})
        # First, and held: everything read after it is as it will be until `sending` is written.
        self.people = {
            (shop, person): _person.decode(body) for shop, person, body in tx.all(sql.GATE_PEOPLE, people, bucket=bucket)
        }
        self.runs = self._runs(claimed)
        self.sent: dict[tuple[ShopId, PersonId], list[Instant]] = {}
        for shop, person, at in tx.all(sql.SENT_LATELY, people, bucket=bucket, since=now - _WEEK):
            self.sent.setdefault((shop, person), []).append(at)
        self.feeds = {shop: (at, bool(beat)) for shop, at, beat in tx.all(sql.FEEDS, shops, bucket=bucket)}
        self.suppressed = self._suppressions(claimed)
        self.products = self._products()

    def _runs(self, claimed: Sequence[Claimed]) -> dict[tuple[ShopId, RunId], _Run]:
        wanted = sorted({_RunKey(each.shop, each.run) for each in claimed})
        found = self._tx.all(sql.GATE_RUNS, wanted, bucket=self._bucket)
        return {
            (shop, run): _Run(person, journey, version, outcome, started_at, _cart.decode(body) if body else None)
            for shop, run, person, journey, version, outcome, started_at, body in found
        }

    def _suppressions(self, claimed: Sequence[Claimed]) -> dict[tuple[ShopId, str, str], str]:
        rows = set()
        for each in claimed:
            person = self.people.get((each.shop, each.person))
            if person and (address := _address(person, each.channel)):
                rows.add(_AddressKey(each.shop, each.channel, self.register.seal.address_hash(each.shop, each.channel, address)))
        if not rows:
            return {}
        found = self._tx.all(runs.SUPPRESSED, sorted(rows), bucket=self._bucket)
        return {(shop, channel, hashed): reason for shop, channel, hashed, reason in found}

    def _products(self) -> dict[tuple[ShopId, str], Product]:
        wanted = {
            _ProductKey(shop, key)
            for (shop, _), run in self.runs.items()
            if run.cart
            for line in run.cart.lines
            for key in (line.key, line.product_id)
        }
        if not wanted:
            return {}
        found = self._tx.all(sql.PRODUCTS, sorted(wanted), bucket=self._bucket)
        return {(shop, key): _product.decode(body) for shop, key, body in found}

    def lines(self, shop: Shop, person: Person, cart: Cart | None) -> tuple[Line, ...]:
        """What a message may show: the catalogue's word first; a line that only a browser reported is left out without it."""
        language = person.language or shop.language
        shown = []
        for line in cart.lines if cart else ():
            product = self.products.get((shop.id, line.key)) or self.products.get((shop.id, line.product_id))
            if (one := shown_line(line, product, cart.currency if cart else "", language)) is not None:
                shown.append(one)
        return tuple(shown)


def pass_gate(tx: Transaction, bucket: int, register: Register, claimed: Sequence[Claimed], now: Instant) -> list[Judged]:
    """Judge these messages, in the order in which they were due. One that cannot be judged keeps no other waiting."""
    batch = _Batch(tx, bucket, register, claimed, now)
    judged = []
    for each in claimed:
        try:
            one = _judged(batch, each, now)
        except DatabaseBusy:
            raise
        except Exception:  # noqa: BLE001  (logged; whatever is wrong with one message, the others go on)
            _log.exception("message could not be judged", message=each.id)
            one = Judged(each, failed(now))
        if isinstance(one.answer, Pass | Ghost):  # counts against the caps of the next one in this very batch
            batch.sent.setdefault((each.shop, each.person), []).append(now)
        judged.append(one)
    return _paced(tx, bucket, judged, now)


def _paced(tx: Transaction, bucket: int, judged: list[Judged], now: Instant) -> list[Judged]:
    """Last of all the limits, which count only what would really go: who would break one is held."""
    asking = [
        Asking(each.id, each.shop, each.channel, _address(made.person, each.channel), made.connection.rules, made.known.spread)
        for each, made in ((one.message, one.made_of) for one in judged if isinstance(one.answer, Pass))
        if made and made.connection and not made.connection.rules.is_free
    ]
    held = hold_back(tx, bucket, asking, now) if asking else {}
    return [Judged(one.message, held[one.message.id]) if one.message.id in held else one for one in judged] if held else judged


def _judged(batch: _Batch, each: Claimed, now: Instant) -> Judged:
    shop = batch.register.shop(each.shop)
    person = batch.people.get((each.shop, each.person))
    run = batch.runs.get((each.shop, each.run))
    who = person or Person(each.person, 0, 0)
    cart = run.cart if run else None
    lines = batch.lines(shop, who, cart)
    connection = batch.register.connection(each.shop, each.channel)
    known = msgspec.structs.replace(
        _known_of_shop(batch, shop, connection),
        permission=may_contact(who, each.channel, shop.country, shop.permission),
        deadline=each.deadline,
        is_ordered=has_bought(person, cart, run.started_at if run else 0) or (run is not None and run.outcome == "ordered"),
        is_emptied=cart is None or not cart.lines,
        is_erased=person is None,
        run_ended=run is None or bool(run.outcome),
        has_moved=run is not None and run.person != each.person,
        quiet_at=_quiet_at(batch.register, each.shop, run),
        suppressed=_suppressed(batch, each, who),
        things_to_show=len(lines),
        last_order_at=who.last_order_at,
        sent=tuple(batch.sent.get((each.shop, each.person), ())),
        timezone=zone(who.timezone, shop.timezone),
        held_out=bool(each.held_out),
        spread=int(each.id[:8], 16) / 2**32,
    )
    return Judged(each, judge(known, now), Material(shop, who, cart, lines, known, connection))


def _known_of_shop(batch: _Batch, shop: Shop, connection: Connection | None) -> Known:
    """What is the same for every message of a shop over one channel."""
    feed_at, beats = batch.feeds.get(shop.id, (0, False))
    return Known(
        permission=Permission(is_given=False),
        deadline=0,
        paused=bool(batch.register.paused()) or shop.paused_at is not None,
        connected=connection is not None,
        channel_paused_until=connection.paused_until if connection else 0,
        feed_at=feed_at,
        feed_limit=shop.profile.heartbeat_limit if beats else shop.profile.feed_limit,
        manners=shop.profile.manners,
    )


def _quiet_at(register: Register, shop: ShopId, run: _Run | None) -> Instant:
    """From when on the cart counts as left alone: nobody is written to while they are in the shop."""
    if run is None or run.cart is None:
        return 0
    return run.cart.last_activity + register.plan(shop, run.journey, run.version).trigger.idle_at(run.cart.stage)


def _suppressed(batch: _Batch, each: Claimed, person: Person) -> str:
    """Why the address must not be written to; empty: it may."""
    address = _address(person, each.channel)
    if not address:
        return ""
    return batch.suppressed.get((each.shop, each.channel, batch.register.seal.address_hash(each.shop, each.channel, address)), "")


def _address(person: Person, channel: str) -> str:
    return person.email if channel == "email" else person.phone


@lru_cache(maxsize=1024)
def zone(person: str, shop: str) -> str:
    """The person's zone if it is one, else the shop's."""
    for name in (person, shop):
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            continue
        return name
    return "UTC"

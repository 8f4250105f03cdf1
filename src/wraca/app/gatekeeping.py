"""The gate in the database: read all that `domain.gate.judge` looks at, in the transaction that writes `sending`.

The people of the batch are held until the end, so that a purchase or an opt-out comes wholly before or wholly after, and twenty
workers count the same messages against a cap.
"""

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from wraca.app.register import Connection, Register
from wraca.domain.carts import Cart, CartState
from wraca.domain.consent import may_contact
from wraca.domain.events import Instant, Line
from wraca.domain.gate import Answer, Known, judge
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, ShopId, StepId
from wraca.domain.people import Person
from wraca.domain.products import Product, shown_line
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import outbox as sql
from wraca.storage.hot import runs

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


class Judged(msgspec.Struct, frozen=True):
    """A message with the gate's answer and what a message is made of. `lines` are as the shop has them now."""

    message: Claimed
    answer: Answer
    shop: Shop
    person: Person | None
    cart: Cart | None
    lines: tuple[Line, ...]
    known: Known
    connection: Connection | None


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
        self._tx, self._bucket, self._register = tx, bucket, register
        people = sorted({_PersonKey(each.shop, each.person) for each in claimed})
        shops = sorted({_ShopKey(each.shop) for each in claimed})
        self.people = {
            (shop, person): _person.decode(body) for shop, person, body in tx.all(sql.GATE_PEOPLE, people, bucket=bucket)
        }
        wanted = sorted({_RunKey(each.shop, each.run) for each in claimed})
        self.runs = {
            (shop, run): (cart, outcome, started_at, _cart.decode(body) if body else None)
            for shop, run, _, cart, outcome, started_at, body in tx.all(sql.GATE_RUNS, wanted, bucket=bucket)
        }
        self.sent: dict[tuple[ShopId, PersonId], list[Instant]] = {}
        for shop, person, at in tx.all(sql.SENT_LATELY, people, bucket=bucket, since=now - _WEEK):
            self.sent.setdefault((shop, person), []).append(at)
        self.feeds = {shop: (at, bool(beat)) for shop, at, beat in tx.all(sql.FEEDS, shops, bucket=bucket)}
        self.suppressed = self._suppressions(claimed)
        self.products = self._products()

    def _suppressions(self, claimed: Sequence[Claimed]) -> dict[tuple[ShopId, str, str], str]:
        rows = set()
        for each in claimed:
            person = self.people.get((each.shop, each.person))
            if person and (address := _address(person, each.channel)):
                rows.add(_AddressKey(each.shop, each.channel, self._register.seal.address_hash(each.shop, each.channel, address)))
        if not rows:
            return {}
        found = self._tx.all(runs.SUPPRESSED, sorted(rows), bucket=self._bucket)
        return {(shop, channel, hashed): reason for shop, channel, hashed, reason in found}

    def _products(self) -> dict[tuple[ShopId, str], Product]:
        wanted = {
            _ProductKey(shop, key)
            for (shop, _), (_, _, _, cart) in self.runs.items()
            if cart
            for line in cart.lines
            for key in (line.key, line.product_id)
        }
        if not wanted:
            return {}
        found = self._tx.all(sql.PRODUCTS, sorted(wanted), bucket=self._bucket)
        return {(shop, key): _product.decode(body) for shop, key, body in found}


def pass_gate(tx: Transaction, bucket: int, register: Register, claimed: Sequence[Claimed], now: Instant) -> list[Judged]:
    """Judge these messages, in the order in which they were due."""
    batch = _Batch(tx, bucket, register, claimed, now)
    judged = []
    for each in claimed:
        one = _judged(batch, register, each, now)
        if type(one.answer).__name__ in {"Pass", "Ghost"}:  # counts against the caps of the next one in this very batch
            batch.sent.setdefault((each.shop, each.person), []).append(now)
        judged.append(one)
    return judged


def _judged(batch: _Batch, register: Register, each: Claimed, now: Instant) -> Judged:
    shop = register.shop(each.shop)
    person = batch.people.get((each.shop, each.person))
    _, outcome, started_at, cart = batch.runs.get((each.shop, each.run), (None, "stopped", 0, None))
    lines = _lines(batch, shop, person, cart)
    connection = register.connection(each.shop, each.channel)
    known = _known(batch, register, each, shop, person, cart, connection)
    known = msgspec.structs.replace(
        known,
        run_ended=bool(outcome),
        is_ordered=_is_ordered(person, cart, started_at) or outcome == "ordered",
        things_to_show=len(lines),
    )
    return Judged(each, judge(known, now), shop, person, cart, lines, known, connection)


def _is_ordered(person: Person | None, cart: Cart | None, started_at: Instant) -> bool:
    bought_since = person is not None and person.last_order_at >= (cart.started_at if cart else started_at) > 0
    return bought_since or (cart is not None and cart.state is CartState.ORDERED)


def _known(
    batch: _Batch,
    register: Register,
    each: Claimed,
    shop: Shop,
    person: Person | None,
    cart: Cart | None,
    connection: Connection | None,
) -> Known:
    who = person or Person(each.person, 0, 0)
    address = _address(who, each.channel)
    hashed = register.seal.address_hash(each.shop, each.channel, address) if address else ""
    feed_at, beats = batch.feeds.get(each.shop, (0, False))
    return Known(
        permission=may_contact(who, each.channel, shop.country, shop.permission),
        deadline=each.deadline,
        is_emptied=cart is None or not cart.lines,
        is_erased=person is None,
        suppressed=batch.suppressed.get((each.shop, each.channel, hashed), ""),
        paused=bool(register.paused()) or shop.paused_at is not None,
        connected=connection is not None,
        channel_paused_until=connection.paused_until if connection else 0,
        feed_at=feed_at,
        feed_limit=shop.profile.heartbeat_limit if beats else shop.profile.feed_limit,
        last_order_at=who.last_order_at,
        sent=tuple(batch.sent.get((each.shop, each.person), ())),
        timezone=zone(who.timezone, shop.timezone),
        manners=shop.profile.manners,
        held_out=bool(each.held_out),
    )


def _address(person: Person, channel: str) -> str:
    return person.email if channel == "email" else person.phone


def _lines(batch: _Batch, shop: Shop, person: Person | None, cart: Cart | None) -> tuple[Line, ...]:
    """What a message may show: the catalogue's word first; a line that only a browser reported is left out without it."""
    if cart is None:
        return ()
    language = (person.language if person else "") or shop.language
    shown = []
    for line in cart.lines:
        product = batch.products.get((shop.id, line.key)) or batch.products.get((shop.id, line.product_id))
        if (one := shown_line(line, product, cart.currency, language)) is not None:
            shown.append(one)
    return tuple(shown)


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

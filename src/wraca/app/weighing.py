"""Everything the gate looks at, read for one batch of claimed messages: a statement for each kind, however many messages.

The people of the batch are held from the first statement on, so that a purchase or an opt-out comes wholly before or wholly after,
and twenty workers count the same messages against a cap.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from wraca.app.lineup import Lineup, PersonKey
from wraca.app.register import Connection, Register
from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Line
from wraca.domain.gate import Known
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, ShopId, StepId
from wraca.domain.journeys.about import About, is_overtaken, shown_product
from wraca.domain.journeys.triggers import LowStock
from wraca.domain.people import Person
from wraca.domain.products import Product, shown_line
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import chats, runs
from wraca.storage.hot import outbox as sql
from wraca.storage.hot.intake import FIND_CARTS

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_product = msgspec.json.Decoder(Product)
_about = msgspec.json.Decoder(About)
_ABOUT_A_CART = About()
TALK_ENDS = 3600_000  # ms since the last word of a chat


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


class RunNow(msgspec.Struct, frozen=True):
    """The run behind a message, as it now stands: the columns of GATE_RUNS behind its key, in their order."""

    person: PersonId
    journey: str
    version: int
    outcome: str
    started_at: Instant
    about: About
    cart: Cart | None


class Good(msgspec.Struct, frozen=True):
    """One thing a message shows: as the cart has it, as the shop has it now, and what the catalogue says of it."""

    line: Line
    shown: Line
    product: Product | None


class Material(msgspec.Struct, frozen=True):
    """What a message is made of. `goods` are what it shows: of the cart, or what the run is about.

    `cart` is None for a run about no cart, whose `run.about` says what it is about instead.
    """

    shop: Shop
    person: Person
    cart: Cart | None
    goods: tuple[Good, ...]
    known: Known
    connection: Connection | None
    run: RunNow | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The goods as the shop has them now."""
        return tuple(good.shown for good in self.goods)


Products = Mapping[tuple[ShopId, str], Product]


def product_keys(about: About, cart: Cart | None) -> Iterator[str]:
    """The keys under which the catalogue may know what a message shows."""
    yield from about.products
    for line in cart.lines if cart else ():
        yield line.key
        yield line.product_id


class _RunKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    run: RunId


class _RunChannelKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    run: RunId
    channel: str


class _ShopKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId


class _ProductKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    key: str


class _AddressKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    channel: str
    hash: str


class Batch:
    """What is known of these messages, by key."""

    def __init__(self, tx: Transaction, bucket: int, register: Register, claimed: Sequence[Claimed], now: Instant) -> None:
        self._tx, self._bucket, self.register = tx, bucket, register
        people = sorted({PersonKey(each.shop, each.person) for each in claimed})
        shops = sorted({_ShopKey(each.shop) for each in claimed})
        # First, and held: everything read after it is as it will be until `sending` is written.
        self.people = {
            (shop, person): _person.decode(body) for shop, person, body in tx.all(sql.GATE_PEOPLE, people, bucket=bucket)
        }
        self.runs = self._runs(claimed)
        journeys = {(shop, run.journey): run.version for (shop, _), run in self.runs.items()}
        self.lineup = Lineup(tx, bucket, register, people, journeys, now)
        self.feeds = {shop: (at, bool(beat)) for shop, at, beat in tx.all(sql.FEEDS, shops, bucket=bucket)}
        self.suppressed = self._suppressions(claimed)
        self.products = self._products()
        self.have_carts = self._open_carts()
        self.sent_by_run = self._sent_by_runs(claimed)
        self.chatted = self._chats(people, now)

    def has_only_channel(self, each: Claimed) -> bool:
        """Whether the run has no other channel to go on with."""
        run = self.runs.get((each.shop, each.run))
        return run is None or len(self.register.plan(each.shop, run.journey, run.version).channels) <= 1

    def is_overtaken(self, each: Claimed, run: RunNow) -> bool:
        """Whether what began the run is no longer so."""
        shop, trigger = self.register.shop(each.shop), self.register.plan(each.shop, run.journey, run.version).trigger
        known = {key: product for key in run.about.products if (product := self.products.get((each.shop, key)))}
        below = trigger.below if isinstance(trigger, LowStock) else 0
        has_cart = (each.shop, run.person) in self.have_carts
        return is_overtaken(run.about, known, shop.currency, below=below, has_cart=has_cart)

    def _runs(self, claimed: Sequence[Claimed]) -> dict[tuple[ShopId, RunId], RunNow]:
        wanted = sorted({_RunKey(each.shop, each.run) for each in claimed})
        found = self._tx.all(sql.GATE_RUNS, wanted, bucket=self._bucket)
        return {
            (shop, run): RunNow(
                person,
                journey,
                version,
                outcome,
                started_at,
                _about.decode(about) if len(about) > len("{}") else _ABOUT_A_CART,
                _cart.decode(body) if body else None,
            )
            for shop, run, person, journey, version, outcome, started_at, about, body in found
        }

    def _suppressions(self, claimed: Sequence[Claimed]) -> dict[tuple[ShopId, str, str], str]:
        rows = set()
        for each in claimed:
            person = self.people.get((each.shop, each.person))
            if person and (address := address_of(person, each.channel)):
                rows.add(_AddressKey(each.shop, each.channel, self.register.seal.address_hash(each.shop, each.channel, address)))
        if not rows:
            return {}
        found = self._tx.all(runs.SUPPRESSED, sorted(rows), bucket=self._bucket)
        return {(shop, channel, hashed): reason for shop, channel, hashed, reason in found}

    def _products(self) -> Products:
        return load_products(
            self._tx,
            self._bucket,
            ((shop, key) for (shop, _), run in self.runs.items() for key in product_keys(run.about, run.cart)),
        )

    def _open_carts(self) -> frozenset[tuple[ShopId, PersonId]]:
        """Who of those that only looked around has something in a cart by now."""
        looked = sorted({PersonKey(shop, run.person) for (shop, _), run in self.runs.items() if run.about.kind == "browse"})
        if not looked:
            return frozenset()
        found = self._tx.all(FIND_CARTS, looked, bucket=self._bucket)
        return frozenset((shop, person) for shop, person, body in found if _cart.decode(body).is_waiting())

    def _chats(self, people: Sequence[PersonKey], now: Instant) -> Mapping[tuple[ShopId, PersonId], Instant]:
        """When those who lately talked to the team said or heard the last word: a shop without a chat costs no look."""
        asked = [one for one in people if self.register.connection(one.shop, "chat")]
        found = self._tx.all(chats.CHATTING, asked, bucket=self._bucket, since=now - TALK_ENDS) if asked else ()
        return {(shop, person): at for shop, person, at in found}

    def _sent_by_runs(self, claimed: Sequence[Claimed]) -> Counter[tuple[ShopId, RunId, str]]:
        """Where a channel is limited by run: how often each run has used it."""
        limited = {
            _RunChannelKey(each.shop, each.run, each.channel)
            for each in claimed
            if self.register.shop(each.shop).profile.manners.caps_on(each.channel).per_run is not None
        }
        if not limited:
            return Counter()
        found = self._tx.all(sql.SENT_BY_RUNS, sorted(limited), bucket=self._bucket)
        return Counter({(shop, run, channel): count for shop, run, channel, count in found})

    def goods(self, shop: Shop, person: Person, run: RunNow | None) -> tuple[Good, ...]:
        """What a message of this run may show."""
        return () if run is None else goods_of(self.products, shop, person, run.about, run.cart)


def load_products(tx: Transaction, bucket: int, wanted: Iterable[tuple[ShopId, str]]) -> Products:
    """What the catalogues say of these products, (shop, key) each; those that nobody told of are absent."""
    keys = sorted({_ProductKey(shop, key) for shop, key in wanted})
    found = tx.all(sql.PRODUCTS, keys, bucket=bucket) if keys else ()
    return {(shop, key): _product.decode(body) for shop, key, body in found}


def goods_of(products: Products, shop: Shop, person: Person, about: About, cart: Cart | None) -> tuple[Good, ...]:
    """What a message may show: the catalogue's word first; a line that only a browser reported is left out without it."""
    language = person.language or shop.language
    if about.kind:
        known = [product for key in about.products if (product := products.get((shop.id, key)))]
        offered = [(product, shown_product(product, shop.currency, language)) for product in known]
        return tuple(Good(line, line, product) for product, line in offered if line is not None)
    currency = cart.currency if cart else ""
    goods = []
    for line in cart.lines if cart else ():
        product = products.get((shop.id, line.key)) or products.get((shop.id, line.product_id))
        if (shown := shown_line(line, product, currency, language)) is not None:
            goods.append(Good(line, shown, product))
    return tuple(goods)


def address_of(person: Person, channel: str) -> str:
    """Where this channel reaches the person; empty: nowhere that we know of."""
    match channel:
        case "email":
            return person.email
        case "sms":
            return person.phone
        case "webpush":  # the browser that subscribed last
            return person.push[-1] if person.push else ""
        case "onsite" | "chat":  # the message waits on the shop's own pages for this very visitor
            return person.id
        case _:
            return ""


def addresses_of(person: Person, channel: str) -> tuple[str, ...]:
    """Wherever this channel reaches the person: a no is one for all of their browsers."""
    address = address_of(person, channel)
    return person.push if channel == "webpush" else (address,) if address else ()

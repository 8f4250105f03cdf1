"""The world of one scenario: its shop, its person, its journeys, and channels that record."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.domain.events import (
    Body,
    Consent,
    Event,
    Identified,
    Identity,
    IdentityKind,
    Instant,
    OrderPlaced,
    ProductTold,
)
from wraca.domain.ids import EventId, derived_id
from wraca.domain.journeys.presets import preset_text
from wraca.domain.money import minor_units
from wraca.ports.channel import Outgoing, Unavailable
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.scenarios.casting import as_cast
from wraca.testing.scenarios.manners import read_manners
from wraca.testing.scenarios.moments import civil_instant
from wraca.testing.scenarios.script import Scenario
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, RecordingChannel, World

_OTHER_CHANNELS: Final = ("sms", "webpush", "onsite", "chat")

_CONNECT = Statement(
    "scenario_connect",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason)
       values (:bucket, :shop, :channel, :sealed, '') on conflict (bucket, shop_id, channel) do nothing""",
)
_DISCONNECT = Statement(
    "scenario_disconnect", "delete from channel_setting where bucket = :bucket and shop_id = :shop and channel = :channel"
)
_ADD_CODE = Statement(
    "scenario_add_code",
    "insert into offer_code (bucket, shop_id, pool, code, added_at) values (:bucket, :shop, :pool, :code, :now)",
)


class _Recorder(RecordingChannel):
    """A channel of any name; all of a stage write into one list."""

    def __init__(self, name: str, delivered: list[Outgoing]) -> None:
        super().__init__()
        self.name = name
        self.delivered = delivered


class Stage(World):
    """A throw-away shop on a virtual clock in which one scenario is played."""

    def __init__(self, database: Database, journey: str, scenario: Scenario) -> None:
        self.scenario = scenario
        self.zone = ZoneInfo(scenario.shop.timezone)
        self.begin: Instant = civil_instant(scenario.begins, self.zone)
        self.mail_down_until: Instant = 0
        self.last_order = ""
        cast = as_cast(journey, scenario.variants, held_out=scenario.held_out)
        super().__init__(database, journey=cast, shop=_shop_row(scenario), begin=self.begin)
        self.channel.mishap = self._refuse_while_down
        for name in scenario.beside:
            self.put_journey(as_cast(preset_text(name), {}))
        for channel in {"email", *scenario.shop.channels}:
            (self.connect if channel in scenario.shop.channels else self.disconnect)(channel)
        self._fill()

    def new_register(self) -> Register:
        """With every channel there could be; which are connected, the shop says."""
        others = {name: _Recorder(name, self.channel.delivered) for name in _OTHER_CHANNELS}
        return Register(self.database, {"email": self.channel, **others}, self.seal, lambda: self.now)

    def connect(self, channel: str) -> None:
        """The merchant connects this channel."""
        sealed = self.seal.close({"from": "hello@shop.example"})
        with self.database.write() as tx:
            tx.run(_CONNECT, bucket=self.bucket, shop=self.shop, channel=channel, sealed=sealed)
        self.register.forget()

    def disconnect(self, channel: str) -> None:
        """The merchant takes it away."""
        with self.database.write() as tx:
            tx.run(_DISCONNECT, bucket=self.bucket, shop=self.shop, channel=channel)
        self.register.forget()

    def tell(self, body: Body, name: str = "", *, before: int = 0, consents: tuple[Consent, ...] = (), past: bool = False) -> None:
        """The shop's server reports something of the person, `before` ms ago; `past`: as history, which starts nothing."""
        number, who = next(self._numbers), () if isinstance(body, ProductTold) else self.identities
        event = Event(
            EventId(derived_id(self.shop, "scenario", str(number))),
            name or type(body).__name__,
            self.now - before,
            self.now,
            body,
            who,
            consents=consents,
            seq=number,
            backfill=past,
        )
        take_in(self.database, self.bucket, [(self.shop, (event,))], self.now, self.register.idle)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """What the person is known by."""
        person = self.scenario.person
        if person.anonymous:
            return (Identity(IdentityKind.ANONYMOUS, "browser-1"),)
        known = {IdentityKind.USER: person.name.lower(), IdentityKind.EMAIL: person.email.lower(), IdentityKind.PHONE: person.phone}
        return tuple(Identity(kind, value) for kind, value in known.items() if value)

    def minor(self, price: float | None) -> int | None:
        """A price of the file in minor units of the shop's currency."""
        return None if price is None else minor_units(price, self.scenario.shop.currency)

    def product_told(self, product: str, price: float | None = None, stock: int | None = None, *, before: int = 0) -> None:
        """The shop's server tells of a product."""
        known = self.scenario.catalogue.get(product)
        self.tell(
            ProductTold(
                product,
                names={"": (known.name if known else "") or product.title()},
                currency=self.scenario.shop.currency,
                price=self.minor(price),
                stock=stock,
                url=f"https://shop.example/{product}",
                category=known.category if known else "",
            ),
            before=before,
        )

    def _fill(self) -> None:
        """What is so before anything happens: the catalogue, the pools, the person and what they bought."""
        for product, article in self.scenario.catalogue.items():
            self.product_told(product, article.price, article.stock, before=DAY)
        with self.database.write() as tx:
            for pool, codes in self.scenario.pools.items():
                for code in codes:
                    tx.run(_ADD_CODE, bucket=self.bucket, shop=self.shop, pool=pool, code=code, now=self.now)
        person = self.scenario.person
        for number in range(person.orders):
            self.tell(OrderPlaced(f"before-{number + 1}"), before=30 * DAY * (number + 1), past=True)
        if not person.anonymous:
            said = {field: getattr(person, field) for field in ("gender", "language", "timezone", "country", "attributes")}
            words = tuple(Consent(channel, given=True, mechanism="checkbox") for channel in (*person.allows, "tracking"))
            self.tell(Identified(first_name=person.name, **said), before=DAY, consents=words)

    def _refuse_while_down(self, _message: Outgoing) -> None:
        if self.now < self.mail_down_until:
            raise Unavailable("mail_server_down")


def _shop_row(scenario: Scenario) -> ShopRow:
    shop = scenario.shop
    profile = {"pixel": True, "manners": msgspec.to_builtins(read_manners(shop.manners))}
    return ShopRow(country=shop.country, currency=shop.currency, language=shop.language, timezone=shop.timezone, settings=profile)

"""A shop that texts: the SMS channel with a provider that remembers, on a virtual clock."""

from collections.abc import Callable, Mapping

import msgspec

from wraca.app import texting
from wraca.app.callbacks import call_secret
from wraca.app.composing import MessageBody
from wraca.channels.sms import SmsChannel
from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded
from wraca.ports.channel import Outgoing, Receipt, Rendered
from wraca.ports.texting import Call, Delivery, Report
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import _CONNECT, HOUR, World

NUMBER = "+48601234567"
TEXTS = """
journey: texts
trigger: {cart_abandoned: {idle: 60m}}
holdout: 0%
steps:
  - send: {id: first, sms: cart-waiting}
"""
SETTINGS: Mapping[str, object] = {
    "provider": "smsapi", "sender": "Sklep", "token": "t", "prices": "PL 0.10, * 0.20", "max_parts": "2",
}  # fmt: skip

_BODIES = Statement(
    "testing_texting_bodies", "select state, reasons, body from outbox where bucket = :bucket order by planned_at, id"
)
_SPEND = Statement("testing_spend", "select day, micros, messages, parts from spend where bucket = :bucket order by day")
_bodies = msgspec.json.Decoder(MessageBody)


class Phones(SmsChannel):
    """The SMS channel with a provider that remembers; `mishap` may raise what a real one would."""

    def __init__(self) -> None:
        super().__init__()
        self.delivered: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self.parts = 1
        self.mishap: Exception | None = None
        self.answer: Report | None = None
        self.outgoing: list[Outgoing] = []
        self.meanwhile: Callable[[Outgoing], object] | None = None

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:
        self.outgoing.append(message)
        if self.meanwhile:
            self.meanwhile(message)
        if self.mishap:
            raise self.mishap
        self.delivered.append((message.recipient.address, rendered.text))
        self.keys.append(message.key)
        return Receipt(f"ref-{len(self.delivered)}", "", self.parts)

    def ask(self, settings: Mapping[str, object], key: str, reference: str) -> Report | None:
        return self.answer


class TextWorld(World):
    """A shop that writes to phones."""

    def __init__(self, database: Database, **settings: object) -> None:
        self.phones = Phones()
        super().__init__(database, journey=TEXTS, begin=1_790_000_000_000 - 4 * HOUR)  # a Monday, 12:13 in Warsaw
        self.settings = {**SETTINGS, **settings}
        with database.write() as tx:
            sealed = self.seal.close(self.settings)
            tx.run(_CONNECT, bucket=self.bucket, shop=self.shop, channel="sms", sealed=sealed)
        self.register.channels = {"email": self.channel, "sms": self.phones}
        self.register.forget()

    def leaves_a_cart(self, name: str = "anna", number: str = NUMBER) -> None:
        who = (Identity(IdentityKind.USER, name), Identity(IdentityKind.PHONE, number))
        self.happens(Identified(country="PL"), *who, consents=(Consent("sms", given=True, mechanism="checkbox"),))
        self.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), *who)

    def rows(self) -> list[tuple[str, tuple[str, ...], MessageBody]]:
        with self.database.read() as tx:
            found = tx.all(_BODIES, bucket=self.bucket)
        return [(state, tuple(msgspec.json.decode(reasons)), _bodies.decode(body)) for state, reasons, body in found]

    def spend(self) -> list[tuple[int, int, int]]:
        with self.database.read() as tx:
            return [(micros, messages, parts) for _, micros, messages, parts in tx.all(_SPEND, bucket=self.bucket)]

    def reports(self, *deliveries: Delivery, key: str = "", **more: object) -> list[int]:
        key = key or self.phones.outgoing[0].key
        return [
            texting.take_reports(self.register, self.shop, "sms", [Report(one, key, **more)], self.now)  # type: ignore[arg-type]
            for one in deliveries
        ]

    def call(self, fields: Mapping[str, str], secret: str = "", provider: str = "smsapi") -> texting.Taken | None:
        secret = secret or call_secret(self.seal, self.shop, "sms")
        return texting.take_call(self.register, "sms", provider, secret, Call("GET", "https://x", query=fields), self.now)


def sent(database: Database, **settings: object) -> TextWorld:
    """Anna left a cart and got a text message."""
    world = TextWorld(database, **settings)
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert [number for number, _ in world.phones.delivered] == [NUMBER]
    return world

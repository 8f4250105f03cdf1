"""Text messages from the gate to the phone and back, on both databases: caps, reports in any order, people who answer stop."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import msgspec
import pytest

from wraca.app import texting
from wraca.app.alarms import AlarmKind, alarms, meaning
from wraca.app.callbacks import call_address, call_secret, shop_of_secret
from wraca.app.composing import MessageBody
from wraca.app.limiting import within_limits
from wraca.app.sealing import Seal
from wraca.app.spending import Paying, near_caps, set_aside
from wraca.channels.sms import SmsChannel
from wraca.channels.sms.wire import NoAnswer
from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded
from wraca.domain.ids import MessageId
from wraca.domain.spending import MICROS, Budget, day_of, next_day
from wraca.ports.channel import Outgoing, Receipt, Refused, Rendered, Unavailable
from wraca.ports.texting import Call, Delivery, Report
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import _CONNECT, DAY, HOUR, MINUTE, World

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


def test_a_text_goes_to_the_phone_with_links_an_end_and_an_address_for_reports(database: Database) -> None:
    world = sent(database, link_host="k.sklep.pl")
    message = world.phones.outgoing[0]
    assert "https://k.sklep.pl/r/" in world.phones.delivered[0][1]
    assert message.links.report == call_address(world.seal, "https://wraca.example", world.shop, "sms", SETTINGS, message.key)
    assert message.deadline > world.now
    assert world.rows()[0][2].to == "***567"


def test_without_a_word_for_sms_nothing_leaves(database: Database) -> None:
    world = TextWorld(database)
    who = (Identity(IdentityKind.USER, "anna"), Identity(IdentityKind.PHONE, NUMBER))
    world.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), *who,
                  consents=(Consent("email", given=True),))  # fmt: skip
    world.pass_time(hours=2)
    assert not world.phones.delivered
    assert [reasons for _, reasons, _ in world.rows()] == [("no_permission",)]


# --- reports -------------------------------------------------------------------------------------------------------------------

WORDS = (Delivery.ACCEPTED, Delivery.UNKNOWN, Delivery.DELIVERED)


def test_a_report_is_written_down_once(database: Database) -> None:
    world = sent(database)
    assert world.reports(Delivery.DELIVERED, Delivery.DELIVERED, Delivery.ACCEPTED) == [1, 0, 0]
    state, reasons, body = world.rows()[0]
    assert (state, reasons, body.delivery, body.delivered_at) == ("accepted", (), "delivered", world.now)


def test_unknown_is_never_delivered(database: Database) -> None:
    world = sent(database)
    world.reports(Delivery.UNKNOWN)
    assert (world.rows()[0][0], world.rows()[0][2].delivery, world.rows()[0][2].delivered_at) == ("accepted", "unknown", 0)


@pytest.mark.parametrize("order", list(permutations((*WORDS, Delivery.FAILED)))[::5])
def test_reports_in_any_order_end_alike(database: Database, order: tuple[Delivery, ...]) -> None:
    world = sent(database)
    for word in order:
        world.reports(word, word)
    state, reasons, body = world.rows()[0]
    assert (state, reasons, body.delivery) == ("rejected", ("failed",), "failed")


@pytest.mark.parametrize(
    ("word", "end"),
    [
        (Delivery.DELIVERED, "accepted"),
        (Delivery.ACCEPTED, "accepted"),
        (Delivery.EXPIRED, "rejected"),
        (Delivery.UNKNOWN, "uncertain"),
    ],
)
def test_what_nobody_knew_is_settled_by_a_report(database: Database, word: Delivery, end: str) -> None:
    world = TextWorld(database)
    world.phones.mishap = NoAnswer("gone")
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert world.rows()[0][0] == "uncertain"
    world.reports(word)
    assert world.rows()[0][0] == end


def test_what_nobody_knew_is_asked_and_never_sent_again(database: Database) -> None:
    world = TextWorld(database)
    world.phones.mishap = NoAnswer("gone")
    world.leaves_a_cart()
    world.pass_time(hours=2)
    world.phones.mishap = None
    assert texting.ask_uncertain(world.register, world.bucket, "sms", world.now) == 0  # they do not know it either
    world.phones.answer = Report(Delivery.ACCEPTED, reference="abc")
    assert texting.ask_uncertain(world.register, world.bucket, "sms", world.now) == 1
    assert texting.ask_uncertain(world.register, world.bucket, "sms", world.now) == 0
    world.pass_time(hours=30)
    assert (world.rows()[0][0], world.rows()[0][2].reference, world.phones.delivered) == ("accepted", "abc", [])


@pytest.mark.parametrize(
    ("word", "end"), [(Delivery.DELIVERED, "accepted"), (Delivery.FAILED, "rejected"), (Delivery.ACCEPTED, "")]
)
def test_a_report_that_overtakes_our_own_confirmation_is_not_lost(database: Database, word: Delivery, end: str) -> None:
    world = TextWorld(database)
    world.phones.meanwhile = lambda message: world.reports(word, key=message.key)
    world.leaves_a_cart()
    world.pass_time(hours=2)
    state, _, body = world.rows()[0]
    assert (state, body.delivery) == ((end, word.value) if end else ("accepted", ""))


def test_a_message_that_could_not_be_composed_costs_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world = TextWorld(database)
    world.leaves_a_cart()

    def broken(*_: object) -> object:
        raise ValueError

    monkeypatch.setattr(world.register, "sources", broken)
    world.pass_time(hours=1, minutes=1)
    assert world.rows()[0][0] == "held"
    assert world.spend() == [(0, 0, 0)]


def test_a_report_may_name_the_message_by_the_providers_own_name(database: Database) -> None:
    world = sent(database)
    report = Report(Delivery.DELIVERED, reference="ref-1")
    assert texting.take_reports(world.register, world.shop, "sms", [report], world.now) == 1
    assert texting.take_reports(world.register, world.shop, "sms", [Report(Delivery.FAILED, reference="ref-2")], world.now) == 0
    assert texting.take_reports(world.register, world.shop, "sms", [Report(Delivery.FAILED, "not a key")], world.now) == 0


def test_a_dead_number_is_not_written_to_again(database: Database) -> None:
    world = sent(database)
    world.reports(Delivery.FAILED, is_bad_number=True, reason="bad_number")
    assert (world.rows()[0][1], world.suppressions) == (("bad_number",), ["hard_bounce"])


def test_a_no_that_the_provider_knows_is_ours_too(database: Database) -> None:
    world = TextWorld(database)
    world.phones.mishap = Refused("opted_out", "error 21610", hard=True)
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert (world.rows()[0][:2], world.suppressions) == (("rejected", ("opted_out",)), ["unsubscribed"])


# --- calls ---------------------------------------------------------------------------------------------------------------------


def test_a_call_must_come_to_the_secret_address_of_the_shop(database: Database) -> None:
    world = sent(database)
    said = {"MsgId": "x", "idx": world.phones.keys[0], "status": "404"}
    secret = call_secret(world.seal, world.shop, "sms")
    for wrong in (secret[:-1] + ("0" if secret[-1] != "0" else "1"), "f" * 64, secret[32:] * 2, world.shop, "ą" * 64):
        assert world.call(said, wrong) is None
    assert world.call(said, provider="twilio") is None
    assert world.rows()[0][2].delivery == ""
    taken = world.call(said)
    assert taken
    assert (taken.answer, taken.changed, world.rows()[0][2].delivery) == ("OK", 1, "delivered")


def test_the_address_of_one_shop_says_nothing_of_another() -> None:
    seal, other = Seal("a" * 32), Seal("b" * 32)
    shop = "0" * 32
    secret = call_secret(seal, shop, "sms")  # type: ignore[arg-type]
    assert shop_of_secret(seal, secret, "sms") == shop
    assert shop_of_secret(other, secret, "sms") is None
    assert shop_of_secret(seal, secret, "webpush") is None
    assert shop_of_secret(seal, "1" * 32 + secret[32:], "sms") is None


@pytest.mark.parametrize("words", ["STOP", "Rezygnuję", "ЅТОР", "стоп", "basta"])
def test_who_answers_stop_is_left_in_peace_at_once(database: Database, words: str) -> None:
    world = TextWorld(database, stop_words="basta")
    world.leaves_a_cart()
    world.pass_time(minutes=30)  # before anything is sent
    assert world.call({"sms_from": NUMBER[1:], "sms_text": words, "MsgId": "1"}) == texting.Taken(
        "OK", "text/plain; charset=utf-8", 0, 1
    )
    world.call({"sms_from": NUMBER[1:], "sms_text": words, "MsgId": "1"})
    world.pass_time(hours=30)
    assert not world.phones.delivered
    assert world.suppressions == ["unsubscribed"]
    assert [run.outcome for run in world.runs] in ([], ["opted_out"])


def test_an_answer_that_is_no_no_changes_nothing(database: Database) -> None:
    world = TextWorld(database)
    world.leaves_a_cart()
    world.pass_time(minutes=30)
    world.call({"sms_from": NUMBER[1:], "sms_text": "kiedy wysyłka?", "MsgId": "1"})
    world.pass_time(hours=2)
    assert len(world.phones.delivered) == 1


def test_a_stranger_who_says_no_is_remembered_without_a_name(database: Database) -> None:
    world = TextWorld(database)
    world.call({"sms_from": NUMBER[1:], "sms_text": "STOP", "MsgId": "1"})
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert not world.phones.delivered
    assert not world.rows()


# --- money ---------------------------------------------------------------------------------------------------------------------


def test_what_a_message_cost_takes_the_place_of_what_it_might_have(database: Database) -> None:
    world = TextWorld(database)
    world.phones.parts = 1
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert world.spend() == [(MICROS // 10, 1, 1)]
    reserved = world.rows()[0][2].reserved
    assert reserved
    assert (reserved.micros, reserved.parts) == (MICROS // 10, 1)


@pytest.mark.parametrize("mishap", [Refused("content"), Unavailable("try_later"), Refused("bad_number", hard=True)])
def test_what_never_left_costs_nothing(database: Database, mishap: Exception) -> None:
    world = TextWorld(database)
    world.phones.mishap = mishap
    world.leaves_a_cart()
    world.pass_time(hours=1, minutes=1)
    assert world.spend() == [(0, 0, 0)]


def test_what_may_have_left_is_counted_in_full(database: Database) -> None:
    world = TextWorld(database)
    world.phones.mishap = NoAnswer("gone")
    world.leaves_a_cart()
    world.pass_time(hours=2)
    assert world.spend() == [(MICROS // 5, 1, 2)]


def test_a_cap_holds_what_would_pass_it_until_tomorrow(database: Database) -> None:
    world = TextWorld(database, daily_cap="0.30")
    for number in range(3):
        world.leaves_a_cart(f"person{number}", f"+4860123456{number}")
    world.pass_time(hours=2)
    # Two parts may cost 0.20; what one part really cost leaves 0.20 for the next, and 0.10 is not enough for a third.
    assert len(world.phones.delivered) == 2
    held = [(state, reasons) for state, reasons, _ in world.rows() if state == "held"]
    assert held == [("held", ("spend_cap",))]
    with world.database.read() as tx:
        assert near_caps(tx, world.bucket, world.register, world.now) == []  # 0.20 of 0.30
    world.pass_time(hours=22)
    assert len(world.phones.delivered) == 3


def test_somebody_hears_of_a_cap_before_it_is_reached(database: Database) -> None:
    world = TextWorld(database, daily_cap="0.20")
    world.phones.parts = 2
    world.leaves_a_cart()
    world.pass_time(hours=2)
    with world.database.read() as tx:
        (near,) = near_caps(tx, world.bucket, world.register, world.now)
        tomorrow = near_caps(tx, world.bucket, world.register, world.now + DAY)
    assert (near.shop, near.channel, near.percent, tomorrow) == (world.shop, "sms", 100, [])


def test_ten_workers_at_once_never_pass_a_cap(database: Database) -> None:
    world = TextWorld(database, daily_cap="1.00")
    shop, budget = world.register.shop(world.shop), Budget({"*": 70_000}, MICROS, 2)

    def worker(number: int) -> int:
        taken = 0
        for turn in range(3):
            paying = [Paying(MessageId(f"{number:016x}{turn:08x}{each:08x}"), shop, "sms", NUMBER, budget) for each in range(2)]
            with world.database.write() as tx:
                reserved, held = set_aside(tx, world.bucket, paying, world.now)
            assert len(reserved) + len(held) == 2
            taken += sum(one.micros for one in reserved.values())
        return taken

    with ThreadPoolExecutor(10) as pool:
        spent = sum(pool.map(worker, range(10)))
    assert spent == 7 * 140_000  # the eighth would pass 1.00
    assert world.spend() == [(spent, 7, 14)]


def test_a_channel_without_prices_is_not_counted(database: Database) -> None:
    world = sent(database, prices="")
    assert world.spend() == []
    with world.database.write() as tx:
        assert within_limits(tx, world.bucket, [], world.now) == []


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Pacific/Auckland", "America/Los_Angeles", "nowhere"])
def test_a_day_is_the_shops_own_and_has_an_end(zone: str) -> None:
    for now in (1_790_000_000_000, 1_793_000_000_000, 1_774_743_000_000):  # about the changes of the clocks, too
        until = next_day(now, zone)
        assert now < until <= now + 25 * HOUR
        assert day_of(until, zone) == day_of(now, zone) + 1
        assert day_of(until - MINUTE, zone) == day_of(now, zone)


def test_the_alarm_names_the_channel_and_how_much_is_used(database: Database) -> None:
    world = TextWorld(database, daily_cap="0.20")
    world.phones.parts = 2
    world.leaves_a_cart()
    world.pass_time(hours=2)
    (near,) = [alarm for alarm in alarms(world.register, world.now) if alarm.kind is AlarmKind.CAP_NEAR]
    assert (near.shop, near.what, near.count) == (world.shop, "sms", 100)
    assert "sms" in meaning(near, world.now, "The shop")[0]

"""Text messages from the gate to the phone and back, on both databases: reports in any order, people who answer stop."""

from itertools import permutations

import pytest

from tests.app.textworld import NUMBER, SETTINGS, TextWorld, sent
from wraca.app import texting
from wraca.app.callbacks import call_address, call_secret, shop_of_secret
from wraca.app.sealing import Seal
from wraca.channels.sms.wire import NoAnswer
from wraca.domain.events import Consent, Identity, IdentityKind, Line, LineAdded
from wraca.ports.channel import Refused
from wraca.ports.texting import Delivery, Report
from wraca.storage.database import Database


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

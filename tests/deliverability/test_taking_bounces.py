"""What a bounce or a complaint changes, on both databases."""

import pytest

from tests.deliverability.sending import connect
from tests.deliverability.test_reading_reports import KEY, arf, dsn
from wraca.app.bounces import Taken, take_report
from wraca.domain.bounces import Kind
from wraca.domain.events import Identified, Identity, IdentityKind
from wraca.storage.database import Database
from wraca.storage.hot import pacing, runs
from wraca.testing.shops import ShopRow, new_shop
from wraca.testing.world import World

GONE = dsn("5.1.1", "550 5.1.1 <anna@example.com>: User unknown")
FULL = dsn("5.2.2", "552 5.2.2 mailbox is full")
WEEKLY = """
journey: patient
trigger: {cart_abandoned: {idle: 60m}}
steps:
  - send: {email: cart-reminder}
  - wait: 4d
  - send: {email: cart-second}
  - wait: 4d
  - send: {email: customer-help}
  - wait: 4d
  - send: {email: customer-reason}
"""


def _written_to(database: Database, **world: str) -> World:
    """Anna left a cart and got a message."""
    made = World(database, **world)  # type: ignore[arg-type]
    made.leaves_cart("anna")
    made.pass_time(hours=2)
    assert len(made.letters) == 1
    return made


def _comes_back(world: World, report: bytes, message: int = -1) -> Taken:
    """The report, about one of the messages that went out."""
    return take_report(world.register, report.replace(KEY.encode(), world.channel.delivered[message].key.encode()), world.now)


def test_a_hard_bounce_rejects_the_message_and_nothing_more_is_sent(database: Database) -> None:
    world = _written_to(database)

    taken = _comes_back(world, GONE)
    world.pass_time(days=4)

    assert (taken.kind, taken.shop, taken.suppressed, taken.is_new) == (Kind.HARD, world.shop, "hard_bounce", True)
    assert (world.outbox[0].state, world.outbox[0].reasons) == ("rejected", ("hard_bounce", "5.1.1"))
    assert world.suppressions == ["hard_bounce"]
    assert len(world.letters) == 1
    assert all("suppressed" in one.reasons for one in world.outbox[1:])


def test_the_same_report_again_changes_nothing(database: Database) -> None:
    world = _written_to(database)
    _comes_back(world, GONE)
    before = world.outbox

    assert not _comes_back(world, GONE).is_new
    assert not _comes_back(world, FULL).is_new
    assert (world.outbox, world.suppressions) == (before, ["hard_bounce"])


def test_a_complaint_silences_the_address_and_ends_the_journey_at_once(database: Database) -> None:
    world = _written_to(database)

    taken = _comes_back(world, arf("abuse"))
    world.pass_time(minutes=1)

    assert (taken.kind, taken.suppressed, taken.is_new) == (Kind.COMPLAINT, "complained", True)
    assert [run.outcome for run in world.runs] == ["complained"]
    assert world.outbox[0].state == "accepted"  # it did arrive
    world.pass_time(days=4)
    assert len(world.letters) == 1


def test_a_soft_bounce_alone_silences_nobody(database: Database) -> None:
    world = _written_to(database)

    taken = _comes_back(world, FULL)
    world.pass_time(days=3)

    assert (taken.kind, taken.suppressed) == (Kind.SOFT, "")
    assert world.outbox[0].state == "rejected"
    assert world.suppressions == []
    assert len(world.letters) == 2


def test_three_soft_bounces_in_a_row_over_a_week_silence_the_address(database: Database) -> None:
    world = _written_to(database, journey=WEEKLY)
    assert _comes_back(world, FULL).suppressed == ""
    world.pass_time(days=4, hours=1)
    assert _comes_back(world, FULL).suppressed == ""
    world.pass_time(days=4, hours=1)

    assert _comes_back(world, FULL).suppressed == "soft_bounces"
    world.pass_time(days=8)
    assert len(world.letters) == 3


def test_a_message_that_arrived_in_between_begins_the_count_anew(database: Database) -> None:
    world = _written_to(database, journey=WEEKLY)
    _comes_back(world, FULL)
    world.pass_time(days=8, hours=2)  # the second one arrived
    _comes_back(world, FULL)
    world.pass_time(days=5)

    assert _comes_back(world, FULL).suppressed == ""


def test_a_bounce_that_overtakes_the_mail_server_s_yes_is_the_truth_about_the_message(database: Database) -> None:
    world = World(database)
    world.channel.mishap = lambda message: take_report(world.register, GONE.replace(KEY.encode(), message.key.encode()), world.now)
    world.leaves_cart("anna")

    world.pass_time(hours=2)

    assert [one.state for one in world.outbox] == ["rejected"]
    assert world.suppressions == ["hard_bounce"]


def test_a_bounce_to_an_address_that_the_person_has_left_silences_only_that_one(database: Database) -> None:
    world = _written_to(database)
    world.happens(Identified(), Identity(IdentityKind.USER, "anna"), Identity(IdentityKind.EMAIL, "new@example.org"))

    assert _comes_back(world, GONE).suppressed == "hard_bounce"
    with database.read() as tx:
        hashed = world.seal.address_hash(world.shop, "email", "anna@example.com")
        keys = [{"shop": world.shop, "channel": "email", "hash": hashed}]
        assert len(tx.all(runs.SUPPRESSED, keys, bucket=world.bucket)) == 1


@pytest.mark.parametrize("report", [GONE, arf("abuse")], ids=["bounce", "complaint"])
def test_a_report_about_no_message_of_ours_changes_nothing(database: Database, report: bytes) -> None:
    world = _written_to(database)

    taken = take_report(world.register, report, world.now)

    assert (taken.shop, taken.is_new) == ("", False)
    assert world.suppressions == []


def test_a_forged_report_cannot_silence_anybody_but_the_reader_of_that_message(database: Database) -> None:
    world = _written_to(database)
    world.leaves_cart("bob")
    world.pass_time(hours=2)

    _comes_back(world, dsn("5.1.1", "550 User unknown").replace(b"Anna@Example.com", b"bob@example.com"), message=0)

    with database.read() as tx:
        hashed = world.seal.address_hash(world.shop, "email", "anna@example.com")
        keys = [{"shop": world.shop, "channel": "email", "hash": hashed}]
        assert len(tx.all(runs.SUPPRESSED, keys, bucket=world.bucket)) == 1
    assert len(world.suppressions) == 1


def test_an_automatic_reply_changes_nothing(database: Database) -> None:
    world = _written_to(database)
    reply = f"From: anna@example.com\nSubject: Out of office\nIn-Reply-To: <{KEY}@shop.example>\n\nUser unknown\n".encode()

    assert _comes_back(world, reply).kind is Kind.NEITHER
    assert world.outbox[0].state == "accepted"


def test_another_shop_s_report_is_not_looked_for_in_this_shop(database: Database) -> None:
    world = _written_to(database)
    other = new_shop(database, ShopRow(name="Another shop"))
    report = GONE.replace(KEY.encode(), world.channel.delivered[0].key.encode())

    assert take_report(world.register, report, world.now, other).shop == ""
    assert take_report(world.register, report, world.now, world.shop).shop == world.shop


def test_the_reason_that_is_kept_names_no_address(database: Database) -> None:
    world = _written_to(database)
    connect(world, {"from": "hello@shop.example"})

    _comes_back(world, GONE)

    with database.read() as tx:
        keys = [{"shop": world.shop, "id": world.channel.delivered[0].key}]
        ((*_, body),) = tx.all(pacing.BOUNCED_MESSAGE, keys, bucket=world.bucket)
    assert "User unknown" in body
    assert "anna@example.com" not in body

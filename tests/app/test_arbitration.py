"""One person, many journeys, on both databases: nobody gets more than agreed, and the most urgent word comes first."""

import json
import threading
from bisect import bisect_left

import msgspec
import pytest

from wraca.app.catalogue import put_products
from wraca.app.register import Register
from wraca.app.sending import Sender
from wraca.app.zones import zone_of
from wraca.domain.events import Consent, Identified, Identity, IdentityKind, Line, LineAdded
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.people import Person
from wraca.domain.products import Product
from wraca.domain.shop import Shop
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, HOUR, MINUTE, RecordingChannel, World, identities

_MESSAGES = Statement(
    "testing_turns",
    """select o.journey, o.channel, o.run_id, o.state, o.reasons, o.body, o.sending_at, o.id, o.due_at from outbox o
       where o.bucket = :bucket order by o.id""",
)
_SET_ABOUT = Statement("testing_set_about", "update run set about = r.about from {rows} where run.bucket = :bucket", "about json")
_CONNECT = Statement(
    "testing_connect_sms",
    """insert into channel_setting (bucket, shop_id, channel, sealed, pause_reason) values (:bucket, :shop, 'sms', :sealed, '')""",
)

JOURNEY = """
journey: {name}
trigger: {{cart_abandoned: {{idle: {idle}}}}}
priority: {priority}
holdout: {holdout}
steps:
{steps}
"""


class Turned(msgspec.Struct, frozen=True):
    """A message with what was noted beside it."""

    journey: str
    channel: str
    run: str
    state: str
    reasons: tuple[str, ...]
    body: dict[str, object]
    sending_at: int | None
    id: str
    due_at: int


class _AboutRow(msgspec.Struct):
    about: dict[str, object]


def journey(
    name: str, priority: int, *, idle: str = "60m", steps: str = "  - send: {id: only, email: only}", holdout: str = "0%"
) -> str:
    return JOURNEY.format(name=name, priority=priority, idle=idle, steps=steps, holdout=holdout)


def a_shop(database: Database, *journeys: str, **manners: object) -> World:
    """Anna leaves a cart; nothing but these journeys."""
    world = World(database, journey=journeys[0], shop=ShopRow(settings={"manners": manners}))
    for text in journeys[1:]:
        world.put_journey(text)
    world.leaves_cart("anna")
    return world


def turned(world: World) -> list[Turned]:
    with world.database.read() as tx:
        rows = tx.all(_MESSAGES, bucket=world.bucket)
    named = [dict(zip(Turned.__struct_fields__, row, strict=True)) for row in rows]
    return [msgspec.convert(row | {name: json.loads(row[name]) for name in ("reasons", "body")}, Turned) for row in named]


def of(world: World, name: str) -> Turned:
    (one,) = [one for one in turned(world) if one.journey == name]
    return one


def set_about(world: World, **about: object) -> None:
    with world.database.write() as tx:
        tx.run(_SET_ABOUT, [_AboutRow(about)], bucket=world.bucket)


# --- the ladder -----------------------------------------------------------------------------------------------------------------


def test_the_less_urgent_journey_waits_and_then_has_nothing_left_to_say_of_the_same_cart(database: Database) -> None:
    world = a_shop(database, journey("cart", 50), journey("payment", 90, idle="70m"))

    world.pass_time(minutes=61)
    waiting = of(world, "cart")
    assert (waiting.state, waiting.reasons) == ("accepted", ())  # the payment journey had planned nothing yet
    world.pass_time(minutes=10)
    assert of(world, "payment").state == "accepted"  # the more urgent one waits for nobody


def test_a_message_of_a_more_urgent_journey_that_waits_goes_first(database: Database) -> None:
    world = a_shop(database, journey("cart", 50), journey("payment", 90))
    world.now += HOUR + MINUTE
    world.work_timers_until_done()

    world.pass_time(minutes=10)

    payment, cart = of(world, "payment"), of(world, "cart")
    assert payment.state == "accepted"
    assert (cart.state, cart.reasons) == ("skipped", ("merged",))
    assert cart.body == {"by": "payment", "merged_into": payment.id}
    assert {run.outcome for run in world.runs} == {"completed"}


def test_about_something_else_the_less_urgent_journey_goes_after_the_more_urgent_one(database: Database) -> None:
    world = a_shop(database, journey("thanks", 30), journey("audience", 60))
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    set_about(world, kind="audience", audience="club")

    world.pass_time(minutes=31)
    assert of(world, "audience").state == "accepted"
    waiting = of(world, "thanks")
    assert (waiting.state, waiting.reasons, waiting.body["by"]) == ("planned", ("outranked",), "audience")
    world.pass_time(hours=7)

    first, second = of(world, "audience"), of(world, "thanks")
    assert second.state == "accepted"
    assert first.sending_at is not None
    assert second.sending_at is not None
    assert 6 * HOUR < second.sending_at - first.sending_at < 6 * HOUR + 10 * MINUTE


def test_of_equals_the_first_goes_first_and_the_other_keeps_its_distance(database: Database) -> None:
    world = a_shop(database, journey("one", 50), journey("two", 50), between_journeys=2 * HOUR)
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    set_about(world, kind="audience", audience="club")
    world.pass_time(hours=4)

    at = sorted(one.sending_at for one in turned(world) if one.sending_at)
    assert len(at) == 2
    assert 2 * HOUR < at[1] - at[0] < 2 * HOUR + 5 * MINUTE


def test_a_message_that_waits_for_days_has_nobodys_ear(database: Database) -> None:
    world = a_shop(database, journey("cart", 50), journey("text", 90, steps="  - send: {id: only, sms: only}"))
    world.happens(
        Identified(), *identities("anna"), Identity(IdentityKind.PHONE, "+48501222333"), consents=(Consent("sms", given=True),)
    )
    world.pass_time(minutes=70)

    assert (of(world, "text").state, of(world, "text").reasons) == ("held", ("not_connected",))
    assert of(world, "cart").state == "accepted"


def test_what_let_others_go_first_for_a_week_is_given_up_with_its_reason(database: Database) -> None:
    steps = "\n".join(f"  - send: {{id: s{number}, email: only}}\n  - wait: 3h" for number in range(70))
    urgent = journey("urgent", 90, steps=steps).replace("holdout:", "min_gap: 3h\nholdout:")
    world = a_shop(database, urgent, journey("patient", 10, steps="  - send: {id: only, email: only}"), per_day=20, per_week=50)
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    set_about(world, kind="audience", audience="club")
    world.pass_time(days=6)
    assert of(world, "patient").state == "planned"
    assert of(world, "patient").body["outranked"] > 20  # type: ignore[operator]
    world.pass_time(days=2)

    assert (of(world, "patient").state, of(world, "patient").reasons) == ("skipped", ("outranked",))


def test_who_is_held_out_of_one_journey_is_treated_alike_by_the_others(database: Database) -> None:
    letters = []
    for holdout in ("0%", "50%"):
        world = World(database, journey=journey("payment", 90, holdout=holdout), shop=ShopRow(name=f"Shop with {holdout}"))
        world.put_journey(journey("cart", 50))
        names = [f"person{number}" for number in range(12)]
        for name in names:
            world.leaves_cart(name)
        world.now += HOUR + MINUTE
        world.work_timers_until_done()
        world.pass_time(minutes=10)
        letters.append(len(world.letters))
        assert [one.reasons for one in turned(world) if one.journey == "cart"] == [("merged",)] * 12

    assert letters[0] == 12
    assert 0 < letters[1] < 12


# --- channels -------------------------------------------------------------------------------------------------------------------


def test_a_journey_with_several_channels_goes_on_without_the_one_that_is_not_connected(database: Database) -> None:
    steps = "  - send: {id: push, webpush: only}\n  - send: {id: mail, email: only}"
    world = a_shop(database, journey("both", 50, steps=steps))
    world.pass_time(hours=8)

    reasons = {one.channel: one.reasons for one in turned(world)}
    assert reasons == {"webpush": ("not_connected", "no_address"), "email": ()}
    assert world.letters == [("anna@example.com", "only")]


def test_a_run_writes_at_most_one_text_and_none_on_a_sunday(database: Database) -> None:
    steps = "  - send: {id: a, sms: only}\n  - wait: 3d\n  - send: {id: b, sms: only}"
    world = World(
        database, journey=journey("texts", 50, steps=steps), begin=1_790_431_200_000
    )  # Saturday 2026-09-26, 16:00 in Warsaw
    texts = with_texts(world)
    world.now += 3 * HOUR  # 19:00
    agrees_to_texts(world)
    world.pass_time(hours=2)  # 21:00
    assert [one.reasons for one in turned(world)] == [("quiet_hours",)]
    world.pass_time(days=8)

    first, second = sorted(turned(world), key=lambda one: one.due_at)
    assert first.sending_at is not None
    assert first.sending_at // HOUR == 1_790_578_800_000 // HOUR  # Monday 2026-09-28, 9:00 in Warsaw
    assert (second.state, second.reasons) == ("skipped", ("enough_on_channel",))
    assert len(texts.delivered) == 1


def with_texts(world: World) -> RecordingChannel:
    """Connect the shop to a channel for texts."""
    texts = RecordingChannel()
    texts.name = "sms"
    world.register = Register(world.database, {"email": world.channel, "sms": texts}, world.seal, lambda: world.now)
    world.sender = world.new_sender()
    with world.database.write() as tx:
        tx.run(_CONNECT, bucket=world.bucket, shop=world.shop, sealed=world.seal.close({}))
    return texts


def agrees_to_texts(world: World) -> None:
    """Anna, with a Polish number, leaves a cart and agrees to both channels."""
    phone = Identity(IdentityKind.PHONE, "+48501222333")
    both = tuple(Consent(channel, given=True, mechanism="checkbox") for channel in ("email", "sms"))
    world.happens(Identified(first_name="Anna"), *identities("anna"), phone, consents=both)
    world.happens(LineAdded(Line("lamp", 1, 100, name="Lamp", trusted=True), currency="PLN"), *identities("anna"))


# --- what is about no cart ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "stock", "price", "reasons"),
    [
        ({"kind": "price", "prices": {"lamp": 900}}, None, 900, ()),
        ({"kind": "price", "prices": {"lamp": 900}}, None, 901, ("overtaken",)),
        ({"kind": "stock"}, 1, 900, ()),
        ({"kind": "stock"}, 0, 900, ("overtaken", "nothing_to_show")),
        ({"kind": "browse"}, 1, 900, ("overtaken",)),  # there is a cart by now
        ({"kind": "low_stock"}, 9, 900, ("overtaken",)),
        ({"kind": "order"}, 0, 900, ()),  # thanks need nothing to show
        ({"kind": "audience"}, 0, 900, ()),
    ],
)
def test_an_occasion_that_has_passed_is_not_spoken_of(
    database: Database, about: dict[str, object], stock: int | None, price: int, reasons: tuple[str, ...]
) -> None:
    world = a_shop(database, journey("only", 50))
    put_products(database, world.shop, [Product("lamp", {"": "Lamp"}, {"PLN": price}, stock=stock)], world.now)
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    set_about(world, products=["lamp"], **about)
    world.pass_time(minutes=5)

    assert of(world, "only").reasons == reasons
    assert bool(world.letters) == (not reasons)


# --- the proof ------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_twenty_workers_with_a_hundred_journeys_keep_every_limit(database: Database) -> None:
    world = World(database, journey=journey("j0", 0))
    texts = with_texts(world)
    world.now += 17 * HOUR  # Tuesday morning in Warsaw
    priority = {f"j{number}": number * 37 % 100 // 10 * 10 for number in range(100)}
    for number, (name, urgency) in enumerate(priority.items()):
        steps = f"  - send: {{id: only, {'sms' if number % 3 == 0 else 'email'}: only}}"
        world.put_journey(journey(name, urgency, steps=steps), version=2)
    agrees_to_texts(world)
    world.now += HOUR + MINUTE
    world.work_timers_until_done()
    set_about(world, kind="audience", audience="everybody")
    world.register.connection(world.shop, "sms")
    workers = [world.new_sender() for _ in range(20 if database.dialect == "postgresql" else 4)]

    end = world.now + 9 * DAY
    while (due := world.next_moment()) is not None and due <= end:
        world.now = max(world.now, due)
        world.work_timers_until_done()
        all_at_once(workers, world)

    found = turned(world)
    sent = sorted((one for one in found if one.sending_at), key=lambda one: one.sending_at or 0)
    assert len(world.letters) + len(texts.delivered) == len(sent) > 4
    assert_kept(sent, priority)
    for one in found:
        assert one.state in {"accepted", "skipped", "planned"}
        assert one.reasons or one.state == "accepted"
    assert {one.reasons for one in found if one.state == "skipped"} == {("outranked",)}


def all_at_once(workers: list[Sender], world: World) -> None:
    threads = [threading.Thread(target=worker.send_due, args=(world.bucket, world.now, 10)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def assert_kept(sent: list[Turned], priority: dict[str, int]) -> None:
    """No window holds more than agreed, and no message came too soon after one at least as urgent."""
    for channel, window, most in ((None, DAY, 2), (None, 7 * DAY, 4), ("sms", DAY, 1), ("sms", 7 * DAY, 2)):
        moments = [one.sending_at or 0 for one in sent if channel in {None, one.channel}]
        assert max((bisect_left(moments, at + window) - place for place, at in enumerate(moments)), default=0) <= most
    for place, one in enumerate(sent):
        for before in sent[:place]:
            if priority[before.journey] >= priority[one.journey]:
                assert (one.sending_at or 0) - (before.sending_at or 0) > 6 * HOUR


# --- whose clock ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ({}, "Europe/Warsaw"),
        ({"timezone": "Asia/Tokyo", "phone": "+359881234567", "country": "BG"}, "Asia/Tokyo"),
        ({"timezone": "Mars/Olympus", "country": "BG"}, "Europe/Warsaw"),
        ({"phone": "+359881234567"}, "Europe/Sofia"),
        ({"phone": "not a number", "country": "BG"}, "Europe/Sofia"),
        ({"country": "US"}, "Europe/Warsaw"),  # many zones: nobody knows
        ({"phone": "+12125550123"}, "America/New_York"),
    ],
)
def test_the_hour_is_that_of_the_person_as_far_as_it_is_known(said: dict[str, str], zone: str) -> None:
    shop = Shop(ShopId("s" * 32), 0, "Shop", "shop.example", country="PL", timezone="Europe/Warsaw")

    assert zone_of(Person(PersonId("p"), 0, 0, **said), shop) == zone  # type: ignore[arg-type]

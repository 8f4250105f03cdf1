"""What begins a journey besides an abandoned cart, end to end on both databases and a virtual clock."""

import json
import random

import pytest

from wraca.app.catalogue import put_products
from wraca.app.intake import take_in
from wraca.app.interests import products_changed
from wraca.domain.events import (
    AudienceChanged,
    Body,
    Consent,
    Event,
    Identified,
    Identity,
    IdentityKind,
    Line,
    LineAdded,
    OrderPlaced,
    OrderState,
    Other,
    Seen,
    Stage,
    StageReached,
)
from wraca.domain.ids import EventId, derived_id
from wraca.domain.products import Product
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import HOUR, MINUTE, World, identities

_ABOUTS = Statement("testing_abouts", "select about from run where bucket = :bucket order by started_at, id")
_PEOPLES_TIMERS = Statement("testing_peoples_timers", "select due_at from timer where bucket = :bucket and kind = 3")
_STATES = Statement("testing_cart_states", "select state from cart where bucket = :bucket")


def journey(trigger: str, more: str = "", steps: str = "[{send: {email: word}}]") -> str:
    return f"journey: tested\ntrigger: {trigger}\nholdout: 0%\n{more}\nsteps: {steps}\n"


def about(world: World) -> list[dict[str, object]]:
    with world.database.read() as tx:
        return [json.loads(row[0]) for row in tx.all(_ABOUTS, bucket=world.bucket)]


def meets(world: World, name: str) -> None:
    world.happens(
        Identified(first_name=name.title()), *identities(name), consents=(Consent("email", given=True, mechanism="checkbox"),)
    )


# --- looked, and went ---------------------------------------------------------------------------------------------------------


def test_who_looked_at_two_products_and_left_hears_of_them_once(database: Database) -> None:
    world = World(database, journey=journey("{browse_abandoned: {idle: 4h, views: 2}}", "reentry: 1h"))
    meets(world, "anna")
    world.product_is("lamp", price=19_900, stock=5)
    world.looks_at("anna", "lamp")
    world.pass_time(hours=5)
    assert world.runs == []  # one product is a glance

    world.looks_at("anna", "chair")
    world.pass_time(hours=3, minutes=59)
    assert world.runs == []
    world.pass_time(minutes=1)
    assert [run.journey for run in world.runs] == ["tested"]
    assert about(world) == [{"kind": "browse", "products": ["lamp"], "prices": {"lamp": 19_900}}]

    world.pass_time(days=6)
    assert len(world.runs) == 1


def test_whoever_puts_it_into_the_cart_is_no_longer_browsing(database: Database) -> None:
    world = World(database, journey=journey("{browse_abandoned: {idle: 4h}}"))
    meets(world, "anna")
    world.looks_at("anna", "lamp")
    world.pass_time(hours=1)
    world.leaves_cart("anna")
    world.pass_time(days=2)
    assert world.runs == []


def test_whoever_ordered_after_looking_hears_nothing_of_what_they_looked_at(database: Database) -> None:
    world = World(database, journey=journey("{browse_abandoned: {idle: 4h}}"))
    meets(world, "anna")
    world.looks_at("anna", "lamp")
    world.pass_time(hours=1)
    world.buys("anna")
    world.pass_time(days=2)
    assert world.runs == []


# --- news of a product --------------------------------------------------------------------------------------------------------


def test_a_price_that_fell_is_told_to_whoever_has_the_product_in_the_cart_and_only_once(database: Database) -> None:
    world = World(database, journey=journey("{price_dropped: {by: 5%}}", "reentry: 1h"))
    world.product_is("lamp", price=19_900, stock=9)
    world.leaves_cart("anna", price=19_900)
    world.pass_time(hours=2)
    world.product_is("lamp", price=19_500)
    world.pass_time(hours=1)
    assert world.runs == []  # 2 % is not 5 %

    world.product_is("lamp", price=17_900)
    world.pass_time(hours=1)
    assert about(world) == [{"kind": "price", "products": ["lamp"], "prices": {"lamp": 17_900}}]

    world.product_is("lamp", price=19_900)
    world.pass_time(days=1)
    world.product_is("lamp", price=17_900)
    world.pass_time(days=1)
    assert len(world.runs) == 1
    world.product_is("lamp", price=15_900)
    world.pass_time(days=1)
    assert len(world.runs) == 2


def test_several_prices_that_fall_within_a_minute_begin_one_run(database: Database) -> None:
    world = World(database, journey=journey("{price_dropped: {by: 5%}}", "reentry: 1h"))
    meets(world, "anna")
    for product in ("lamp", "chair", "table"):
        world.product_is(product, price=10_000, stock=9)
    for product in ("lamp", "chair", "table"):
        world.looks_at("anna", product)
    world.pass_time(hours=1)
    for product in ("lamp", "chair", "table"):
        world.product_is(product, price=8_000)
        world.pass_time(seconds=10)
    world.pass_time(hours=1)
    (run,) = about(world)
    assert sorted(run["products"]) == ["chair", "lamp", "table"]  # type: ignore[call-overload]


def test_nobody_hears_of_a_price_that_fell_before_they_looked(database: Database) -> None:
    world = World(database, journey=journey("{price_dropped: {}}"))
    meets(world, "anna")
    world.product_is("lamp", price=10_000)
    world.pass_time(hours=1)
    world.product_is("lamp", price=8_000)
    world.looks_at("anna", "lamp")
    world.pass_time(days=2)
    assert world.runs == []


def test_what_is_back_in_stock_is_told_to_whoever_wanted_it(database: Database) -> None:
    world = World(database, journey=journey("{back_in_stock: {}}", "reentry: 1h"))
    for name in ("anna", "boris"):
        meets(world, name)
    world.product_is("lamp", price=10_000, stock=2)
    world.looks_at("anna", "lamp")
    world.product_is("lamp", stock=0)
    world.pass_time(days=3)
    world.product_is("lamp", stock=4)
    world.looks_at("boris", "lamp")  # who can see for himself that it is there
    world.pass_time(days=1)
    assert [run["products"] for run in about(world)] == [["lamp"]]
    world.product_is("lamp", stock=7)
    world.pass_time(days=1)
    assert len(world.runs) == 1


def test_the_last_pieces_of_a_product_in_the_cart_are_told_of_once(database: Database) -> None:
    world = World(database, journey=journey("{low_stock: {below: 4}}", "reentry: 1h"))
    world.product_is("lamp", price=10_000, stock=9)
    meets(world, "boris")
    world.looks_at("boris", "lamp")  # looking is not enough
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    assert world.runs == []
    for stock in (3, 2, 1):
        world.product_is("lamp", stock=stock)
        world.pass_time(hours=3)
    assert [run["kind"] for run in about(world)] == ["low_stock"]


# --- bought, joined -----------------------------------------------------------------------------------------------------------


def test_each_order_begins_one_run_and_one_that_failed_begins_none(database: Database) -> None:
    world = World(database, journey=journey("{order_placed: {}}", "reentry: 1h"))
    world.leaves_cart("anna")
    world.happens(OrderPlaced("1001", OrderState.FAILED), *identities("anna"))
    world.pass_time(hours=2)
    assert world.runs == []

    for state in (OrderState.PENDING, OrderState.PAID, OrderState.COMPLETED):
        world.happens(OrderPlaced("1002", state), *identities("anna"))
        world.pass_time(hours=2)
    assert [run["order"] for run in about(world)] == ["1002"]


def test_a_second_order_ends_the_run_of_the_first(database: Database) -> None:
    world = World(database, journey=journey("{order_placed: {}}", "reentry: 30d", "[{wait: 5d}, {send: {email: word}}]"))
    world.leaves_cart("anna")
    world.buys("anna")
    world.pass_time(days=1)
    assert [run.outcome for run in world.runs] == [""]
    world.leaves_cart("anna")
    world.buys("anna")
    world.pass_time(hours=1)
    assert [run.outcome for run in world.runs] == ["ordered"]
    world.pass_time(days=6)
    assert world.letters == []


def test_the_shop_puts_somebody_into_an_audience_and_its_journey_begins(database: Database) -> None:
    world = World(database, journey=journey("{audience_joined: {audience: big-spenders}}", "reentry: 1h"))
    meets(world, "anna")
    world.happens(AudienceChanged("others", joined=True), *identities("anna"))
    world.pass_time(hours=1)
    assert world.runs == []
    world.happens(AudienceChanged("big-spenders", joined=True), *identities("anna"))
    world.happens(AudienceChanged("big-spenders", joined=True), *identities("anna"))
    world.pass_time(days=2)
    assert about(world) == [{"kind": "audience", "audience": "big-spenders"}]


def test_a_page_cannot_put_its_visitor_into_an_audience(database: Database) -> None:
    world = World(database, journey=journey("{audience_joined: {audience: big-spenders}}"))
    meets(world, "anna")
    event = Event(
        EventId(derived_id("page")), "Audience Joined", world.now, world.now, AudienceChanged("big-spenders", joined=True),
        identities("anna"), source="browser",
    )  # fmt: skip
    take_in(database, world.bucket, [(world.shop, (event,))], world.now, world.register.idle)
    world.pass_time(days=1)
    assert world.runs == []


# --- carts that are no usual ones ---------------------------------------------------------------------------------------------


def test_only_a_cart_whose_order_had_begun_is_an_abandoned_checkout(database: Database) -> None:
    world = World(database, journey=journey("{checkout_abandoned: {idle: 60m}}"))
    world.leaves_cart("anna")
    world.leaves_cart("boris")
    world.happens(StageReached(Stage.SHIPPING), *identities("boris"))
    world.pass_time(hours=2)
    assert world.letters == [("boris@example.com", "word")]


def test_a_payment_that_failed_is_looked_at_sooner_than_one_that_was_left(database: Database) -> None:
    world = World(database, journey=journey("{payment_abandoned: {idle: 20m, idle_if_failed: 5m}}"))
    for name, failed in (("anna", True), ("boris", False)):
        world.leaves_cart(name)
        world.happens(StageReached(Stage.PAYMENT, payment_failed=failed), *identities(name))
    world.pass_time(minutes=6)
    assert [address for address, _ in world.letters] == ["anna@example.com"]
    world.pass_time(minutes=15)
    assert [address for address, _ in world.letters] == ["anna@example.com", "boris@example.com"]


def test_a_cart_that_was_kept_for_three_weeks_is_not_given_up_before(database: Database) -> None:
    world = World(database, journey=journey("{cart_kept: {after: 3w}}"))
    world.leaves_cart("anna")
    world.pass_time(days=20, hours=23)
    assert world.runs == []
    world.pass_time(hours=2)
    assert world.letters == [("anna@example.com", "word")]
    world.pass_time(days=30)
    with database.read() as tx:
        assert tx.all(_STATES, bucket=world.bucket) == [("lost",)]


# --- never --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trigger", ["{browse_abandoned: {idle: 1h}}", "{price_dropped: {}}", "{order_placed: {}}", "{audience_joined: {audience: a}}"]
)
def test_nothing_from_before_the_activation_begins_a_run(database: Database, trigger: str) -> None:
    world = World(database)
    world.product_is("lamp", price=10_000)
    world.leaves_cart("anna")
    world.looks_at("boris", "lamp")
    world.buys("boris")
    world.happens(AudienceChanged("a", joined=True), *identities("anna"))
    world.pass_time(minutes=1)
    world.put_journey(journey(trigger))
    world.product_is("lamp", price=5_000)
    world.happens(Other(), *identities("anna"))
    world.pass_time(days=4)
    assert [run for run in world.runs if run.journey == "tested"] == []


_BODIES: tuple[tuple[str, Body, int], ...] = (
    ("anna", Seen("lamp"), 0),
    ("anna", Seen("chair"), 5),
    ("anna", OrderPlaced("1", OrderState.PAID), 300),
    ("anna", OrderPlaced("1", OrderState.COMPLETED), 310),
    ("anna", AudienceChanged("a", joined=True), 320),
    ("anna", AudienceChanged("a", joined=False), 330),
    ("boris", LineAdded(Line("lamp", 1, 100), currency="PLN"), 7),
)


@pytest.mark.parametrize("seed", range(8))
def test_repeated_and_reordered_events_begin_one_run_for_an_occasion(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    world = World(database, journey=journey("{order_placed: {}}", "reentry: 1m"))
    begin = world.now
    events = [
        Event(EventId(derived_id(world.shop, str(place))), type(body).__name__, begin + at * MINUTE, begin, body, identities(name),
              seq=place)
        for place, (name, body, at) in enumerate(_BODIES)
    ]  # fmt: skip
    world.now += 6 * HOUR
    sent = events + chance.choices(events, k=5)
    chance.shuffle(sent)
    for event in sent:
        take_in(database, world.bucket, [(world.shop, (event,))], world.now, world.register.idle)
        if chance.random() < 0.5:
            world.work_timers_until_done()
    world.pass_time(days=1)
    assert [run["order"] for run in about(world)] == ["1"]


def test_what_a_stranger_looked_at_is_remembered_when_they_say_who_they_are(database: Database) -> None:
    world = World(database, journey=journey("{price_dropped: {}}", "reentry: 1h"))
    browser = Identity(IdentityKind.ANONYMOUS, "browser-1")
    world.product_is("lamp", price=10_000)
    world.happens(Seen("lamp"), browser)
    world.pass_time(hours=1)
    world.product_is("lamp", price=8_000)  # their timer is set while nobody knows them
    world.happens(Identified(), browser, *identities("anna"), consents=(Consent("email", given=True, mechanism="checkbox"),))
    world.pass_time(hours=2)
    assert world.letters == [("anna@example.com", "word")]
    world.product_is("lamp", price=6_000)
    world.pass_time(days=1)
    assert len(world.letters) == 2


def test_a_crowd_is_not_woken_in_one_moment(database: Database) -> None:
    world = World(database, journey=journey("{price_dropped: {}}"))
    world.product_is("lamp", price=10_000)
    for number in range(60):
        world.looks_at(f"p{number}", "lamp")
    world.product_is("lamp", price=9_000)
    with database.read() as tx:
        times = [row[0] - world.now for row in tx.all(_PEOPLES_TIMERS, bucket=world.bucket)]
    assert len(times) == 60
    assert min(times) >= MINUTE
    assert max(times) <= 2 * MINUTE
    assert len(set(times)) > 40


def test_an_import_of_the_catalogue_tells_of_what_fell(database: Database) -> None:
    world = World(database, journey=journey("{price_dropped: {}}"))
    world.product_is("lamp", price=10_000)
    meets(world, "anna")
    world.looks_at("anna", "lamp")
    world.pass_time(hours=1)
    put_products(database, world.shop, [Product("lamp", {"": "Lamp"}, {"PLN": 7_000})], world.now, products_changed)
    world.pass_time(hours=1)
    assert world.letters == [("anna@example.com", "word")]

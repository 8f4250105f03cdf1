"""Audiences: who is in, who leaves and when, on both databases."""

from itertools import permutations

import pytest

from wraca.app.audiences import AudienceRow, join_audiences, leave_audiences, memberships, name_of
from wraca.app.intake import take_in
from wraca.domain.events import AudienceChanged, Consent, Event, Identity, IdentityKind, OrderState, Other
from wraca.domain.ids import EventId, PersonId, ShopId, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import MINUTE, World, identities

_MEMBERS = Statement(
    "testing_members",
    """select p.email, a.audience, a.left_at is null, a.source from audience_member a
       join person p on p.bucket = :bucket and p.id = a.person_id where a.bucket = :bucket order by p.email, a.audience""",
)

JOINING = """
journey: joining
trigger: {cart_abandoned: {idle: 60m}}
holdout: %s
steps:
  - audience: {join: left-carts}
  - wait: 3d
  - send: {email: word}
"""


def members(world: World) -> list[tuple[str, str, bool]]:
    with world.database.read() as tx:
        return [
            (email.partition("@")[0], audience, bool(inside))
            for email, audience, inside, _ in tx.all(_MEMBERS, bucket=world.bucket)
        ]


def test_a_journey_puts_people_in_and_their_purchase_takes_them_out(database: Database) -> None:
    world = World(database, journey=JOINING % "0%")
    world.leaves_cart("anna")
    world.leaves_cart("boris")
    world.pass_time(hours=2)
    assert members(world) == [("anna", "left-carts", True), ("boris", "left-carts", True)]
    world.buys("anna")
    assert members(world) == [("anna", "left-carts", False), ("boris", "left-carts", True)]


def test_whoever_says_no_leaves_too(database: Database) -> None:
    world = World(database, journey=JOINING % "0%")
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    world.happens(Other(), *identities("anna"), consents=(Consent("email", given=False),))
    assert members(world) == [("anna", "left-carts", False)]


def test_whoever_is_held_out_is_put_nowhere(database: Database) -> None:
    world = World(database, journey=JOINING % "100%")
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    assert members(world) == []


def test_what_the_shop_said_stays_the_shops_word(database: Database) -> None:
    world = World(database, journey=JOINING % "0%")
    world.leaves_cart("anna")
    world.happens(AudienceChanged("vip", joined=True), *identities("anna"))
    world.pass_time(hours=2)
    world.buys("anna", OrderState.PAID)
    assert members(world) == [("anna", "left-carts", False), ("anna", "vip", True)]
    world.happens(AudienceChanged("vip", joined=False), *identities("anna"))
    assert members(world)[1] == ("anna", "vip", False)


@pytest.mark.parametrize(
    ("said", "name"),
    [("Big Spenders", "big-spenders"), ("vip", "vip"), ("VIP_2026 (new)", "vip-2026-new"), ("Клиенти", "клиенти"), ("--", "")],
)
def test_the_shops_names_are_written_as_files_write_them(said: str, name: str) -> None:
    assert name_of(said) == name


def test_the_newest_word_holds_in_whatever_order_they_come(database: Database) -> None:
    world = World(database)
    begin = world.now
    world.now += 60 * MINUTE
    for number, order in enumerate(permutations(((1, True), (2, False), (3, True), (4, False)))):
        name = f"p{number:02}"
        world.happens(Other(), *identities(name))
        for minute, joined in order:
            event = Event(
                EventId(derived_id(name, str(minute))), "Audience", begin + minute * MINUTE, world.now,
                AudienceChanged("a", joined=joined), identities(name),
            )  # fmt: skip
            take_in(database, world.bucket, [(world.shop, (event,))], world.now, world.register.idle)
    assert {inside for _, _, inside in members(world)} == {False}
    assert len(members(world)) == 24


def test_memberships_move_with_their_person(database: Database) -> None:
    world = World(database, journey=JOINING % "0%")
    browser = Identity(IdentityKind.ANONYMOUS, "b1")
    world.happens(AudienceChanged("a", joined=True), browser)
    world.happens(AudienceChanged("b", joined=True), *identities("anna"))
    world.happens(Other(), browser, *identities("anna"))
    assert members(world) == [("anna", "a", True), ("anna", "b", True)]


def test_joining_twice_changes_nothing_and_leaving_ends_it(database: Database) -> None:
    world = World(database)
    shop, person = ShopId(world.shop), PersonId(derived_id("anna"))
    row = AudienceRow(shop, "a", person, "joining")
    with database.write() as tx:
        join_audiences(tx, world.bucket, [row, row], 1_000)
        join_audiences(tx, world.bucket, [row], 2_000)
        assert memberships(tx, world.bucket, [(shop, person)]) == {(shop, person): {"a": 1_000}}
        leave_audiences(tx, world.bucket, [row], 3_000)
        assert memberships(tx, world.bucket, [(shop, person)]) == {}
        join_audiences(tx, world.bucket, [row], 4_000)
        assert memberships(tx, world.bucket, [(shop, person)]) == {(shop, person): {"a": 4_000}}

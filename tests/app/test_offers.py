"""Offers: each code to one person only, once for a step, and back where nobody can have seen it; on both databases."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from wraca.app.alarms import AlarmKind, alarms
from wraca.app.offers import OfferWanted, close_offers, close_stale_offers, give_offers, offers_of_runs
from wraca.domain.ids import CartId, PersonId, RunId, StepId, derived_id
from wraca.domain.offers import Offer, OfferKind
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import DAY, World

_CODES = Statement(
    "testing_add_codes",
    """insert into offer_code (bucket, shop_id, pool, code, added_at)
       select :bucket, :shop, r.pool, r.code, 0 from {rows} where true""",
    "pool text, code text",
)
_COUPONS = Statement(
    "testing_coupons", "select person_id, code, held_out, closed_at from coupon where bucket = :bucket order by issued_at, id"
)
_FREE = Statement("testing_free", "select code from offer_code where bucket = :bucket and coupon_id is null order by code")

OFFERING = """
journey: offering
trigger: {cart_abandoned: {idle: 60m}}
holdout: %s
steps:
  - offer: {id: ten, percent: 10, pool: autumn, expires: 3d, min_cart: 100}
  - branch:
      - when: "offer.given"
        steps: [{send: {id: with, email: with-code}}]
      - steps: [{send: {id: without, email: without-code}}]
  - wait: 5d
  - send: {id: last, email: last}
"""


def fill(world: World, *codes: str, pool: str = "autumn") -> None:
    with world.database.write() as tx:
        tx.run(_CODES, [{"pool": pool, "code": code} for code in codes], bucket=world.bucket, shop=world.shop)


def coupons(world: World) -> list[tuple[str, str, bool, int | None]]:
    with world.database.read() as tx:
        return list(tx.all(_COUPONS, bucket=world.bucket))


def free(world: World) -> list[str]:
    with world.database.read() as tx:
        return [code for (code,) in tx.all(_FREE, bucket=world.bucket)]


def wanted(world: World, person: str, number: int = 1, cart: str = "cart", **more: object) -> OfferWanted:
    run = RunId(derived_id("run", person, str(number)))
    fields: dict[str, object] = {"pool": "autumn", "expires": 3 * DAY} | more
    return OfferWanted(
        world.shop, run, StepId("ten"), "offering", PersonId(derived_id(person)), CartId(derived_id(person, cart)),
        Offer(OfferKind.PERCENT, 10), **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def give(world: World, *offers: OfferWanted) -> None:
    with world.database.write() as tx:
        give_offers(tx, world.bucket, offers, world.now)


def codes_of(world: World, *offers: OfferWanted) -> list[str]:
    with world.database.read() as tx:
        found = offers_of_runs(tx, world.bucket, [(one.shop, one.run) for one in offers])
    return [found[one.shop, one.run][one.step].code for one in offers]


def test_the_people_of_a_batch_get_different_codes_and_the_smallest_first(database: Database) -> None:
    world = World(database)
    fill(world, "C3", "A1", "B2")
    people = [wanted(world, name) for name in ("anna", "boris")]
    give(world, *people)
    assert sorted(codes_of(world, *people)) == ["A1", "B2"]
    give(world, *people)  # done again after a crash
    assert free(world) == ["C3"]


def test_an_empty_pool_gives_an_offer_without_a_code_and_the_journey_goes_on_without_it(database: Database) -> None:
    world = World(database, journey=OFFERING % "0%")
    fill(world, "ONLY")
    world.leaves_cart("anna")
    world.leaves_cart("boris")
    world.pass_time(hours=2)
    assert sorted(template for _, template in world.letters) == ["with-code", "without-code"]
    assert sorted(str(row[1]) for row in coupons(world)) == ["", "ONLY"]
    (alarm,) = (one for one in alarms(world.register, world.now) if one.kind is AlarmKind.POOL_EMPTY)
    assert (alarm.shop, alarm.what, alarm.count) == (world.shop, "autumn", 1)
    fill(world, "NEW")
    assert AlarmKind.POOL_EMPTY not in {one.kind for one in alarms(world.register, world.now)}


def test_whoever_is_held_out_takes_no_code_and_goes_the_way_of_those_who_get_one(database: Database) -> None:
    world = World(database, journey=OFFERING % "100%")
    fill(world, "A1")
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    assert world.letters == []
    assert [(row[1], bool(row[2])) for row in coupons(world)] == [("", True)]
    assert [message.step for message in world.outbox] == ["with"]
    assert free(world) == ["A1"]


def test_one_person_and_cart_holds_one_code_of_a_pool_at_a_time(database: Database) -> None:
    world = World(database)
    fill(world, "A1", "B2", "C3")
    first, second = wanted(world, "anna"), wanted(world, "anna", 2)
    give(world, first)
    world.now += DAY
    give(world, second)
    assert codes_of(world, first, second) == ["A1", "A1"]
    other_cart, later = wanted(world, "anna", 3, "another"), wanted(world, "anna", 4)
    give(world, other_cart)
    world.now += 3 * DAY  # the first code ran out
    give(world, later)
    assert codes_of(world, other_cart, later) == ["B2", "C3"]


def test_a_code_that_nobody_saw_goes_back_and_one_that_was_shown_does_not(database: Database) -> None:
    world = World(database, journey=OFFERING % "0%")
    fill(world, "A1", "B2")
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    unseen = wanted(world, "boris")
    give(world, unseen)
    with database.write() as tx:
        close_offers(tx, world.bucket, [(unseen.shop, unseen.run)], world.now)
    assert free(world) == ["B2"]
    world.buys("anna")
    world.pass_time(hours=1)
    assert free(world) == ["B2"]
    assert all(row[3] is not None for row in coupons(world))


def test_a_code_that_two_runs_of_a_person_share_stays_while_one_of_them_lasts(database: Database) -> None:
    world = World(database)
    fill(world, "A1")
    first, second = wanted(world, "anna"), wanted(world, "anna", 2)
    give(world, first)
    give(world, second)
    with database.write() as tx:
        close_offers(tx, world.bucket, [(first.shop, first.run)], world.now)
    assert free(world) == []
    assert codes_of(world, second) == ["A1"]
    with database.write() as tx:
        close_offers(tx, world.bucket, [(second.shop, second.run)], world.now)
    assert free(world) == ["A1"]


def test_a_fixed_code_is_for_everybody(database: Database) -> None:
    world = World(database)
    people = [wanted(world, name, pool="", code="AUTUMN10") for name in ("anna", "boris")]
    give(world, *people)
    assert codes_of(world, *people) == ["AUTUMN10", "AUTUMN10"]


def test_what_ran_out_after_its_run_was_over_is_closed(database: Database) -> None:
    world = World(database)
    fill(world, "A1")
    give(world, wanted(world, "anna"))
    for days, closed in ((1, 0), (4, 1), (5, 0)):
        with database.write() as tx:
            assert close_stale_offers(tx, world.bucket, world.now + days * DAY) == closed


def test_no_code_is_ever_given_to_two_people_however_many_ask_at_once(database: Database) -> None:
    world = World(database)
    fill(world, *(f"CODE-{number:03}" for number in range(60)))
    batches = [[wanted(world, f"{worker}-{number}") for number in range(5)] for worker in range(16)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: give(world, *batch), batches))

    given = [code for code in codes_of(world, *(one for batch in batches for one in batch)) if code]
    assert len(given) == len(set(given)) <= 60
    assert len(given) + len(free(world)) == 60
    assert len(given) >= 45  # those who waited for others' codes may have found none left


@pytest.mark.parametrize("kind", [OfferKind.PERCENT, OfferKind.GIFT])
def test_the_terms_come_back_as_they_were_given(database: Database, kind: OfferKind) -> None:
    world = World(database)
    one = wanted(world, "anna", pool="", code="X")
    offer = Offer(kind, 10, "a mug", 99.5)
    one = msgspec.structs.replace(one, offer=offer)
    give(world, one)
    with database.read() as tx:
        (given,) = offers_of_runs(tx, world.bucket, [(one.shop, one.run)])[one.shop, one.run].values()
    assert (given.offer, given.at, given.expires_at) == (offer, world.now, world.now + 3 * DAY)

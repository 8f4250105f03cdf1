"""Audiences elsewhere end up equal to ours, whatever is lost on the way; and nobody is told of who did not allow it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.app.elsewhere import ADS, Shop
from wraca.app.reconciling import Reconciler
from wraca.channels.audiences.hashing import hashed
from wraca.domain.events import AudienceChanged, Consent, Identified, Identity, IdentityKind
from wraca.ports.audiences import Batch, Taken
from wraca.storage.database import Database
from wraca.storage.hot.reconciling import REACH
from wraca.storage.statement import Statement
from wraca.testing.databases import new_file, opened
from wraca.testing.world import HOUR, MINUTE, identities

_RESEAL = Statement("testing_reseal_sink", "update audience_sink set sealed = :sealed where bucket = :bucket")
_ENTRIES = Statement(
    "testing_entries", "select wanted, there, due_at, problem from audience_entry where bucket = :bucket order by person_id"
)
_SINKS = Statement("testing_sinks", "select paused_until, pause_reason, synced_at from audience_sink where bucket = :bucket")
_PEOPLE = Statement("testing_bodies", "select body from person where bucket = :bucket")
_PAUSE_SHOP = Statement("testing_pause_shop", "update shop set paused_at = :now where bucket = :bucket")
_ERASE = Statement("testing_erase", "delete from person where bucket = :bucket")
_LEASES = Statement("testing_leases", "update audience_entry set lease_until = 0 where bucket = :bucket")


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def test_only_those_who_allowed_ads_are_told_of_and_their_own_consent_goes_with_them(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.joins("b")
    shop.joins("c", Consent("ads", given=False))
    shop.joins("d", ADS, Consent("ads_personal", given=False))
    shop.minutes(2)

    assert shop.names == {"a", "d"}
    assert [(one.user_data, one.personalisation) for one in shop.elsewhere.consents] in (  # type: ignore[attr-defined]
        [(True, None), (True, False)],
        [(True, False), (True, None)],
    )
    assert shop.rows(_SINKS)[0][2] is not None


def test_a_purchase_a_no_to_any_channel_and_a_no_to_ads_take_people_out_within_minutes(shop: Shop) -> None:
    for name in "abcd":
        shop.joins(name, ADS)
    shop.minutes(3)
    assert shop.names == set("abcd")

    shop.now += MINUTE
    shop.buys("a")
    shop.says("b", Consent("email", given=False))
    shop.says("c", Consent("ads", given=False))
    shop.minutes(2)

    assert shop.names == {"d"}
    assert len(shop.rows(_ENTRIES)) == 1, "with the row go the hashes"


def test_whoever_may_be_a_minor_is_told_of_nowhere_whatever_was_agreed_to(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.joins("b", ADS)
    shop.happens(Identified(may_be_minor=True), *identities("b"))
    shop.minutes(3)
    assert shop.names == {"a"}

    shop.happens(Identified(may_be_minor=True), *identities("a"))
    shop.happens(Identified(may_be_minor=False), *identities("b"))
    shop.happens(Identified(first_name="Anna"), *identities("a"))
    shop.minutes(3)

    assert shop.names == {"b"}
    with shop.database.read() as tx:
        counts = tx.all(REACH, bucket=shop.bucket, shop=shop.shop, audience="left", held_since=0)
    assert counts == [(2, 0, 0, 0, 0, 1)]


def test_whoever_is_erased_is_taken_out_by_the_hash_that_was_kept(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.minutes(2)
    with shop.database.write() as tx:
        tx.run(_ERASE, bucket=shop.bucket)
    shop.elsewhere.mishaps = ["away"]
    shop.minutes(1)
    assert shop.names == {"a"}
    shop.minutes(5)
    assert (shop.names, shop.rows(_ENTRIES)) == (set(), [])


def test_a_no_before_anything_was_told_is_told_to_nobody(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.elsewhere.mishaps = ["wrong"]
    shop.minutes(1)
    shop.joins("b", ADS)
    shop.minutes(1)
    shop.says("b", Consent("ads", given=False))
    shop.minutes(90)
    assert shop.names == {"a"}
    assert [kind for kind, _ in shop.elsewhere.calls].count("remove") == 0


def test_whoever_comes_back_is_put_in_again(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.minutes(2)
    shop.leaves("a")
    shop.minutes(2)
    assert shop.names == set()
    shop.joins("a")
    shop.minutes(2)
    assert shop.names == {"a"}


def test_another_address_takes_the_place_of_the_old_one(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.minutes(2)
    shop.now += MINUTE
    shop.happens(Identified(), Identity(IdentityKind.USER, "a"), Identity(IdentityKind.EMAIL, "h@example.com"))
    shop.minutes(4)
    assert shop.names == {"h"}


def test_two_who_turn_out_to_be_one_are_there_once_under_the_address_that_is_left(shop: Shop) -> None:
    anna, visitor = Identity(IdentityKind.EMAIL, "a@example.com"), Identity(IdentityKind.EMAIL, "b@example.com")
    phone = Identity(IdentityKind.PHONE, "+48601234567")
    for who in ((anna,), (visitor, phone)):
        shop.happens(Identified(), *who, consents=(ADS,))
        shop.happens(AudienceChanged("left", joined=True), *who)
    shop.minutes(2)
    assert shop.names == {"a", "b"}
    shop.now += MINUTE
    shop.happens(Identified(), phone, anna)
    shop.minutes(6)
    people = [json.loads(str(body)) for (body,) in shop.rows(_PEOPLE)]
    assert shop.elsewhere.people == {hashed(one["email"]) for one in people}
    assert {(bool(wanted), bool(there), due) for wanted, there, due, _ in shop.rows(_ENTRIES)} == {(True, True, None)}


def test_a_paused_shop_puts_nobody_in_and_still_takes_people_out(shop: Shop) -> None:
    shop.joins("a", ADS)
    shop.minutes(2)
    with shop.database.write() as tx:
        tx.run(_PAUSE_SHOP, bucket=shop.bucket, now=shop.now)
    shop.register.forget()
    shop.joins("b", ADS)
    shop.leaves("a")
    shop.minutes(3)
    assert shop.names == set()


def test_settings_that_do_not_work_pause_the_copy_with_a_reason_and_lose_nothing(shop: Shop) -> None:
    shop.elsewhere.mishaps = ["wrong"]
    for name in "abcde":
        shop.joins(name, ADS)
    shop.minutes(1)
    paused_until, reason, _ = shop.rows(_SINKS)[0]
    assert (paused_until, reason) == (shop.now + HOUR, "bad_token: make a new one")
    assert len(shop.elsewhere.calls) == 1
    shop.minutes(65)
    assert shop.names == set("abcde")


def test_one_entry_that_cannot_be_used_does_not_hold_up_the_others(shop: Shop) -> None:
    shop.elsewhere.bad = {hashed("b@example.com")}
    for name in "abc":
        shop.joins(name, ADS)
    shop.minutes(1)
    assert shop.names == {"a", "c"}
    assert {problem for _, _, due, problem in shop.rows(_ENTRIES) if due is not None} == {"unreadable"}


def test_a_promise_is_asked_after_and_a_change_of_mind_waits_for_it(shop: Shop) -> None:
    shop.elsewhere.is_slow = True
    shop.joins("a", ADS)
    shop.minutes(1)
    shop.leaves("a")
    shop.minutes(1)
    assert [kind for kind, _ in shop.elsewhere.calls] == ["add"]
    shop.minutes(6)
    assert [kind for kind, _ in shop.elsewhere.calls] == ["add", "remove"]
    assert (shop.names, shop.rows(_ENTRIES)) == (set(), [])


def test_whoever_is_held_out_sees_no_ads(database: Database) -> None:
    shop = Shop(database)
    shop.put_journey(
        "journey: ads\ntrigger: {cart_abandoned: {idle: 60m}}\nholdout: 100%\n"
        "steps:\n  - audience: {join: left}\n  - send: {email: word}\n"
    )
    shop.leaves_cart("a")
    shop.pass_time(hours=2)
    shop.joins("a", ADS)
    shop.joins("b", ADS)
    shop.minutes(2)
    assert shop.names == {"b"}


def test_a_cart_with_something_sensitive_keeps_its_owner_out(database: Database) -> None:
    shop = Shop(database, {"rules": {"excluded": ["health"]}})
    shop.joins("a", ADS)
    shop.joins("b", ADS)
    shop.minutes(2)
    assert shop.names == {"a", "b"}
    word = json.dumps({"key": "test-kit", "category": "Health"})
    with database.write() as tx:
        tx.run(
            Statement(
                "testing_sensitive_product",
                "insert into product (bucket, shop_id, key, body, updated_at) values (:bucket, :shop, 'test-kit', :body, 0)",
            ),
            bucket=shop.bucket,
            shop=shop.shop,
            body=word,
        )
    shop.leaves_cart("a", product="test-kit")
    shop.minutes(2)
    assert shop.names == {"b"}


def test_a_copy_that_is_given_up_is_emptied_first(shop: Shop) -> None:
    for name in "abcd":
        shop.joins(name, ADS)
    shop.minutes(3)
    with shop.database.write() as tx:
        tx.run(_RESEAL, bucket=shop.bucket, sealed=shop.seal.close({"leaving": True}))
    shop.minutes(4)
    assert (shop.names, shop.rows(_ENTRIES), shop.rows(_SINKS)) == (set(), [], [])


_DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["joins", "leaves", "no", "yes", "work", "work", "hour", "dies"]),
        st.sampled_from("abc"),
        st.sampled_from(["", "", "lost", "away", "fault", "wrong"]),
    ),
    max_size=25,
)


@pytest.mark.parametrize("is_slow", [False, True])
def test_whatever_is_lost_on_the_way_both_sides_agree_in_the_end(
    is_slow: bool, migrated: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(max_examples=15)
    @given(_DEEDS)
    def agrees(deeds: list[tuple[str, str, str]]) -> None:
        with opened(new_file(migrated, tmp_path_factory.mktemp("ledger"))) as database:  # type: ignore[arg-type]
            shop = Shop(database)
            shop.elsewhere.is_slow = is_slow
            members: set[str] = set()
            allowed: set[str] = set()
            for deed, name, mishap in deeds:
                shop.now += 1_000
                _do(shop, deed, name, mishap, members, allowed)
            shop.elsewhere.mishaps = []
            for _ in range(8):
                shop.now += HOUR
                for _ in range(4):
                    shop.minutes(2)
            assert shop.names == members & allowed
            assert {(bool(wanted), bool(there), due) for wanted, there, due, _ in shop.rows(_ENTRIES)} <= {(True, True, None)}

    agrees()


def _do(shop: Shop, deed: str, name: str, mishap: str, members: set[str], allowed: set[str]) -> None:
    match deed:
        case "joins":
            shop.joins(name)
            members.add(name)
        case "leaves":
            shop.leaves(name)
            members.discard(name)
        case "yes" | "no":
            shop.says(name, Consent("ads", given=deed == "yes"))
            allowed.add(name) if deed == "yes" else allowed.discard(name)
        case "work":
            shop.elsewhere.mishaps = [mishap] if mishap else []
            shop.minutes(2)
        case "hour":
            shop.now += HOUR
        case _:  # a worker that dies after it told, before it wrote that down
            _dies_after_telling(shop)


def _dies_after_telling(shop: Shop) -> None:
    real = shop.reconciler
    shop.reconciler = Reconciler(shop.register)
    taken = shop.elsewhere._do

    def told_and_dead(batch: Batch, *, is_add: bool) -> Taken:
        taken(batch, is_add=is_add)
        raise KeyboardInterrupt

    shop.elsewhere._do = told_and_dead  # type: ignore[method-assign]
    try:
        shop.minutes(1)
    except KeyboardInterrupt:
        pass
    finally:
        shop.elsewhere._do = taken  # type: ignore[method-assign]
        shop.reconciler = real

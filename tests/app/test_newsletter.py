"""The cart in the shop's own newsletter: for its reader alone, gone with the purchase or a no, and nobody's name in it."""

import hashlib
import hmac

import pytest

from wraca.app.newsletter import Block, Newsletter
from wraca.app.readers import note_all
from wraca.domain.events import Consent, Identified, Line, LineAdded
from wraca.domain.newsletter import newsletter_secret, reader_key
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow
from wraca.testing.world import DAY, World, identities

_SECRET = Statement("testing_identity_secret", "select identity_secret from shop where bucket = :bucket and id = :shop")
_LINKS = Statement("testing_all_links", "select token_hash, purpose from link where bucket = :bucket")
_PEOPLE = Statement("testing_all_people", "select id, email, body from person where bucket = :bucket order by email")
_SUPPRESS = Statement(
    "testing_suppress",
    """insert into suppression (bucket, shop_id, channel, address_hash, reason, at)
       values (:bucket, :shop, 'email', :hash, 'complained', 0)""",
)


@pytest.fixture
def world(database: Database) -> World:
    return World(database, shop=ShopRow(settings={"newsletter": True}, language="pl", currency="PLN"))


def secret(world: World) -> str:
    with world.database.read() as tx:
        return newsletter_secret(tx.all(_SECRET, bucket=world.bucket, shop=world.shop)[0][0])


def shown(world: World, identity: str, now: int | None = None) -> Block | None:
    key = reader_key(secret(world), identity)
    return Newsletter(world.register, "https://wraca.example").block(world.shop, key, now or world.now)


def test_the_recipe_in_any_language_gives_the_key_of_the_reader(world: World) -> None:
    world.leaves_cart("anna")
    made = hmac.new(secret(world).encode(), b"email:anna@example.com", hashlib.sha256).hexdigest()
    block = Newsletter(world.register, "https://wraca.example").block(world.shop, made, world.now)
    assert block is not None
    assert [(line.name, line.quantity, line.price) for line in block.lines] == [("Lamp", 1, 19_900)]
    assert (block.language, block.currency) == ("pl", "PLN")
    assert "anna" not in repr(block).lower()


def test_the_customers_number_is_as_good_as_the_address(world: World) -> None:
    world.leaves_cart("anna")
    assert shown(world, "user:anna") == shown(world, "email:anna@example.com") != None  # noqa: E711


def test_the_link_leads_back_into_the_cart_and_is_one_for_a_day(world: World) -> None:
    world.leaves_cart("anna")
    first, again = shown(world, "user:anna"), shown(world, "user:anna", world.now + 1000)
    assert first is not None
    assert again is not None
    assert first.link == again.link
    token = first.link.rpartition("/")[2]
    with world.database.read() as tx:
        stored = tx.all(_LINKS, bucket=world.bucket)
    assert [purpose for _, purpose in stored].count("restore") == 1
    assert token not in str(stored)
    tomorrow = shown(world, "user:anna", world.now + DAY)
    assert tomorrow is not None
    assert tomorrow.link != first.link
    from wraca.domain.evidence import Evidence

    answer = world.desk.open_link(token, "restore", None, Evidence("GET", "Mozilla/5.0", has_browser_headers=True), world.now)
    assert answer is not None
    restored = world.desk.restore_lines(answer.target.partition("wraca_restore=")[2].partition("&")[0], world.now)
    assert restored is not None
    assert [line.product_id for line in restored.lines] == ["lamp"]


def test_a_forged_key_and_nothing_to_show_look_the_same(world: World) -> None:
    world.leaves_cart("anna")
    world.happens(Identified(), *identities("empty"), consents=(Consent("email", given=True),))
    forged = Newsletter(world.register, "https://wraca.example").block(world.shop, "0" * 64, world.now)
    assert forged == shown(world, "email:empty@example.com") == shown(world, "email:nobody@example.com")
    assert forged is not None
    assert forged.lines == ()
    assert forged.link == ""


def test_it_is_empty_after_the_purchase(world: World) -> None:
    world.leaves_cart("anna")
    world.buys("anna")
    block = shown(world, "user:anna")
    assert block is not None
    assert block.lines == ()


def test_it_is_empty_for_who_said_no_or_is_suppressed_or_does_not_want_to_be_recognised(world: World) -> None:
    for name in ("anna", "boris", "clara"):
        world.leaves_cart(name)
    world.happens(Identified(), *identities("anna"), consents=(Consent("email", given=False),))
    world.happens(Identified(), *identities("boris"), consents=(Consent("personalisation", given=False),))
    with world.database.write() as tx:
        hashed = world.seal.address_hash(world.shop, "email", "clara@example.com")
        tx.run(_SUPPRESS, bucket=world.bucket, shop=world.shop, hash=hashed)
    for name in ("anna", "boris", "clara"):
        block = shown(world, f"user:{name}")
        assert block is not None
        assert block.lines == ()


def test_an_old_cart_and_what_only_a_browser_said_are_not_shown(world: World) -> None:
    world.leaves_cart("anna")
    late = shown(world, "user:anna", world.now + 15 * DAY)
    assert late is not None
    assert late.lines == ()
    world.happens(Identified(), *identities("boris"), consents=(Consent("email", given=True),))
    world.happens(LineAdded(Line("fake", 1, 1, name="Buy at evil.example"), currency="PLN"), *identities("boris"))
    block = shown(world, "user:boris")
    assert block is not None
    assert block.lines == ()


def test_a_shop_without_it_pays_nothing_and_shows_nothing(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    assert shown(world, "user:anna") is None
    with database.read() as tx:
        assert tx.all(_LINKS, bucket=world.bucket) == []


def test_those_who_were_there_before_are_found_after_it_is_switched_on(database: Database) -> None:
    world = World(database, shop=ShopRow(settings={"newsletter": True}))
    world.leaves_cart("anna")
    with database.write() as tx:
        tx.run(Statement("testing_forget_links", "delete from link where bucket = :bucket"), bucket=world.bucket)
    assert (block := shown(world, "user:anna")) is not None
    assert block.lines == ()
    with database.read() as tx:
        people = [(person, email, "anna") for person, email, _ in tx.all(_PEOPLE, bucket=world.bucket) if email]
    assert note_all(database, world.shop, secret(world), people, world.now) == 1
    assert (block := shown(world, "email:anna@example.com")) is not None
    assert len(block.lines) == 1

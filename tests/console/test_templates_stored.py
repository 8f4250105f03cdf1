"""The merchant's own messages in the database, and previews that are made of what is really sent."""

from collections.abc import Iterator

import pytest

from tests.console.pointing import point_django_at
from wraca.app.journeys import put_journey
from wraca.app.previews import Reader, Wanted, message_as_seen, reader_of, sample_message
from wraca.app.samples import Sample
from wraca.app.templates import StillUsed, drop_template, put_template
from wraca.ports.channel import Recipient
from wraca.storage.database import Database
from wraca.storage.models import CartRow, OutboxRow, Person, TemplateVersion
from wraca.storage.queries import templates
from wraca.storage.queries.carts import cart
from wraca.storage.queries.people import person
from wraca.storage.queries.shops import Key
from wraca.testing.world import World

SOURCES = {"subject": "Mine", "mjml": "<mjml></mjml>", "text": "Mine"}
JOURNEY = "journey: mine-only\ntrigger: {cart_abandoned: {idle: 60m}}\nsteps:\n  - send: {email: mine}\n"


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    with point_django_at(database_url):
        yield World(database)


def key_of(world: World) -> Key:
    return Key(world.bucket, world.shop)


def test_every_save_is_a_version_and_the_newest_is_used(world: World) -> None:
    key = key_of(world)
    assert put_template(key, "mine", "pl", SOURCES, "anna", world.now) == 1
    assert put_template(key, "mine", "pl", SOURCES | {"subject": "Newer"}, "piotr", world.now) == 2
    assert world.register.sources(world.shop, "mine", "pl")["subject"] == "Newer"
    assert [(one.version, one.author, one.form) for one in templates.versions(key, "mine", "pl")] == [
        (2, "piotr", "code"),
        (1, "anna", "code"),
    ]


def test_people_of_other_languages_get_the_version_that_stands_in(world: World) -> None:
    put_template(key_of(world), "mine", "en", SOURCES | {"subject": "English"}, "", world.now, also_others=True)
    put_template(key_of(world), "mine", "pl", SOURCES | {"subject": "Po polsku"}, "", world.now)
    subjects = {language: world.register.sources(world.shop, "mine", language)["subject"] for language in ("en", "pl", "de")}
    assert subjects == {"en": "English", "pl": "Po polsku", "de": "English"}
    assert set(templates.newest(key_of(world))) == {("mine", "en"), ("mine", "pl")}


def test_a_built_in_message_has_nothing_that_stands_in(world: World) -> None:
    put_template(key_of(world), "cart-reminder", "pl", SOURCES, "", world.now)
    assert world.register.sources(world.shop, "cart-reminder", "en") == {}


def test_a_message_that_a_journey_needs_is_not_forgotten(world: World) -> None:
    key = key_of(world)
    put_template(key, "mine", "pl", SOURCES, "", world.now)
    put_journey(world.bucket, world.shop, JOURNEY, "", world.now)
    with pytest.raises(StillUsed, match="mine-only"):
        drop_template(key, "mine")
    put_journey(world.bucket, world.shop, JOURNEY.replace("email: mine", "email: cart-reminder"), "", world.now)
    drop_template(key, "mine")
    assert not TemplateVersion.objects.filter(bucket=world.bucket, shop_id=world.shop).exists()


def test_a_preview_holds_the_facts_of_the_message_that_was_sent(world: World) -> None:
    world.leaves_cart("anna", 12_900, "kettle")
    world.pass_time(hours=3)
    row = OutboxRow.objects.filter(bucket=world.bucket, state="accepted").first()
    assert row is not None
    sent = world.channel.delivered[0]
    known, opened = person(key_of(world), row.person_id), cart(key_of(world), row.cart_id)
    assert known is not None
    assert opened is not None
    reader = reader_of(world.bucket, world.shop, known, opened.cart, row.run_id)
    seen = message_as_seen(world.register, world.shop, Wanted(row.template, sent.language), reader, sent.sent_at)
    assert {**seen.facts, "offer": None} == {**sent.facts, "offer": None}
    assert not {seen.links.restore, seen.links.preferences} & {sent.links.restore, sent.links.preferences}
    assert isinstance(reader, Reader)


def test_a_sample_has_the_shape_of_a_real_message(world: World) -> None:
    world.leaves_cart("anna", 12_900, "kettle")
    world.pass_time(hours=3)
    sent = world.channel.delivered[0]
    wanted, anna = Wanted("cart-reminder", "pl"), Recipient("a@example.com")
    made = sample_message(world.register, world.shop, wanted, anna, world.now, Sample())
    for part in ("person", "cart", "shop"):
        assert set(made.facts[part]) == set(sent.facts[part]), part  # type: ignore[call-overload]
    assert set(made.facts["cart"]["lines"][0]) == set(sent.facts["cart"]["lines"][0])  # type: ignore[index]
    assert made.facts["person"]["first_name"] == "Anna"  # type: ignore[index]
    assert CartRow.objects.filter(bucket=world.bucket).count() == 1
    assert Person.objects.filter(bucket=world.bucket).count() == 1

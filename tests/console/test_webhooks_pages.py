"""Webhooks in the console: added, shown once, rotated, tried, switched off; never a secret in a log."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.app.hearing import hooks, verified
from tests.console import seeding
from tests.console.pointing import point_django_at
from tests.ports.servers import answering, hosting
from wraca.app.endpoints import MOST
from wraca.console.roles import Role
from wraca.storage.database import Database
from wraca.storage.models import Audit, Link, Person, Shop, WebhookDelivery, WebhookEndpoint
from wraca.storage.queries.erasing import erase
from wraca.storage.queries.shops import Key
from wraca.testing.world import World

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    with point_django_at(database_url):
        made = World(database)
        seeding.connect(made)
        yield made


@pytest.fixture
def owner(world: World, browser: Client) -> Client:
    browser.force_login(seeding.member(world, "owner@kawa.example", Role.OWNER, is_superuser=True))
    return browser


def add(owner: Client, world: World, url: str = "https://crm.example/hook", **said: object) -> str:
    """The page after adding it."""
    answer = owner.post(f"/console/{world.shop}/settings/webhooks/", {"url": url, **said})
    assert answer.status_code == 200
    return answer.content.decode()


def address(world: World) -> str:
    return f"/console/{world.shop}/settings/webhooks/{WebhookEndpoint.objects.get().id}/"


def test_the_secret_is_shown_once_and_kept_sealed(world: World, owner: Client) -> None:
    secret = _SECRET.findall(add(owner, world, topic=["cart.abandoned", "webhook.test", "nonsense"]))[0]
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.events == ["cart.abandoned"]
    assert secret not in endpoint.sealed
    assert not _SECRET.search(owner.get(address(world)).content.decode())
    assert "whsec" not in " ".join(str(row.body) for row in Audit.objects.all())


@pytest.mark.parametrize(
    "url", ["http://crm.example/", "https://user:word@crm.example/", "ftp://crm.example/", "https://", "crm.example"]
)
def test_an_address_that_cannot_be_one_is_refused_with_a_reason(world: World, owner: Client, url: str) -> None:
    assert "must begin with https://" in add(owner, world, url)
    assert not WebhookEndpoint.objects.exists()


def test_a_test_event_arrives_and_both_secrets_sign_after_a_rotation(world: World, owner: Client) -> None:
    old = _SECRET.findall(add(owner, world))[0]
    new = _SECRET.findall(owner.post(address(world), {"do": "rotate"}).content.decode())[0]
    with hosting(answering(202)) as host:
        WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{host.port}/")
        owner.post(address(world), {"do": "test"})
        assert hooks(world).tell_due(world.bucket, world.now) == 1
        assert old != new
        assert verified(*host.heard[0], old)
        assert verified(*host.heard[0], new)
    assert re.search(r"<td>202</td>.*taken", owner.get(address(world)).content.decode())


def test_what_was_told_can_be_told_again_but_not_to_who_is_off(world: World, owner: Client) -> None:
    add(owner, world)
    owner.post(address(world), {"do": "test"})
    WebhookDelivery.objects.update(due_at=None, attempts=10, detail="refused", status=500)
    delivery = WebhookDelivery.objects.get().id
    assert "not taken, given up" in owner.get(address(world)).content.decode()
    owner.post(address(world), {"do": "again", "delivery": delivery})
    assert WebhookDelivery.objects.get().due_at == world.now
    owner.post(address(world), {"do": "off"})
    assert WebhookDelivery.objects.get().detail == "endpoint_off"
    owner.post(address(world), {"do": "again", "delivery": delivery})
    assert WebhookDelivery.objects.get().due_at is None
    assert owner.post(address(world), {"do": "test"}).status_code == 404
    assert "Switched off by hand." in owner.get(address(world)).content.decode()
    owner.post(address(world), {"do": "on"})
    assert world.register.hearers(world.shop)


def test_it_is_changed_and_removed_and_its_people_are_named_only_on_demand(world: World, owner: Client) -> None:
    add(owner, world)
    owner.post(address(world), {"do": "change", "url": "https://other.example/", "topic": "message.sent", "personal": "yes"})
    page = owner.get(address(world)).content.decode()
    assert "https://other.example/" in page
    assert 'name="personal" value="yes" checked' in page
    assert "must begin with https://" in owner.post(address(world), {"do": "change", "url": "http://127.0.0.1/"}).content.decode()
    owner.post(address(world), {"do": "off"})
    owner.post(address(world), {"do": "drop"})
    assert not WebhookEndpoint.objects.exists()


def test_there_is_an_end_to_how_many(world: World, owner: Client) -> None:
    for number in range(MOST):
        add(owner, world, f"https://crm.example/{number}")
    assert f"at most {MOST}" in add(owner, world, "https://crm.example/more")
    assert WebhookEndpoint.objects.count() == MOST


def test_a_secret_of_another_installation_is_replaced_by_rotating_it(world: World, owner: Client) -> None:
    add(owner, world)
    WebhookEndpoint.objects.update(sealed="gAAAAABnonsense")
    owner.post(address(world), {"do": "test"})
    hooks(world).tell_due(world.bucket, world.now)
    assert "sealed under another WRACA_SECRET_KEY" in owner.get(address(world)).content.decode()
    secret = _SECRET.findall(owner.post(address(world), {"do": "rotate"}).content.decode())[0]
    owner.post(address(world), {"do": "on"})
    with hosting(answering()) as host:
        WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{host.port}/")
        owner.post(address(world), {"do": "test"})
        hooks(world).tell_due(world.bucket, world.now)
        assert verified(*host.heard[0], secret)


def test_an_erased_person_is_in_no_delivery_and_in_no_newsletter(world: World, owner: Client) -> None:
    Shop.objects.update(settings={"newsletter": True})
    world.register.forget()
    add(owner, world, personal="yes")
    world.leaves_cart("anna")
    world.leaves_cart("boris")
    anna = Person.objects.get(email="anna@example.com").id
    assert WebhookDelivery.objects.filter(payload__data__person_id=anna).exists()
    assert Link.objects.filter(person_id=anna, purpose="newsletter").count() == 2
    erase(Key(world.bucket, world.shop), anna, ["anna@example.com"], (), world.now)
    assert not WebhookDelivery.objects.filter(payload__data__person_id=anna).exists()
    assert not Link.objects.filter(person_id=anna).exists()
    assert WebhookDelivery.objects.exists()

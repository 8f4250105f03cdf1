"""The newsletter's block in the console: switched on for those who are there, links that work, nothing once it is off."""

import csv
import hashlib
import hmac
import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.console import seeding
from tests.console.pointing import point_django_at
from wraca.app.newsletter import Newsletter
from wraca.console.roles import Role
from wraca.storage.database import Database
from wraca.storage.models import Audit
from wraca.testing.world import World


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


def lines_of(world: World, key: str) -> int | None:
    block = Newsletter(world.register, "https://wraca.example").block(world.shop, key, world.now)
    return None if block is None else len(block.lines)


def test_once_it_is_on_the_file_and_the_printed_recipe_lead_to_the_same_cart(world: World, owner: Client) -> None:
    world.leaves_cart("anna")
    address = f"/console/{world.shop}/settings/newsletter/"
    assert "anna" not in owner.get(f"{address}file/").content.decode()
    page = owner.post(address, {"do": "on"}, follow=True).content.decode()
    assert "Links work for 1 person" in page
    found = re.search(r'id="newsletter-secret">([0-9a-f]{64})<', page)
    assert found is not None
    made = hmac.new(found[1].encode(), b"email:anna@example.com", hashlib.sha256).hexdigest()
    rows = list(csv.DictReader(io.StringIO(owner.get(f"{address}file/").content.decode())))
    assert [(row["email"], row["cart_link"].rpartition("/")[2]) for row in rows] == [("anna@example.com", made)]
    assert lines_of(world, made) == 1
    world.leaves_cart("boris")
    assert lines_of(world, hmac.new(found[1].encode(), b"user:boris", hashlib.sha256).hexdigest()) == 1
    owner.post(address, {"do": "off"})
    assert lines_of(world, made) is None
    assert {row.what for row in Audit.objects.all()} >= {"newsletter.on", "newsletter.exported", "newsletter.off"}

"""Pools are filled with a report, their codes are shown to few; audiences and notices say what is so."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.console import seeding
from tests.console.pointing import point_django_at
from wraca.app.pools import BadPool, add_codes
from wraca.console.roles import Role
from wraca.domain.events import AudienceChanged
from wraca.storage.database import Database
from wraca.storage.models import Audit, Notice, OfferCode
from wraca.storage.queries.offers import pools
from wraca.storage.queries.shops import Key
from wraca.testing.world import World, identities

GIVING = """
journey: giving
trigger: {cart_abandoned: {idle: 60m}}
holdout: 0%
steps:
  - notify_team: "Call <b>them</b>"
  - offer: {id: ten, percent: 10, pool: autumn, expires: 3d}
  - audience: {join: left-carts}
  - send: {email: word}
"""


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    with point_django_at(database_url):
        made = World(database, journey=GIVING)
        seeding.connect(made)
        yield made


@pytest.fixture
def owner(world: World, browser: Client) -> Client:
    browser.force_login(seeding.member(world, "owner@kawa.example", Role.OWNER, is_superuser=True))
    return browser


def page(browser: Client, world: World, path: str) -> str:
    answer = browser.get(f"/console/{world.shop}/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_upload_tells_what_it_took_and_what_not(world: World, owner: Client) -> None:
    address = f"/console/{world.shop}/offers/"
    answer = owner.post(address, {"pool": "autumn", "codes": "code\nA1\na1\nB2\nno code\n\nC3,10%\n"}, follow=True)
    text = answer.content.decode()
    assert sorted(OfferCode.objects.values_list("code", flat=True)) == ["A1", "B2", "C3"]
    assert "3 codes were added to autumn." in text
    assert "1 code was left out" in text
    assert "5: no code (a space inside)" in text

    file = SimpleUploadedFile("more.csv", "\ufeffCode;Value\nD4;10\nB2;10\n".encode())
    owner.post(address, {"pool": "winter", "file": file})
    assert sorted(OfferCode.objects.filter(pool="winter").values_list("code", flat=True)) == ["D4"]
    assert [row.what for row in Audit.objects.order_by("at")][-2:] == ["offers.uploaded", "offers.uploaded"]

    owner.post(address, {"pool": "No Such", "codes": "X"})
    assert not OfferCode.objects.filter(code="X").exists()


def test_a_pool_shows_what_is_left_and_whether_codes_were_used(world: World, owner: Client) -> None:
    add_codes(world.bucket, world.shop, "autumn", "A1\nB2\n", world.now)
    for name in ("anna", "boris", "celina"):
        world.leaves_cart(name)
    world.pass_time(hours=2)

    (pool,) = pools(Key(world.bucket, world.shop), world.now)
    assert (pool.name, pool.free, pool.given, pool.used, pool.missed) == ("autumn", 0, 2, 0, 1)
    text = page(owner, world, "offers/")
    assert "Empty: journeys go on without an offer." in text
    assert "1 person got none" in text
    assert "<code>A1</code>" in text
    assert "the pool was empty" in text


def test_the_page_of_a_person_shows_their_codes_and_audiences(world: World, owner: Client) -> None:
    add_codes(world.bucket, world.shop, "autumn", "A1\n", world.now)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    text = page(owner, world, f"people/{world.runs[0].person}/")
    assert "<code>A1</code>" in text
    assert "left-carts" in text


def test_whoever_may_not_see_people_sees_no_codes_and_adds_none(world: World, browser: Client) -> None:
    add_codes(world.bucket, world.shop, "autumn", "A1\n", world.now)
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    browser.force_login(seeding.member(world, "support@kawa.example", Role.SUPPORT))
    text = page(browser, world, "offers/")
    assert "<code>A1</code>" not in text
    assert "autumn" in text
    assert browser.post(f"/console/{world.shop}/offers/", {"pool": "autumn", "codes": "X"}).status_code == 403


def test_audiences_are_counted_and_no_ad_platform_is_claimed(world: World, owner: Client) -> None:
    assert "No audiences yet" in page(owner, world, "audiences/")
    world.leaves_cart("anna")
    world.leaves_cart("boris")
    world.happens(AudienceChanged("vip", joined=True), *identities("anna"))
    world.pass_time(hours=2)
    world.buys("anna")
    text = page(owner, world, "audiences/")
    assert "Kept nowhere else" in text
    for part in ("left-carts", "vip", "giving", "the shop&#x27;s own tools"):
        assert part in text.replace("&#39;", "&#x27;").replace("the shop's", "the shop&#x27;s")


def test_a_notice_stands_on_the_overview_until_somebody_saw_to_it(world: World, owner: Client) -> None:
    world.leaves_cart("anna")
    world.pass_time(hours=2)
    text = page(owner, world, "")
    assert "Call &lt;b&gt;them&lt;/b&gt;" in text
    notice = Notice.objects.get().id

    owner.post(f"/console/{world.shop}/notices/", {"notice": notice, "back": "overview"})

    assert "Call &lt;b&gt;" not in page(owner, world, "")
    assert "Call &lt;b&gt;" in page(owner, world, "notices/")
    assert Notice.objects.get().done_at is not None
    assert owner.post(f"/console/{world.shop}/notices/", {"notice": "nonsense"}).status_code == 302


def test_a_pool_needs_a_name_that_a_journey_can_write(world: World) -> None:
    for name in ("", "Autumn", "a b", "1st", "a" * 65):
        with pytest.raises(BadPool):
            add_codes(world.bucket, world.shop, name, "A", world.now)

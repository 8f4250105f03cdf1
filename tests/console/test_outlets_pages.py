"""Audiences kept elsewhere, and product feeds, in the console: connected, counted, mended, given up; secrets only go in."""

from collections.abc import Iterator, Sequence

import pytest
from django.test import Client

from tests.app.elsewhere import ADS, Elsewhere
from tests.console import seeding
from tests.console.pointing import point_django_at
from wraca.app.catalogue import put_products
from wraca.app.feedfiles import FeedKind
from wraca.app.feeds import feed_key, product_feed
from wraca.app.reconciling import Reconciler
from wraca.channels.audiences.csvfile import CsvAudiences
from wraca.channels.audiences.hashing import hashed
from wraca.console.roles import Role
from wraca.domain.events import AudienceChanged, Consent, Identified
from wraca.domain.products import Product
from wraca.ports.channel import Setting
from wraca.storage.database import Database
from wraca.storage.models import AudienceEntry, Audit, PublishedFeed
from wraca.storage.models import AudienceSink as SinkRow
from wraca.storage.queries.erasing import erase
from wraca.storage.queries.export import everything
from wraca.storage.queries.shops import Key
from wraca.testing.world import MINUTE, World, identities

TOKEN = "a-token-for-tests"


class Connected(Elsewhere):
    settings: Sequence[Setting] = (
        Setting("audience_id", "Audience ID", required=True),
        Setting("token", "Access token", "secret", required=True),
    )
    most = 100


@pytest.fixture
def elsewhere() -> Connected:
    return Connected()


@pytest.fixture
def world(database: Database, database_url: str, elsewhere: Connected) -> Iterator[World]:
    with point_django_at(database_url):
        made = World(database)
        made.register.sinks = {"elsewhere": elsewhere, "csv": CsvAudiences()}
        seeding.connect(made)
        for name, consents in {"anna": (ADS,), "bo": (), "cleo": (ADS, Consent("email", given=False))}.items():
            made.happens(Identified(), *identities(name), consents=consents)
            made.happens(AudienceChanged("left carts", joined=True), *identities(name))
        yield made


@pytest.fixture
def owner(world: World, browser: Client) -> Client:
    browser.force_login(seeding.member(world, "owner@kawa.example", Role.OWNER, is_superuser=True))
    return browser


def text(owner: Client, path: str, **said: object) -> str:
    answer = owner.post(path, said, follow=True) if said else owner.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def place(world: World, platform: str = "elsewhere") -> str:
    return f"/console/{world.shop}/audiences/left-carts/{platform}/"


def work(world: World, minutes: int = 3) -> None:
    reconciler = Reconciler(world.register)
    for _ in range(minutes):
        world.now += MINUTE
        reconciler.once(world.now)


def connect(owner: Client, world: World, **said: object) -> str:
    return text(owner, place(world), do="save", audience_id="7", token=TOKEN, buyers_leave="on", **said)


def test_a_copy_is_connected_filled_counted_and_given_up(world: World, owner: Client, elsewhere: Connected) -> None:
    page = text(owner, f"/console/{world.shop}/audiences/left-carts/")
    assert "No recorded consent to ads" in page
    assert page.count('<td class="num">1</td>') == 2  # bo never agreed, cleo said no later
    assert TOKEN not in connect(owner, world, excluded="Health, erotica")
    row = SinkRow.objects.get()
    assert TOKEN not in row.sealed
    assert world.seal.open(row.sealed)["rules"] == {"buyers_leave": True, "excluded": ["erotica", "health"]}
    work(world)
    assert elsewhere.people == {hashed("anna@example.com")}
    page = text(owner, place(world))
    assert "confirmed" in page
    assert "Both sides agreed last:" in page
    assert "anna" not in page
    assert "being taken out" in text(owner, place(world), do="give_up")
    work(world)
    assert (elsewhere.people, SinkRow.objects.count()) == (set(), 0)
    assert TOKEN not in " ".join(str(row.body) for row in Audit.objects.all())


def test_a_saved_secret_stays_and_another_list_needs_another_copy(world: World, owner: Client) -> None:
    connect(owner, world)
    assert "Saved." in text(owner, place(world), do="save", audience_id="7", token="")
    assert world.seal.open(SinkRow.objects.get().sealed)["settings"] == {"audience_id": "7", "token": TOKEN}
    work(world)
    assert "give this copy up first" in text(owner, place(world), do="save", audience_id="8", token="")


def test_what_paused_it_is_told_and_saving_ends_the_pause(world: World, owner: Client, elsewhere: Connected) -> None:
    elsewhere.mishaps = ["wrong"]
    connect(owner, world)
    work(world, 1)
    assert "bad_token: make a new one" in text(owner, place(world))
    connect(owner, world)
    assert SinkRow.objects.get().paused_until is None
    assert "The settings work." in text(owner, place(world), do="try")


def test_an_erasure_keeps_the_hashes_until_the_platform_confirmed_and_no_longer(
    world: World, owner: Client, elsewhere: Connected
) -> None:
    connect(owner, world)
    work(world)
    entry = AudienceEntry.objects.get()
    key = Key(world.bucket, world.shop)
    assert [row["platform"] for row in everything(key, entry.person_id)["ad_platforms"]] == ["elsewhere"]
    erase(key, entry.person_id, ["anna@example.com"], [], world.now)
    elsewhere.mishaps = ["away"]
    work(world, 1)
    assert AudienceEntry.objects.get().identifiers == entry.identifiers
    work(world)
    assert (elsewhere.people, AudienceEntry.objects.count()) == (set(), 0)


def test_the_file_has_hashes_only(world: World, owner: Client) -> None:
    text(owner, place(world, "csv"), do="save")
    work(world)
    answer = owner.get(f"/console/{world.shop}/audiences/left-carts/file/csv/")
    assert answer.content.decode().splitlines() == ["email_sha256,phone_sha256", f"{hashed('anna@example.com')},"]


def test_an_audience_or_a_place_that_there_is_not_is_not_found(world: World, owner: Client) -> None:
    for path in ("nobody/", "nobody/csv/", "left-carts/nowhere/", "left-carts/file/csv/"):
        assert owner.get(f"/console/{world.shop}/audiences/{path}").status_code == 404
    assert owner.post(place(world), {"do": "nonsense"}).status_code == 404


def test_a_feed_that_is_stopped_is_confirmed_by_hand(world: World, owner: Client) -> None:
    page = f"/console/{world.shop}/feeds/"
    product = Product("lamp", {"": "Lamp"}, {"PLN": 100}, "https://shop.example/lamp", "https://shop.example/lamp.jpg")
    put_products(world.database, world.shop, [product], world.now)
    key = feed_key(world.register, world.shop)
    assert f"/feeds/{key}/google.xml" in text(owner, page)
    assert "Nobody has fetched it yet." in text(owner, page)
    product_feed(world.register, key, FeedKind.GOOGLE, world.now)
    PublishedFeed.objects.update(products=100)
    product_feed(world.register, key, FeedKind.GOOGLE, world.now)
    assert "it had 100 products and would have 1 now" in text(owner, page)
    assert "Confirmed" in text(owner, page, kind="google.xml")
    assert PublishedFeed.objects.get().refused_at is None
    assert owner.post(page, {"kind": "nothing"}).status_code == 404

"""Product feeds: the whole catalogue or nothing, prices by the 30 days before, and only for whoever was told the address."""

import csv
import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import Behind
from wraca.app.alarms import AlarmKind, alarms
from wraca.app.catalogue import put_products
from wraca.app.feedfiles import FeedKind, Front, item_of
from wraca.app.feeds import accept_loss, feed_key, left_out, product_feed
from wraca.domain.pricing import Past
from wraca.domain.products import Product
from wraca.edge import edge_app
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import BEGIN, DAY, World

_DROP = Statement("testing_drop_products", "delete from product where bucket = :bucket and key >= :key")
G = "{http://base.google.com/ns/1.0}"
FRONT = Front("Lamps & more", "https://shop.example", "PLN", "pl")


def product(key: str, price: int = 1_999, **more: object) -> Product:
    page = f"https://shop.example/p/{key}?a=1&b=2"
    return Product(key, {"": f"Lamp {key} <&>"}, {"PLN": price}, page, f"{page}.jpg", **more)  # type: ignore[arg-type]


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    put_products(database, made.shop, [product(f"p{number:04}") for number in range(1_010)], made.now)
    return made


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    services = msgspec.structs.replace(
        Behind().services(), product_feed=lambda key, name, _now: product_feed(world.register, key, name, world.now)
    )
    with TestClient(edge_app(services)) as opened:
        yield opened


def address(world: World, kind: FeedKind = FeedKind.GOOGLE) -> str:
    return f"/feeds/{feed_key(world.register, world.shop)}/{kind}"


def test_google_gets_every_product_with_the_ids_of_events(world: World, client: TestClient) -> None:
    answer = client.get(address(world))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml; charset=utf-8")
    root = ET.fromstring(answer.content)
    items = root.findall("channel/item")
    assert [item.findtext(f"{G}id") for item in items] == [f"p{number:04}" for number in range(1_010)]
    needed = {"id", "title", "description", "link", "image_link", "availability", "condition", "price"}
    for item in items:
        assert {part.tag.removeprefix(G) for part in item} >= needed
        assert re.fullmatch(r"\d+\.\d\d PLN", item.findtext(f"{G}price") or "")
    assert items[0].findtext(f"{G}title") == "Lamp p0000 <&>"
    assert items[0].findtext(f"{G}availability") == "in_stock"


def test_meta_gets_the_same_products_as_a_table_and_as_xml(world: World, client: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(address(world, FeedKind.META_CSV)).text)))
    assert (len(rows), rows[3]["id"], rows[3]["availability"], rows[3]["price"]) == (1_010, "p0003", "in stock", "19.99 PLN")
    items = ET.fromstring(client.get(address(world, FeedKind.META_XML)).content).findall("channel/item")
    assert [item.findtext(f"{G}id") for item in items] == [row["id"] for row in rows]


def test_a_feed_that_lost_a_third_is_not_published_until_the_merchant_says_so(world: World, client: TestClient) -> None:
    assert client.get(address(world)).status_code == 200
    drop(world, "p0800")  # a fifth fewer: shops do that
    assert client.get(address(world)).status_code == 200
    drop(world, "p0500")
    for _ in range(2):
        answer = client.get(address(world))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "3600")
        assert b"p0001" not in answer.content
    (alarm,) = (one for one in alarms(world.register, world.now) if one.kind is AlarmKind.FEED_STOPPED)
    assert (alarm.what, alarm.count, alarm.detail) == ("google.xml", 500, "800")

    assert accept_loss(world.register, world.shop, FeedKind.GOOGLE)
    assert client.get(address(world)).status_code == 200
    assert AlarmKind.FEED_STOPPED not in {one.kind for one in alarms(world.register, world.now)}
    assert not accept_loss(world.register, world.shop, FeedKind.GOOGLE)


def test_products_that_come_back_end_the_alarm_by_themselves(world: World, client: TestClient) -> None:
    client.get(address(world))
    drop(world, "p0100")
    assert client.get(address(world)).status_code == 503
    put_products(world.database, world.shop, [product(f"p{number:04}") for number in range(1_000)], world.now)
    assert client.get(address(world)).status_code == 200
    assert AlarmKind.FEED_STOPPED not in {one.kind for one in alarms(world.register, world.now)}


def test_an_empty_catalogue_is_never_published(world: World, client: TestClient) -> None:
    drop(world, "")
    assert client.get(address(world)).status_code == 503


def test_a_key_that_is_not_ours_finds_nothing(world: World, client: TestClient) -> None:
    good = feed_key(world.register, world.shop)
    other = ("0" if good[0] != "0" else "1") + good[1:]
    for key in (world.shop, good[:-1], good + "0", other, world.shop + "0" * 32):
        assert client.get(f"/feeds/{key}/google.xml").status_code == 404
    assert client.get(f"/feeds/{good}/google.csv").status_code == 404
    assert client.post(address(world)).status_code == 405


def drop(world: World, key: str) -> None:
    with world.database.write() as tx:
        tx.run(_DROP, bucket=world.bucket, key=key)


def test_a_sale_is_told_only_below_the_lowest_price_of_thirty_days() -> None:
    now = BEGIN
    usual = (Past(now - 50 * DAY, "PLN", 5_000), Past(now - DAY, "PLN", 4_000))
    honest = item_of(product("a", 4_000, history=usual, priced_at=now, live=True), FRONT, now)
    assert honest is not None
    assert (honest.price, honest.sale_price) == ("50.00 PLN", "40.00 PLN")

    raised = (Past(now - 50 * DAY, "PLN", 3_500), Past(now - 3 * DAY, "PLN", 5_000), Past(now - DAY, "PLN", 4_000))
    puffed = item_of(product("a", 4_000, history=raised, priced_at=now, live=True), FRONT, now)
    assert puffed is not None
    assert (puffed.price, puffed.sale_price) == ("40.00 PLN", "")

    young = item_of(product("a", 4_000, history=usual[1:], priced_at=now, live=True), FRONT, now)
    assert young is not None
    assert young.sale_price == ""


@pytest.mark.parametrize(
    "change",
    [{"url": ""}, {"image_url": ""}, {"names": {}}, {"prices": {"EUR": 100}}, {"prices": {"PLN": 0}}, {"url": "javascript:x"}],
)
def test_what_a_feed_cannot_tell_is_left_out(change: dict[str, object]) -> None:
    assert item_of(msgspec.structs.replace(product("a"), **change), FRONT, BEGIN) is None


def test_variants_belong_together_and_sold_out_stays_in() -> None:
    item = item_of(product("lamp/red", stock=0, brand=""), FRONT, BEGIN)
    assert item is not None
    assert (item.id, item.item_group_id, item.is_available, item.brand) == ("lamp/red", "lamp", False, "Lamps & more")


def test_the_console_is_told_how_many_are_left_out(world: World) -> None:
    put_products(world.database, world.shop, [Product("bare", {"": "Bare"}, {"PLN": 100})], world.now)
    assert left_out(world.register, world.shop, world.now) == (1_010, 1)

"""What a newsletter's tool and its readers get from /n/: the block in three forms, and nothing, always in the same shape."""

import io
import time
from collections.abc import Iterator

import msgspec
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.edge.pretend import Behind
from wraca.app.errors import Busy
from wraca.app.newsletter import Block, BlockLine
from wraca.domain.events import Instant
from wraca.edge import Limits, edge_app
from wraca.edge.blockimage import draw
from wraca.edge.services import Rate

SHOP, ANNA, NOBODY = "a" * 32, "1" * 64, "2" * 64
LINES = (
    BlockLine("Kubek <b>żółty</b>", "duży", 2, 1_999, "https://shop.example/cup.jpg"),
    BlockLine("Чаша & чинийка", "", 1, None, ""),
)
BLOCK = Block("Kubki", "https://shop.example/", "pl", "PLN", LINES, 3, "https://wraca.example/r/token-of-a-cart")
NOTHING = Block("Kubki", "https://shop.example/", "pl")


def block_of(shop: str, key: str, _now: Instant) -> Block | None:
    if shop != SHOP:
        return None
    return BLOCK if key == ANNA else NOTHING


def client_of(limits: Limits | None = None) -> TestClient:
    services = msgspec.structs.replace(Behind().services(), newsletter=block_of, limits=limits or Limits())
    return TestClient(edge_app(services), follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def newsletter() -> Iterator[TestClient]:
    with client_of() as opened:
        yield opened


def test_the_fragment_shows_the_cart_with_every_word_escaped(newsletter: TestClient) -> None:
    answer = newsletter.get(f"/n/{SHOP}/{ANNA}.html")
    assert answer.status_code == 200
    assert "2 × </a>" not in answer.text
    assert "2 × Kubek &lt;b&gt;żółty&lt;/b&gt;" in answer.text
    assert "39,98\xa0zł" in answer.text
    assert "Wróć do koszyka" in answer.text
    assert answer.text.count("https://wraca.example/r/token-of-a-cart") == 3
    assert "<script" not in answer.text


def test_the_picture_is_one_and_the_data_are_data(newsletter: TestClient) -> None:
    answer = newsletter.get(f"/n/{SHOP}/{ANNA}.png")
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], picture.size[0]) == ("image/png", 1200)
    said = newsletter.get(f"/n/{SHOP}/{ANNA}.json").json()
    assert said["lines"][0] == {
        "name": "Kubek <b>żółty</b>", "variant": "duży", "quantity": 2, "price": 1_999, "image": "https://shop.example/cup.jpg",
    }  # fmt: skip
    assert (said["more"], said["currency"]) == (3, "PLN")


@pytest.mark.parametrize(
    "path", [f"{SHOP}/{NOBODY}", f"{'b' * 32}/{ANNA}", f"{SHOP}/short", f"nonsense/{ANNA}", f"{SHOP}/{ANNA.upper()}x"]
)
def test_nothing_to_show_a_forged_key_and_no_such_shop_are_one_answer(newsletter: TestClient, path: str) -> None:
    assert (newsletter.get(f"/n/{path}.html").status_code, newsletter.get(f"/n/{path}.html").content) == (200, b"")
    assert newsletter.get(f"/n/{path}.json").json() == {"lines": []}
    picture = Image.open(io.BytesIO(newsletter.get(f"/n/{path}.png").content))
    assert (picture.size, picture.convert("RGBA").getpixel((0, 0))) == ((1, 1), (0, 0, 0, 0))


def test_the_link_leads_to_the_cart_or_home_and_nowhere_for_a_shop_that_is_none(newsletter: TestClient) -> None:
    assert newsletter.get(f"/n/{SHOP}/{ANNA}").headers["location"] == BLOCK.link
    assert newsletter.get(f"/n/{SHOP}/{NOBODY}").headers["location"] == "https://shop.example/"
    assert newsletter.get(f"/n/{'b' * 32}/{ANNA}").status_code == 404


@pytest.mark.parametrize("ending", ["html", "png", "json"])
def test_every_opening_asks_anew_and_nothing_is_indexed(newsletter: TestClient, ending: str) -> None:
    for key in (ANNA, NOBODY):
        headers = newsletter.get(f"/n/{SHOP}/{key}.{ending}").headers
        assert "no-store" in headers["cache-control"]
        assert "noindex" in headers["x-robots-tag"]
        assert "set-cookie" not in headers


def test_who_asks_too_fast_gets_nothing_and_no_error() -> None:
    with client_of(Limits(newsletter=Rate(0.001, 3))) as opened:
        sizes = [len(opened.get(f"/n/{SHOP}/{ANNA}.html").content) for _ in range(5)]
        assert opened.get(f"/n/{SHOP}/{ANNA}").status_code == 429
    assert sizes[2] > 0 == sizes[3] == sizes[4]


def test_trouble_behind_is_an_empty_block() -> None:
    def trouble(_shop: str, _key: str, _now: Instant) -> Block | None:
        raise Busy("the disk is full")

    services = msgspec.structs.replace(Behind().services(), newsletter=trouble)
    with TestClient(edge_app(services), raise_server_exceptions=False) as opened:
        assert opened.get(f"/n/{SHOP}/{ANNA}.html").content == b""
        assert opened.get(f"/n/{SHOP}/{ANNA}").status_code == 503


def test_a_picture_is_drawn_quickly_whatever_stands_in_it() -> None:
    wild = msgspec.structs.replace(
        BLOCK, language="xx", currency="???", lines=(BlockLine("W" * 5_000, "\n\t😀", 99, 10**12, ""),) * 4
    )
    began = time.process_time()
    assert draw(wild).startswith(b"\x89PNG")
    assert time.process_time() - began < 2

"""The pretend shop of `make demo`: its pages, its goods, what its server does, and the mailbox beside it."""

import asyncio
import hashlib
import hmac
import json
import re
import shutil
import smtplib
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from wraca_demo.mailbox import Mailbox, mailbox_routes
from wraca_demo.shop import ShopConfig, catalogue, heartbeat, shop_app

HERE = Path(str(files("wraca_demo")))
PICTURES = HERE / "catalogue" / "pictures"
LANGUAGES = {"en", "pl", "bg"}
NOW = 1_795_000_000_000
PRODUCTS = catalogue()
names = [str(product["product_id"]) for product in PRODUCTS]


def config(wraca_url: str = "http://127.0.0.1:1") -> ShopConfig:
    return ShopConfig(wraca_url, "wb_demo", "ws_demo", "the-shops-secret", "http://127.0.0.1:2", lambda: NOW)


@pytest.fixture(scope="module")
def shop() -> Iterator[TestClient]:
    with TestClient(shop_app(config())) as opened:
        yield opened


# --- pages -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/cart", "/checkout", "/checkout/payment", "/thanks", *(f"/p/{name}" for name in names)])
def test_every_page_answers_with_the_snippet_and_the_goods(shop: TestClient, path: str) -> None:
    page = shop.get(path)

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "http://127.0.0.1:1/sdk/wraca.js" in page.text
    assert "{{" not in page.text
    found = re.search(r'<script id="settings" type="application/json">(.*?)</script>', page.text, re.DOTALL)
    assert found
    settings = json.loads(found[1])
    assert (settings["key"], settings["currencies"].keys()) == ("wb_demo", LANGUAGES)
    assert len(settings["products"]) == len(PRODUCTS)
    assert "ws_demo" not in page.text
    assert "the-shops-secret" not in page.text


def test_everything_that_a_page_asks_for_is_there(shop: TestClient) -> None:
    shells = [file.read_text("utf-8") for file in (HERE / "pages").iterdir()]
    wanted = {found for text in shells for found in re.findall(r'(?:src|href)="(/static/[^"]+)"', text)}
    wanted |= {f"/static/{found}" for text in shells for found in re.findall(r'(?:from|import\()\s*"\./([^"]+)"', text)}

    assert len(wanted) > 5
    assert {path: shop.get(path).status_code for path in wanted} == dict.fromkeys(wanted, 200)


def test_no_page_fetches_anything_from_elsewhere() -> None:
    outside = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']+|@import[^;]+|url\(["']?http[^)]+""")
    for file in (HERE / "pages").iterdir():
        elsewhere = outside.findall(file.read_text("utf-8"))
        assert elsewhere == [], file.name


# --- goods -------------------------------------------------------------------------------------------------------------------


def test_there_is_a_choice_of_two_dozen_products() -> None:
    assert len(PRODUCTS) >= 24
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("product", PRODUCTS, ids=names)
def test_a_product_is_told_in_three_languages_with_a_small_picture(shop: TestClient, product: dict[str, Any]) -> None:
    for words in (product["name"], product["description"]):
        assert words.keys() == LANGUAGES
        assert all(text.strip() == text and text for text in words.values())
    assert re.search("[а-я]", product["description"]["bg"])
    assert {"PLN", "EUR"} <= product["price"].keys()
    assert all(re.fullmatch(r"\d+\.\d\d", price) and float(price) > 0 for price in product["price"].values())
    assert not product.get("variants") or product["variant"] in product["variants"]
    picture = PICTURES / product["image"]
    assert picture.stat().st_size < 20_000
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert shop.get(f"/pictures/{product['image']}").headers["content-type"] == "image/png"


def test_no_picture_is_without_its_product() -> None:
    assert {picture.name for picture in PICTURES.iterdir()} == {product["image"] for product in PRODUCTS}


def test_the_shops_words_are_the_same_in_three_languages() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node (18 or later) is needed to read the demo's words: install it, for example with `apt install nodejs`")
    script = f"import({json.dumps((HERE / 'pages' / 'words.js').as_uri())}).then((m) => console.log(JSON.stringify(m.WORDS)))"
    ran = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=60, check=True)

    words = json.loads(ran.stdout)

    assert words.keys() == LANGUAGES
    assert words["en"].keys() == words["pl"].keys() == words["bg"].keys()
    assert all(text.strip() for one in words.values() for text in one.values())
    used = set(re.findall(r"\bwords\.([a-z]+)\b", (HERE / "pages" / "shop.js").read_text("utf-8")))
    assert used - {"js"} <= words["en"].keys()
    assert {product["category"] for product in PRODUCTS} <= words["en"].keys()
    assert [key for key, text in words["bg"].items() if not re.search("[а-яА-Я]", text)] in ([], ["blik"])


# --- what its server does ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["anna@x.pl", "  Anna@X.PL "])
def test_the_server_proves_an_address_as_wraca_checks_it(shop: TestClient, typed: str) -> None:
    proof = shop.post("/api/contact", json={"email": typed}).json()["proof"]

    assert proof == hmac.new(b"the-shops-secret", b"anna@x.pl", hashlib.sha256).hexdigest()


class Listener(BaseHTTPRequestHandler):
    """Takes what the shop's server reports."""

    heard: list[tuple[str, str, dict[str, Any]]]

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.heard.append((self.path, self.headers["authorization"], said))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def wraca_that_listens() -> Iterator[tuple[str, list[tuple[str, str, dict[str, Any]]]]]:
    Listener.heard = []
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Listener.heard
        finally:
            server.shutdown()


def test_the_server_reports_an_order_with_its_own_key_and_number() -> None:
    with wraca_that_listens() as (url, heard), TestClient(shop_app(config(url))) as shop:
        number = shop.post("/api/order", json={"order": {"total": "20.00", "order_id": "mine"}, "anonymousId": "a1"}).json()[
            "order"
        ]
        heartbeat(config(url))

    (path, key, order), (_, _, beat) = heard
    assert (path, key) == ("/v1/track", "Basic d3NfZGVtbzo=")
    assert (order["event"], order["properties"]["order_id"], order["anonymousId"]) == ("Order Completed", number, "a1")
    assert number.startswith("D-")
    assert beat["event"] == "Order Feed Checked"
    assert order["timestamp"].startswith("2026-11-18T")


# --- the mailbox -------------------------------------------------------------------------------------------------------------


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """The mailbox's own mail server on a free port, in a loop of its own."""
    box, loop = Mailbox(lambda: NOW), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(box.listen(0), loop).result(10)
    try:
        yield box, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hello@parrot.example", "anna@x.pl", "Zażółć gęślą jaźń"
    message.set_content(".\n..\n.a line that begins with a dot\n.\nthe end\n")
    message.add_alternative('<html><head></head><body><p>Здравей</p><a href="/x">.</a></body></html>', subtype="html")
    return message


def test_a_mail_with_dots_arrives_whole_and_is_shown() -> None:
    with mailbox() as (box, port):
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as sender:
            for to in ("anna@x.pl", "boris@x.pl"):  # two over one connection
                sender.send_message(letter(), to_addrs=[to])
        with TestClient(Starlette(routes=list(mailbox_routes(box)))) as pages:
            listed = pages.get("/mailbox/list").json()
            shown, missing = pages.get("/mailbox/1"), pages.get("/mailbox/3")
            page = pages.get("/mailbox")

    assert [(one["number"], one["to"], one["at"]) for one in listed] == [(2, "boris@x.pl", NOW), (1, "anna@x.pl", NOW)]
    assert listed[1]["text"].splitlines() == [".", "..", ".a line that begins with a dot", ".", "the end"]
    assert listed[1]["subject"] == "Zażółć gęślą jaźń"
    assert "Здравей" in shown.text
    assert '<base target="_blank">' in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert (missing.status_code, page.status_code) == (404, 200)


def test_a_sender_that_hangs_up_in_the_middle_disturbs_nobody() -> None:
    with mailbox() as (box, port):
        rude = smtplib.SMTP("127.0.0.1", port, timeout=10)
        rude.docmd("MAIL FROM:<a@x.pl>")
        rude.close()
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as sender:
            sender.send_message(letter())

    assert [mail.recipients for mail in box.mails] == [("anna@x.pl",)]

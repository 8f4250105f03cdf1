"""Every door of the edge, tried with a browser's key: it appends events and opens nothing else."""

import base64
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.edge.pretend import BROWSER, ORIGIN, TOKEN, Behind
from wraca.app.links import own_address
from wraca.domain.ids import ShopId
from wraca.domain.shop import Shop
from wraca.edge import edge_app
from wraca.edge.collect import BATCHES, CALLS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "SEARCH")
KEYED = {"Authorization": "Basic " + base64.b64encode(f"{BROWSER}:".encode()).decode(), "Origin": ORIGIN}
COLLECT = {f"/v1/{path}" for path in (*BATCHES, *CALLS)}
ASKING = {"/v1/decide", "/v1/shown", "/v1/capture"}  # what the shop's pages show; no answer names a person
PRIVATE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
SHOP = Shop(ShopId("a" * 32), 0, "Shop", "shop.example")


def doors() -> Iterator[tuple[str, Route]]:
    """Every route of the application with a path that fits it, so that a new route is tried from its first day."""
    for route in edge_app(Behind().services()).routes:
        assert isinstance(route, Route)
        for token in ("guessed-token-0123456789", BROWSER, "*"):
            yield route.path.replace("{token}", token).replace("{index:int}", "0").replace("{reason}", "price"), route


def test_the_list_of_doors_is_the_whole_of_it() -> None:
    paths = {route.path for _, route in doors()}

    assert paths >= COLLECT
    assert len(paths - COLLECT - ASKING) == 16, (
        "a new route: is it safe in the hands of everybody who can read the shop's page source?"
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_browser_key_opens_nothing_but_collecting(behind: Behind, method: str) -> None:
    opened = set()
    with TestClient(edge_app(behind.services()), follow_redirects=False) as client:
        client.post("/v1/t", headers=KEYED, json={"event": "Secret Viewed", "anonymousId": "s", "properties": {"a": "canary"}})
        for path, _route in doors():
            with_key = client.request(method, path, headers=KEYED, content=b"{}")
            without = client.request(method, path, headers={"Origin": ORIGIN}, content=b"{}")
            assert "canary" not in with_key.text
            assert with_key.status_code < 500
            if with_key.status_code != without.status_code:
                opened.add((method, path))
            if with_key.is_success and path not in COLLECT and not path.startswith(("/sdk/", "/healthz", "/metrics", "/o/", "/n/")):
                assert method in {"HEAD", "OPTIONS"}
                assert with_key.content == b""

    assert {path for _, path in opened} <= COLLECT | ASKING
    assert not opened or method == "POST"
    assert behind.silenced == set()
    assert behind.hits == []
    assert method == "POST" or len(behind.committed) == 1


@pytest.mark.parametrize("query", ["", "?key={key}", "?writeKey={key}", "?access_token={key}&all=1"])
def test_a_key_in_an_address_is_no_key(client: TestClient, behind: Behind, query: str) -> None:
    call = {"event": "Viewed", "anonymousId": "a"}

    answer = client.post("/v1/t" + query.format(key=BROWSER), headers={"Origin": ORIGIN}, json=call)

    assert answer.status_code == 401
    assert behind.committed == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/r/{}", "/c/{}/0", "/u/{}", "/o/{}", "/c/{}/999", "/w/{}", "/w/{}/price"])
@pytest.mark.parametrize("token", [TOKEN, "unknown-token-0123456789", "short~"])
def test_no_page_behind_a_token_is_kept_indexed_or_told_to_others(client: TestClient, method: str, path: str, token: str) -> None:
    answer = client.request(method, path.format(token))

    if answer.status_code == 405:
        assert answer.headers["Cache-Control"] == "no-store"
        return
    assert {name: answer.headers[name] for name in PRIVATE} == PRIVATE
    assert "set-cookie" not in answer.headers
    assert token not in answer.text


def test_a_busy_or_unknown_page_keeps_its_token_to_itself_too(client: TestClient, behind: Behind) -> None:
    behind.busy = True

    for path in (f"/r/{TOKEN}", f"/c/{TOKEN}/0", f"/w/{TOKEN}", f"/nowhere/{TOKEN}"):
        answer = client.get(path)
        assert answer.status_code in {404, 503}
        assert {name: answer.headers[name] for name in PRIVATE} == PRIVATE


# --- X25: addresses that lead elsewhere --------------------------------------------------------------------------------------

EVIL = (
    "//evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https:///evil.example",
    "https://evil.example",
    "https://shop.example@evil.example/",
    "https://shop.example:pw@evil.example/",
    "https://evil.example\\@shop.example/",
    "https://evil.example\\.shop.example/",
    "https://evil.example#@shop.example/",
    "https://evil.example?.shop.example/",
    "https://evilshop.example/",
    "https://shop.example.evil.example/",
    "https://shop.example。evil.example/",
    "https://evil.example／.shop.example/",
    "https://evil.example%2f.shop.example/",
    "https://evil.example%00.shop.example/",
    "https://evil.example\t.shop.example/",
    "https://evil.example\r\nLocation: x.shop.example/",
    "https://[::1]/",
    "https://2130706433/",
    "https://ｓhop.example/",
    "javascript:alert(1)//shop.example",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,shop.example",
    "vbscript:x",
    "file://shop.example/etc/passwd",
    " https://evil.example",
    "\x00https://shop.example/",
    "%2f%2fevil.example",
)
pieces = st.sampled_from(
    [
        "https",
        "http",
        ":",
        "/",
        "//",
        "\\",
        "@",
        "#",
        "?",
        "%2f",
        "%00",
        "\t",
        "\n",
        ".",
        "。",
        "evil.example",
        "shop.example",
        "www.",
        "[",
        "]",
        ":443",
        "a",
    ]
)


@pytest.mark.parametrize("address", EVIL)
def test_no_address_leads_out_of_the_shop(address: str) -> None:
    assert own_address(SHOP, address) == ""


@pytest.mark.parametrize(
    "address", ["https://shop.example/", "http://shop.example", "https://www.shop.example/a?b=//evil.example#c"]
)
def test_the_shops_own_addresses_are_taken_as_they_are(address: str) -> None:
    assert own_address(SHOP, address) == address


@settings(max_examples=500)
@given(st.lists(pieces, max_size=9).map("".join) | st.text(max_size=40).map("https://{}".format))
@example("https://shop.example")
def test_whatever_passes_is_read_as_the_shops_by_every_reader(address: str) -> None:
    passed = own_address(SHOP, address)

    if passed:
        # As RFC 3986 reads it, and as browsers do: a backslash is a slash, tabs and line ends are not there, spaces are cut.
        for reading in (address, address.replace("\\", "/"), "".join(one for one in address if one not in "\t\r\n").strip()):
            host = urlsplit(reading).hostname or ""
            assert host == "shop.example" or host.endswith(".shop.example")
            assert urlsplit(reading).scheme in {"http", "https"}
            assert "@" not in urlsplit(reading).netloc


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(EVIL), st.sampled_from(["url", "u", "next", "to", "redirect", "target"]))
def test_nothing_in_a_request_changes_where_a_link_leads(client: TestClient, behind: Behind, evil: str, name: str) -> None:
    asked = client.get(f"/c/{TOKEN}/0", params={name: evil}, headers={"X-Forwarded-Host": "evil.example", "Referer": "//evil"})
    assert asked.headers["location"] == behind.target

    for path in (
        f"/c/{TOKEN}/0/",
        f"/c//{TOKEN}/0",
        f"//evil.example/c/{TOKEN}/0",
        "/c/%2f%2fevil.example/0",
        f"/c/{TOKEN}/0%2f..",
    ):
        answer = client.get(path)
        assert "evil" not in answer.headers.get("location", "")
        assert answer.status_code in {302, 307, 404}

"""What the shop's pages ask of the edge: by whom, how often, and what never happens by itself."""

import json

import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import APP, BROWSER, NOW, ORIGIN, SERVER, TOKEN, Behind
from wraca.edge import Limits, edge_app

PAGE = {"url": "https://shop.example/p/lamp?email=anna@example.com"}


def ask(client: TestClient, path: str, key: str = BROWSER, origin: str = ORIGIN, **said: object) -> tuple[int, dict[str, object]]:
    body = json.dumps({"writeKey": key, "anonymousId": "a1", "page": PAGE, **said})
    answer = client.post(path, content=body, headers={"Content-Type": "text/plain", **({"Origin": origin} if origin else {})})
    return answer.status_code, answer.json()


def test_a_page_asks_and_only_its_path_is_passed_on(client: TestClient, behind: Behind) -> None:
    status, said = ask(
        client,
        "/v1/decide",
        trigger="exit",
        device="phone",
        refused=["bar", "old@1000", f"hello@{NOW + 1}"],
        userId="anna",
        language="pl-PL",
    )

    assert (status, said["load"]) == (200, ["popup"])
    [(_, asked)] = behind.asked
    assert (asked.path, asked.trigger, asked.device, asked.refused) == ("/p/lamp", "exit", "phone", ("bar", "hello"))


@pytest.mark.parametrize("path", ["/v1/decide", "/v1/shown", "/v1/capture"])
def test_only_pages_of_the_shop_may_ask(client: TestClient, behind: Behind, path: str) -> None:
    said = {"id": "p:exit", "what": "shown", "name": "exit", "address": "anna@x.pl"}
    assert ask(client, path, origin="https://evil.example", **said)[0] == 403
    assert ask(client, path, key="wb_unknown", **said)[0] == 401
    assert ask(client, path, origin="", key=APP, **said)[0] == 200
    assert ask(client, path, origin="", key=SERVER, **said)[0] == 200
    preflight = client.options(path, headers={"Origin": ORIGIN})
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in client.options(path, headers={"Origin": "https://evil.example"}).headers


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"writeKey": "wb_browser"}', b'{"writeKey":"wb_browser","anonymousId":7}', b"\xff"]
)
@pytest.mark.parametrize("path", ["/v1/decide", "/v1/shown", "/v1/capture"])
def test_an_odd_body_is_refused_and_reaches_nobody(client: TestClient, behind: Behind, path: str, body: bytes) -> None:
    assert client.post(path, content=body, headers={"Origin": ORIGIN}).status_code in (400, 401)
    assert (behind.asked, behind.deeds, behind.wishes) == ([], [], [])


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    assert ask(client, "/v1/decide", language="x" * 9_000)[0] == 413


def test_a_database_that_is_away_is_told_as_busy(client: TestClient, behind: Behind) -> None:
    behind.busy = True
    assert ask(client, "/v1/decide")[0] == 503


def test_who_asks_without_end_is_told_to_wait(client: TestClient) -> None:
    assert {ask(client, "/v1/decide")[0] for _ in range(150)} == {200, 429}


def test_a_form_is_passed_on_without_the_query_of_its_page(client: TestClient, behind: Behind) -> None:
    assert ask(client, "/v1/capture", name="exit", address=" anna@x.pl", ticked=True) == (200, {"success": True})
    assert ask(client, "/v1/capture", name="exit", address="anna") == (200, {"success": False, "code": "bad_address"})
    assert behind.wishes[0].page == "https://shop.example/p/lamp"
    assert behind.wishes[0].ticked


def test_one_mailbox_gets_few_messages_and_nobody_learns_of_it(behind: Behind) -> None:
    with TestClient(edge_app(behind.services())) as client:
        answers = [ask(client, "/v1/capture", key=SERVER, name="exit", address="Anna@x.pl") for _ in range(5)]
    assert answers == [(200, {"success": True})] * 5
    assert len(behind.wishes) == 3


def test_one_sender_may_not_try_mailbox_after_mailbox(client: TestClient, behind: Behind) -> None:
    statuses = [ask(client, "/v1/capture", name="exit", address=f"p{n}@x.pl")[0] for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert len(behind.wishes) == 5


def test_looking_at_a_confirmation_changes_nothing(client: TestClient, behind: Behind) -> None:
    for method in ("GET", "HEAD"):
        page = client.request(method, f"/y/{TOKEN}")
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in page.headers["content-security-policy"]
    text = client.get(f"/y/{TOKEN}").text
    assert "Przysyłajcie mi &lt;b&gt;wszystko&lt;/b&gt;" in text
    assert "b***@x.pl" in text
    assert behind.said == []


@pytest.mark.parametrize(
    ("form", "word"), [({"confirm": "yes"}, "yes"), ({"confirm": "no"}, "no"), ({"List-Unsubscribe": "One-Click"}, "no")]
)
def test_only_a_plain_yes_confirms(client: TestClient, behind: Behind, form: dict[str, str], word: str) -> None:
    assert client.post(f"/y/{TOKEN}", data=form).status_code == 200
    assert behind.said == [word]


def test_an_unknown_confirmation_is_a_page_of_its_own(client: TestClient) -> None:
    assert client.get("/y/unknown-token-0123456789").status_code == 404
    assert client.post("/y/unknown-token-0123456789", data={"confirm": "yes"}).status_code == 404


def test_the_parts_of_the_script_are_served_and_nothing_else(client: TestClient) -> None:
    part = client.get("/sdk/popup.js")
    assert (part.status_code, part.headers["content-type"].split(";")[0]) == (200, "text/javascript")
    assert client.get("/sdk/popup.js", headers={"If-None-Match": part.headers["etag"]}).status_code == 304
    for path in ("/sdk/wraca.css", "/sdk/other.js", "/sdk/popup.py", "/sdk/..%2f..%2fpyproject.toml"):
        assert client.get(path).status_code == 404


def test_a_limit_of_its_own_does_not_stop_events(behind: Behind) -> None:
    assert Limits().browser_body > 8 * 1024
    assert behind.services().on_pages is not None

"""Web push asked for over HTTP: by whom, what is refused, and what never reaches anybody."""

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import BROWSER, NOW, ORIGIN, SERVER, Behind
from wraca.app.subscribing import Subscribers, Verdict, Wish
from wraca.domain.ids import ShopId
from wraca.edge import edge_app
from wraca.ports.pushing import Invitation

Said: TypeAlias = Any  # a field of the body
SUBSCRIPTION = {"endpoint": "https://fcm.googleapis.com/fcm/send/1", "keys": {"p256dh": "p", "auth": "a"}, "expirationTime": None}


class Pretend(Subscribers):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.wishes: list[tuple[str, Wish]] = []
        self.left: list[str] = []

    def invite(self, shop_id: ShopId, language: str) -> Invitation | None:
        words = {"title": "T", "text": "X", "yes": "Y", "no": "N"}
        return Invitation("key", "id", words, language, "T X [Y]", "1") if language != "xx" else None

    def subscribe(self, shop_id: ShopId, wish: Wish, now: int) -> Verdict:
        assert now == NOW
        self.wishes.append(("subscribe", wish))
        return "taken" if wish.version == "1" else "outdated"

    def renew(self, shop_id: ShopId, wish: Wish, now: int) -> Verdict:
        self.wishes.append(("renew", wish))
        return "unknown"

    def leave(self, shop_id: ShopId, endpoint: str, now: int) -> Verdict:
        self.left.append(endpoint)
        return "taken"


@pytest.fixture
def pushes() -> Pretend:
    return Pretend()


@pytest.fixture
def client(behind: Behind, pushes: Pretend) -> Iterator[TestClient]:
    with TestClient(edge_app(msgspec.structs.replace(behind.services(), pushes=pushes))) as opened:
        yield opened


def say(client: TestClient, key: str = BROWSER, origin: str = ORIGIN, **said: Said) -> tuple[int, dict[str, object]]:
    body = json.dumps({"writeKey": key, "anonymousId": "a1", "page": {"url": f"{ORIGIN}/p?email=anna@x.pl#top"}, **said})
    answer = client.post("/v1/push", content=body, headers={"Content-Type": "text/plain", "Origin": origin})
    return answer.status_code, answer.json()


def test_a_page_learns_how_to_ask_and_nothing_more(client: TestClient) -> None:
    status, said = say(client, act="ask", language="pl")
    assert status == 200
    assert set(said) == {"success", "key", "keyId", "words", "language", "version", "fromView", "byItself"}
    assert say(client, act="ask", language="xx")[1] == {"success": False, "code": "not_connected"}


def test_a_yes_is_passed_on_without_the_query_of_its_page(client: TestClient, pushes: Pretend) -> None:
    said: dict[str, Any] = {"act": "subscribe", "subscription": SUBSCRIPTION, "keyId": "id", "language": "pl"}
    assert say(client, **said, version="1") == (200, {"success": True})
    assert say(client, **said, version="0") == (200, {"success": False, "code": "outdated"})
    [(_, wish), _] = pushes.wishes
    assert (wish.page, wish.subscription.key_id, wish.anonymous_id) == (f"{ORIGIN}/p", "id", "a1")


def test_only_pages_of_the_shop_may_speak(client: TestClient, pushes: Pretend) -> None:
    said: dict[str, Any] = {"act": "subscribe", "subscription": SUBSCRIPTION, "version": "1"}
    assert say(client, origin="https://evil.example", **said)[0] == 403
    assert say(client, key="wb_unknown", **said)[0] == 401
    assert pushes.wishes == []
    assert say(client, key=SERVER, origin="", **said)[0] == 200
    assert client.options("/v1/push", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "odd",
    [
        {"act": "subscribe"},
        {"act": "nonsense", "subscription": SUBSCRIPTION},
        {"act": "subscribe", "subscription": {"endpoint": "x" * 3_000}},
        {"act": "renew", "subscription": SUBSCRIPTION, "anonymousId": ""},
        {"act": "leave", "subscription": "no"},
    ],
)
def test_an_odd_body_reaches_nobody(client: TestClient, pushes: Pretend, odd: dict[str, Any]) -> None:
    assert say(client, **odd)[0] == 400
    assert (pushes.wishes, pushes.left) == ([], [])


def test_to_leave_nobody_needs_a_name(client: TestClient, pushes: Pretend) -> None:
    assert say(client, act="leave", subscription={"endpoint": SUBSCRIPTION["endpoint"]}, anonymousId="") == (200, {"success": True})
    assert pushes.left == [SUBSCRIPTION["endpoint"]]


def test_who_asks_without_end_is_told_to_wait(client: TestClient) -> None:
    assert {say(client, act="ask")[0] for _ in range(40)} == {200, 429}


def test_scripts_may_be_passed_on_from_any_path_of_a_shop(client: TestClient) -> None:
    assert client.get("/sdk/popup.js").headers["service-worker-allowed"] == "/"

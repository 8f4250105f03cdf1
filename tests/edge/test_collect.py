"""Events in over HTTP: who may send, what is answered, what is kept."""

import base64
import gzip
import json
import zlib

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import APP, BROWSER, ORIGIN, SERVER, Behind
from wraca.domain.events import LineAdded
from wraca.edge import Limits, Rate, edge_app
from wraca.edge.collect import BATCHES, CALLS


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def added(name: str, /, **properties: object) -> dict[str, object]:
    return {
        "type": "track",
        "event": "Product Added",
        "messageId": name,
        "anonymousId": "anon-1",
        "properties": {"product_id": "p1", "price": "19.99", **properties},
    }


def test_a_batch_is_answered_after_it_is_committed(client: TestClient, behind: Behind) -> None:
    answer = client.post("/v1/batch", headers=basic(SERVER), json={"batch": [added("m1"), added("m2")]})

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [event.body.line.price for event in behind.committed if isinstance(event.body, LineAdded)] == [1999, 1999]


def test_the_good_events_of_a_batch_are_kept_and_the_bad_ones_named(client: TestClient, behind: Behind) -> None:
    batch = [added("m1"), added("m2", price="19,99 zł"), {"type": "track", "messageId": "m3"}, added("m1")]

    answer = client.post("/v1/batch", headers=basic(SERVER), json={"batch": batch})

    told = answer.json()
    assert answer.status_code == 400
    assert (told["success"], told["accepted"], told["duplicates"]) == (False, 2, 1)
    assert [(one["index"], one["messageId"], one["field"]) for one in told["rejected"]] == [
        (1, "m2", "properties.price"),
        (2, "m3", "event"),
    ]
    assert all(one["reason"].endswith(".") for one in told["rejected"])
    assert len(behind.committed) == 1


@pytest.mark.parametrize("path", [*CALLS, *BATCHES])
def test_every_path_of_every_segment_client_is_open(client: TestClient, behind: Behind, path: str) -> None:
    call = {"event": "Product Viewed", "anonymousId": "a1", "userId": "u1", "previousId": "old", "groupId": "g", "messageId": path}
    content = {"batch": [{**call, "type": "track"}]} if path in BATCHES else call

    assert client.post(f"/v1/{path}", headers=basic(SERVER), json=content).status_code == 200
    assert len(behind.committed) == 1


def test_a_beacon_sends_its_key_in_a_plain_text_body(client: TestClient) -> None:
    body = json.dumps({"batch": [added("m1")], "writeKey": BROWSER})

    answer = client.post("/v1/batch", headers={"Content-Type": "text/plain", "Origin": ORIGIN}, content=body)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "", "null", "https://shop.example.evil.example", "http://shop.example"])
def test_a_browser_key_works_from_its_shop_only(client: TestClient, behind: Behind, origin: str) -> None:
    answer = client.post("/v1/batch", headers={**basic(BROWSER), "Origin": origin}, json={"batch": [added("m1")]})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert behind.committed == []


def test_an_app_key_needs_no_origin(client: TestClient) -> None:
    assert client.post("/v1/batch", headers=basic(APP), json={"batch": [added("m1")]}).status_code == 200


@pytest.mark.parametrize("headers", [{}, basic("wrong"), {"Authorization": "Basic %%%"}, {"Authorization": "Bearer x"}, basic("")])
def test_an_unknown_key_is_refused(client: TestClient, behind: Behind, headers: dict[str, str]) -> None:
    answer = client.post("/v1/batch", headers=headers, json={"batch": [added("m1")]})

    assert answer.status_code == 401
    assert behind.committed == []


def test_a_preflight_tells_only_known_pages_that_they_may_ask(client: TestClient) -> None:
    known = client.options("/v1/t", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    stranger = client.options("/v1/t", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})

    assert known.headers["access-control-allow-origin"] == ORIGIN
    assert "Authorization" in known.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in stranger.headers
    assert "access-control-allow-credentials" not in known.headers


def test_a_key_is_looked_up_once_in_five_seconds(client: TestClient, behind: Behind) -> None:
    for number in range(5):
        client.post("/v1/batch", headers=basic(SERVER), json={"batch": [added(f"m{number}")]})

    assert behind.look_ups == 1


def test_preflights_do_not_reach_the_database_one_by_one(client: TestClient, behind: Behind) -> None:
    for _ in range(5):
        client.options("/v1/t", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})

    assert behind.look_ups == 1


def test_a_gzip_body_is_unpacked(client: TestClient, behind: Behind) -> None:
    body = gzip.compress(json.dumps({"batch": [added("m1")]}).encode())

    answer = client.post("/v1/batch", headers={**basic(SERVER), "Content-Encoding": "gzip"}, content=body)

    assert answer.status_code == 200
    assert len(behind.committed) == 1


def test_a_gzip_bomb_is_refused_before_it_goes_off(client: TestClient) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    assert len(bomb) < 512 * 1024

    answer = client.post("/v1/batch", headers={**basic(SERVER), "Content-Encoding": "gzip"}, content=bomb)

    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"batch": 3}', b"\xff\xfe", b"[" * 50_000, b'{"batch":' + b"[" * 50_000])
def test_an_unreadable_body_is_told_what_to_be(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/batch", headers=basic(SERVER), content=body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable"


@pytest.mark.parametrize("body", [b"gzip?", gzip.compress(b"{}", mtime=0)[:-4], b""])
def test_a_broken_gzip_body_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/batch", headers={**basic(SERVER), "Content-Encoding": "gzip"}, content=body)

    assert answer.status_code == 400


def test_a_browser_may_send_less_than_a_server(client: TestClient) -> None:
    large = {"batch": [added(f"m{number}", name="x" * 900) for number in range(80)]}
    many = {"batch": [{"type": "page", "anonymousId": "a"}] * 101}

    from_browser = [
        client.post("/v1/b", headers={**basic(BROWSER), "Origin": ORIGIN}, json=batch).status_code for batch in (large, many)
    ]
    from_server = [client.post("/v1/b", headers=basic(SERVER), json=batch).status_code for batch in (large, many)]

    assert from_browser == [413, 400]
    assert from_server == [200, 200]


def test_one_oversized_event_does_not_spoil_its_batch(client: TestClient) -> None:
    answer = client.post("/v1/batch", headers=basic(SERVER), json={"batch": [added("m1"), added("m2", note="x" * 40_000)]})

    assert answer.status_code == 400
    assert answer.json()["accepted"] == 1


def test_who_goes_too_fast_is_told_when_to_come_back() -> None:
    behind = Behind(limits=Limits(per_visitor=Rate(0.001, 3)))
    with TestClient(edge_app(behind.services())) as client:
        headers = {**basic(BROWSER), "Origin": ORIGIN}
        answers = [client.post("/v1/batch", headers=headers, json={"batch": [added(f"m{n}")]}) for n in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].headers["access-control-allow-origin"] == ORIGIN


def test_guessing_keys_stops_reaching_the_database() -> None:
    behind = Behind(limits=Limits(misses=Rate(0.001, 10)))
    with TestClient(edge_app(behind.services())) as client:
        answers = [client.post("/v1/batch", headers=basic(f"guess{n}"), json={"batch": []}).status_code for n in range(30)]

    assert answers == [401] * 10 + [429] * 20
    assert behind.look_ups <= 10


def test_a_database_that_cannot_write_means_come_back_later(client: TestClient, behind: Behind) -> None:
    behind.busy = True

    answer = client.post("/v1/batch", headers=basic(SERVER), json={"batch": [added("m1")]})

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_an_unexpected_failure_gives_an_id_and_no_trace(client: TestClient, behind: Behind) -> None:
    behind.poison = "Product Added"

    answer = client.post("/v1/batch", headers=basic(SERVER), json={"batch": [added("m1")]})

    assert answer.status_code == 500
    assert "error " in answer.json()["message"]
    assert "Traceback" not in answer.text
    assert "digest" not in answer.text
    assert behind.parked == [("a" * 32, 1)]


@pytest.mark.parametrize("path", ["/v1/", "/v1/deciding", "/v1/nothing", "/admin", "/v1/batch/x", "/.env"])
def test_a_wrong_path_is_not_found_with_a_key_or_without(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, headers=basic(BROWSER)).status_code == 404


def test_a_browser_key_reads_nothing(client: TestClient) -> None:
    for path in ("/v1/batch", "/v1/track", "/v1/identify"):
        assert client.get(path, headers=basic(BROWSER)).status_code == 405


def test_a_single_call_in_a_batch_shape_does_not_break_the_answer(client: TestClient) -> None:
    answer = client.post("/v1/track", headers=basic(SERVER), json={"batch": [], "event": ""})

    assert answer.status_code == 400
    assert answer.json()["rejected"][0]["field"] == "event"


def test_the_snippet_health_and_metrics_are_served(client: TestClient, behind: Behind) -> None:
    snippet = client.get("/sdk/wraca.js")
    assert snippet.text == "window.wraca={};"
    assert snippet.headers["content-type"].startswith("text/javascript")
    assert client.get("/sdk/wraca.js", headers={"If-None-Match": snippet.headers["etag"]}).status_code == 304
    assert client.get("/metrics").text.startswith("# HELP")
    assert client.get("/healthz").status_code == 200
    behind.busy = True
    assert client.get("/healthz").status_code == 503


def test_nothing_that_stays_wrong_carries_a_status_that_clients_repeat() -> None:
    from wraca.edge.errors import _STATUS

    repeated = {408, 410, 429, 460}
    for code, status in _STATUS.items():
        assert (status in repeated or status >= 500) == (code in {"too_fast", "busy", "internal"}), code


def test_event_values_survive_the_way_through_storage_shape(client: TestClient, behind: Behind) -> None:
    client.post("/v1/batch", headers=basic(SERVER), json={"batch": [added("m1", odd="\u0000kept", deep={"a": [1, {"b": None}]})]})

    event = behind.committed[0]
    assert event.raw["odd"] == "kept"
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event

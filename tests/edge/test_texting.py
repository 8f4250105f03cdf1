"""Providers call: only who knows the shop's secret path is heard, and by its public address."""

import msgspec
from starlette.testclient import TestClient

from tests.edge.pretend import Behind
from wraca.app.texting import Taken
from wraca.edge import edge_app
from wraca.edge.services import OnCalls
from wraca.ports.texting import Call

SECRET = "5" * 64
PATH = f"/hooks/sms/smsapi/{SECRET}"


class Heard:
    """What came through, and what is answered."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Call]] = []

    def hear(self, channel: str, provider: str, secret: str, call: Call, _now: int) -> Taken | None:
        if secret != SECRET:
            return None
        self.calls.append((channel, provider, call))
        return Taken("<Response></Response>", "text/xml; charset=utf-8")


def opened(heard: Heard) -> TestClient:
    calls = OnCalls(heard.hear, "https://wraca.shop.example/", lambda: "it is us")
    services = msgspec.structs.replace(Behind().services(), on_calls=calls)
    return TestClient(edge_app(services), follow_redirects=False, raise_server_exceptions=False)


def test_a_call_is_heard_in_every_form_and_under_the_public_address() -> None:
    heard = Heard()
    with opened(heard) as client:
        answers = [
            client.get(
                PATH + "?MsgId=1&status=404&m=" + "a" * 32, headers={"Host": "10.0.0.7:8000", "X-Forwarded-Host": "evil.example"}
            ),
            client.post(PATH, data={"From": "+48601234567", "Body": "STOP"}),
            client.post(PATH, json={"id": 7, "status": "delivered", "nested": {"a": 1}}),
        ]
    assert [(one.status_code, one.text, one.headers["content-type"]) for one in answers] == [
        (200, "<Response></Response>", "text/xml; charset=utf-8")
    ] * 3
    by_get, by_form, by_json = (call for _, _, call in heard.calls)
    assert by_get.url == f"https://wraca.shop.example{PATH}?MsgId=1&status=404&m=" + "a" * 32
    assert by_get.query["status"] == "404"
    assert by_form.form == {"From": "+48601234567", "Body": "STOP"}
    assert by_json.form == {"id": "7", "status": "delivered"}


def test_everything_else_is_not_there() -> None:
    heard = Heard()
    with opened(heard) as client:
        for path in (f"/hooks/sms/smsapi/{'6' * 64}", f"/hooks/email/smsapi/{SECRET}", "/hooks/sms/smsapi/short", "/hooks/sms"):
            assert client.get(path).status_code == 404
        assert client.head(PATH).status_code == 404
        assert client.put(PATH).status_code == 405
    assert not heard.calls


def test_who_guesses_is_slowed_down() -> None:
    with opened(Heard()) as client:
        statuses = [client.get(f"/hooks/sms/smsapi/{number:064x}").status_code for number in range(80)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_a_body_without_end_or_sense_is_refused_or_ignored() -> None:
    heard = Heard()
    with opened(heard) as client:
        assert client.post(PATH, content=b"x" * 70_000, headers={"Content-Type": "text/plain"}).status_code == 413
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/xml", "multipart/form-data"):
            assert client.post(PATH, content=b"\xff{[&&=" + b"a&" * 500, headers={"Content-Type": kind}).status_code == 200
    assert all(isinstance(call.form, dict) for _, _, call in heard.calls)


def test_a_short_host_can_be_known_as_ours() -> None:
    with opened(Heard()) as client:
        assert client.get("/hooks/here").text == "it is us"

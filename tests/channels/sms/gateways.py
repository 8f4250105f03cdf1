"""Fakes of the providers: each takes messages as its documentation says, and misbehaves on demand."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from wraca.channels.sms import SmsChannel
from wraca.channels.sms.wire import Wire
from wraca.egress import Egress
from wraca.ports.channel import Links, Outgoing, Recipient, Sender
from wraca.testing.contracts.channel import Behaviour

NUMBER = "+48601234567"
Answer = tuple[int, Any]


class Gateway:
    """Listens on 127.0.0.1 while open. A provider's fake says what each behaviour answers; `asked` are the requests in order."""

    provider = ""
    knows_keys = False
    settings: ClassVar[Mapping[str, object]] = {}
    broken: ClassVar[Mapping[str, object]] = {}

    def __init__(self) -> None:
        self.how: Behaviour = "takes"
        self.script: list[Answer] = []  # raw answers that go before everything else
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._taken: list[str] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        gateway = self

        class Desk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                gateway.serve(self, self.rfile.read(int(self.headers["Content-Length"] or 0)))

            def do_GET(self) -> None:
                gateway.serve(self, b"")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.channel = SmsChannel(Wire(Egress(loopback=True), {self.provider: self.address}))
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown()
            self._server.server_close()

    def behave(self, how: Behaviour) -> None:
        self.how = how
        if how == "is_away":
            with socket.create_server(("127.0.0.1", 0)) as closed:
                nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
            self.channel._wire = Wire(Egress(loopback=True), {self.provider: nowhere})
        else:
            self.channel._wire = Wire(Egress(loopback=True), {self.provider: self.address})

    def taken(self) -> list[str]:
        return list(self._taken)

    def message(self, key: str, **settings: object) -> Outgoing:
        return message(key, {**self.settings, "provider": self.provider, **settings})

    def serve(self, desk: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            fields = self.read(desk.headers.get("Content-Type", ""), desk.path, body)
            self.asked.append(fields)
            self.headers.append({name.lower(): value for name, value in desk.headers.items()})
            self.paths.append(desk.path)
            status, content = self.script.pop(0) if self.script else self.answer(fields)
        if content is None:
            desk.connection.shutdown(socket.SHUT_RDWR)
            return
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        desk.send_response(status)
        desk.send_header("Content-Length", str(len(raw)))
        if status in {429, 503}:
            desk.send_header("Retry-After", "7")
        desk.end_headers()
        desk.wfile.write(raw)

    @staticmethod
    def read(kind: str, path: str, body: bytes) -> dict[str, str]:
        if "json" in kind:
            return {name: str(value) for name, value in json.loads(body).items()}
        text = body.decode() or urlsplit(path).query
        return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def answer(self, fields: dict[str, str]) -> Answer:
        """What this behaviour says; a message that is taken is remembered."""
        if self.how in {"takes", "loses_answers"}:
            said = self.take(fields)
            return (200, None) if self.how == "loses_answers" else said
        return self.refusals()[self.how]

    def take(self, fields: dict[str, str]) -> Answer:
        raise AssertionError(fields)

    def refusals(self) -> Mapping[str, Answer]:
        raise AssertionError

    def remember(self, key: str) -> bool:
        """Whether it is new; where keys are known, a repeated one does not leave again."""
        if self.knows_keys and key in self._taken:
            return False
        self._taken.append(key)
        return True


class FakeSmsapi(Gateway):
    provider = "smsapi"
    knows_keys = True
    settings: ClassVar[Mapping[str, object]] = {"sender": "Sklep", "token": "secret-token-of-the-shop"}
    broken: ClassVar[Mapping[str, object]] = {"provider": "smsapi", "sender": "Sklep"}

    def take(self, fields: dict[str, str]) -> Answer:
        if not self.remember(fields["idx"]):
            return 200, {"error": 53, "message": "Not unique idx value"}
        item = {"id": f"SMS{len(self._taken)}", "points": 0.07, "number": fields["to"], "status": "QUEUE", "error": None}
        return 200, {"count": 1, "list": [item | {"idx": fields["idx"]}], "message": fields["message"], "length": 80, "parts": 1}

    def refusals(self) -> Mapping[str, Answer]:
        return {
            "refuses": (200, {"error": 11, "message": "bad message"}),
            "knows_no_such_address": (200, {"error": 13, "message": "No correct phone numbers 48601234567"}),
            "shuts_out": (401, {"error": 101, "message": "Authorization failed"}),
            "is_busy": (200, {"error": 203, "message": "Too many requests"}),
        }


class FakeSerwerSms(Gateway):
    provider = "serwersms"
    settings: ClassVar[Mapping[str, object]] = {"sender": "Sklep", "user": "webapi_sklep", "password": "password-of-the-shop"}
    broken: ClassVar[Mapping[str, object]] = {"provider": "serwersms", "sender": "Sklep", "user": "webapi_sklep"}

    def take(self, fields: dict[str, str]) -> Answer:
        self.remember(fields["unique_id"])
        item = {"id": f"a{len(self._taken)}", "phone": fields["phone"], "status": "queued", "parts": 1}
        return 200, {"success": True, "queued": 1, "unsent": 0, "items": [item]}

    def refusals(self) -> Mapping[str, Answer]:
        def unsent(code: int) -> Answer:
            return 200, {"success": True, "queued": 0, "unsent": 1, "items": [{"status": "unsent", "error_code": code}]}

        return {
            "refuses": unsent(2203),
            "knows_no_such_address": unsent(2200),
            "shuts_out": (200, {"error": {"code": 101, "type": "AuthError", "message": "bad login"}}),
            "is_busy": (429, {}),
        }


class FakeTwilio(Gateway):
    provider = "twilio"
    settings: ClassVar[Mapping[str, object]] = {
        "sender": "+48799448811",
        "account": "AC" + "0" * 32,
        "token": "auth-token-of-the-shop",
    }
    broken: ClassVar[Mapping[str, object]] = {"provider": "twilio", "sender": "Sklep", "account": "AC1", "token": "x"}

    def take(self, fields: dict[str, str]) -> Answer:
        self.remember(fields.get("StatusCallback", "") or fields["To"])
        return 201, {"sid": f"SM{len(self._taken):032x}", "status": "queued", "num_segments": "1"}

    def refusals(self) -> Mapping[str, Answer]:
        return {
            "refuses": (400, {"code": 21612, "message": "cannot be reached", "status": 400}),
            "knows_no_such_address": (400, {"code": 21211, "message": "Invalid 'To': +48601234567", "status": 400}),
            "shuts_out": (401, {"code": 20003, "message": "Authenticate", "status": 401}),
            "is_busy": (429, {"code": 20429, "message": "Too Many Requests", "status": 429}),
        }


class FakeHttp(Gateway):
    provider = "http"
    broken: ClassVar[Mapping[str, object]] = {
        "provider": "http",
        "sender": "Sklep",
        "http_url": "https://gw.example/send",
        "http_body": "to={to}",
    }

    @property
    def settings(self) -> Mapping[str, object]:  # type: ignore[override]
        return {
            "sender": "Sklep",
            "http_url": "https://gw.example/send",
            "http_headers": "X-Key: key-of-the-shop",
            "http_body": "dst={to_digits}&msg={text}&ref={key}&from={sender}&dlr={report_url}",
            "http_answer": "^OK",
            "http_reference": "id=([0-9]+)",
        }

    def take(self, fields: dict[str, str]) -> Answer:
        self.remember(fields.get("ref", ""))
        return 200, f"OK id={len(self._taken)}".encode()

    def refusals(self) -> Mapping[str, Answer]:
        return {"refuses": (200, b"ERR"), "shuts_out": (401, b""), "is_busy": (503, b""), "knows_no_such_address": (200, b"ERR")}


def message(key: str, settings: Mapping[str, object], number: str = NUMBER, **parts: Any) -> Outgoing:  # noqa: ANN401
    """A cart's reminder to a mobile phone."""
    usual: dict[str, Any] = {
        "key": key,
        "shop": "5" * 32,
        "recipient": Recipient(number),
        "sender": Sender("Sklep", ""),
        "template": "cart-waiting",
        "language": "pl",
        "facts": {"shop": {"name": "Sklep"}, "cart": {"total": 34_900, "currency": "PLN", "count": 1}},
        "links": Links("https://k.sklep.pl/r/" + "r" * 28, "https://k.sklep.pl/u/" + "u" * 28, report=report_url(key)),
        "settings": settings,
        "sent_at": 1_790_000_000_000,
        "deadline": 1_790_000_000_000 + 24 * 3_600_000,
    }
    return Outgoing(**(usual | parts))


def report_url(key: str) -> str:
    return f"https://wraca.sklep.pl/hooks/sms/twilio/{'5' * 64}?m={key}"


MAKERS: Mapping[str, Callable[[], Gateway]] = {each.provider: each for each in (FakeSmsapi, FakeSerwerSms, FakeTwilio, FakeHttp)}

"""A push service on loopback that takes messages for one browser, as strictly as real ones, and can read them like that browser."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import http_ece  # type: ignore[import-untyped]
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wraca.channels.webpush.keys import decode, encode
from wraca.ports.pushing import Subscription

NOW = 1_795_000_000_000


class Browser:
    """What a browser keeps of one subscription."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.secret = bytes(range(16))

    def subscription(self, endpoint: str, key_id: str) -> Subscription:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Subscription(endpoint, encode(point), encode(self.secret), key_id)

    def read(self, sealed: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(sealed, private_key=self.private, auth_secret=self.secret, version="aes128gcm")
        found: dict[str, Any] = msgspec.json.decode(plain)
        return found


class PushService:
    """`script`: what to answer next (status, headers), else 201. `taken`: what passed the checks. `now`: its clock (ms)."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str]]] = []
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.complaints: list[str] = []
        self.most = 4096
        self.now: Callable[[], int] = lambda: NOW
        self.url = ""

    def judge(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """The status, as RFC 8030, 8188 and 8292 ask for it."""
        self.complaints += _complaints(headers, body, self.url, self.now())
        if self.complaints:
            return 400, {}
        if len(body) > self.most:
            return 413, {}
        self.taken.append((headers, body))
        return self.script.pop(0) if self.script else (201, {"Location": f"{self.url}/m/1"})


def _complaints(headers: dict[str, str], body: bytes, url: str, now: int) -> list[str]:
    said = []
    if not headers.get("ttl", "").isdecimal():
        said.append("TTL is missing")
    if headers.get("content-encoding") != "aes128gcm":
        said.append("not aes128gcm")
    topic = headers.get("topic", "")
    if len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum():
        said.append("bad topic")
    if headers.get("urgency") not in ("very-low", "low", "normal", "high"):
        said.append("bad urgency")
    if len(body) < 103:
        said.append("too short to be a record")
    return said + _of_authorization(headers.get("authorization", ""), url, now)


def _of_authorization(said: str, url: str, now: int) -> list[str]:
    scheme, _, rest = said.partition(" ")
    named = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = named["t"].split(".")
    raw = decode(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(named["k"]))
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))  # raises InvalidSignature
    told = msgspec.json.decode(decode(claims))
    found = [] if scheme == "vapid" and msgspec.json.decode(decode(head))["alg"] == "ES256" else ["not VAPID"]
    if told["aud"] != url:
        found.append(f"aud is {told['aud']}")
    if not 0 < told["exp"] - now // 1000 <= 24 * 3600:
        found.append("exp is not within a day")
    if not str(told["sub"]).startswith("mailto:"):
        found.append("no contact")
    return found


@contextmanager
def running() -> Iterator[PushService]:
    """The service on a port that nobody uses."""
    service = PushService()

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers = service.judge({name.lower(): value for name, value in self.headers.items()}, body)
            if not status:  # hangs up instead of answering
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()

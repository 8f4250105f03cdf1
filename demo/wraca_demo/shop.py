"""The pretend shop: a catalogue, a cart that lives in the browser, a checkout, and a server that does what any shop's does."""

import hashlib
import hmac
import json
import secrets
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

_HERE = files(__package__)
_CURRENCIES = {"en": "EUR", "pl": "PLN", "bg": "EUR"}


@dataclass(frozen=True)
class ShopConfig:
    """Where Wraca is, and the keys that `wraca shop create` printed. `now` is the shop's clock: milliseconds UTC."""

    wraca_url: str
    write_key: str
    server_key: str
    identity_secret: str
    base_url: str
    now: Callable[[], int]
    language: str = "en"


def catalogue() -> list[dict[str, object]]:
    """The products as they are written in catalogue/products.json."""
    found: list[dict[str, object]] = json.loads((_HERE / "catalogue" / "products.json").read_text(encoding="utf-8"))
    return found


def shop_app(config: ShopConfig) -> Starlette:
    """The shop's pages and the three things its server does: prove an address, take an order, answer that it is there."""
    shell = (_HERE / "pages" / "shop.html").read_text(encoding="utf-8")
    settings = {
        "wraca": config.wraca_url,
        "key": config.write_key,
        "base": config.base_url,
        "language": config.language,
        "currencies": _CURRENCIES,
        "products": catalogue(),
    }
    page = shell.replace("{{wraca}}", config.wraca_url).replace("{{settings}}", json.dumps(settings).replace("<", "\\u003c"))

    async def show(_request: Request) -> Response:
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    async def worker(_request: Request) -> Response:
        # All that web push asks of a shop: this line, at its own address. Without Wraca the shop goes on.
        line = f'try {{ importScripts("{config.wraca_url}/sdk/wraca-sw.js"); }} catch (e) {{ /* the shop goes on */ }}\n'
        return Response(line, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def prove(request: Request) -> Response:
        address = str((await request.json()).get("email", "")).strip().lower()
        proof = hmac.new(config.identity_secret.encode(), address.encode(), hashlib.sha256).hexdigest()
        return JSONResponse({"proof": proof})

    async def order(request: Request) -> Response:
        said = await request.json()
        number = f"D-{secrets.token_hex(4).upper()}"
        await run_in_threadpool(report, config, "Order Completed", {**said["order"], "order_id": number}, said.get("anonymousId"))
        return JSONResponse({"order": number})

    return Starlette(
        routes=[
            Route("/api/contact", prove, methods=["POST"]),
            Route("/api/order", order, methods=["POST"]),
            Route("/wraca-sw.js", worker),
            Mount("/static", StaticFiles(directory=str(_HERE / "pages"))),
            Mount("/pictures", StaticFiles(directory=str(_HERE / "catalogue" / "pictures"))),
            Route("/{path:path}", show),
        ]
    )


def report(config: ShopConfig, event: str, properties: dict[str, object], anonymous_id: str | None = None) -> None:
    """What the shop's server tells Wraca with its server key. Raises OSError where Wraca is not there."""
    said = {
        "type": "track",
        "messageId": secrets.token_hex(16),
        "event": event,
        "properties": properties,
        "timestamp": datetime.fromtimestamp(config.now() / 1000, UTC).isoformat(),
    }
    said |= {"anonymousId": anonymous_id} if anonymous_id else {"userId": "the-shop"} if event == "Order Feed Checked" else {}
    request = urllib.request.Request(  # noqa: S310  (our own address on this machine)
        f"{config.wraca_url}/v1/track",
        json.dumps(said).encode(),
        {"content-type": "application/json", "authorization": f"Basic {b64encode(f'{config.server_key}:'.encode()).decode()}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        answer.read()


def heartbeat(config: ShopConfig) -> None:
    """Say that every order so far was reported."""
    report(config, "Order Feed Checked", {})

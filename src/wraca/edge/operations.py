"""What operators, shop pages and ad platforms fetch: the snippet, the health, the metrics, product feeds."""

import gzip
import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wraca.edge.errors import status_of
from wraca.edge.feeds import FeedPages
from wraca.edge.services import Services
from wraca.edge.tokens import Tokens

_KINDS = {"js": "text/javascript", "css": "text/css"}


class _Script:
    """A file of the storefront, read and packed once."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._content, self._kind = content, kind
        self._packed = gzip.compress(content, mtime=0)
        self._tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
        self._headers = {
            "ETag": self._tag,
            "Cache-Control": "public, max-age=300",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",
            "Service-Worker-Allowed": "/",  # a shop may pass wraca-sw.js on from any path of its own
        }

    def answer(self, request: Request) -> Response:
        if request.headers.get("if-none-match") == self._tag:
            return Response(None, 304, self._headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._packed, 200, {**self._headers, "Content-Encoding": "gzip"}, self._kind)
        return Response(self._content, 200, self._headers, self._kind)


def operation_routes(services: Services, tokens: Tokens) -> list[Route]:
    """`/sdk/wraca.js` and its parts, `/healthz`, `/metrics`, `/feeds/...`. Each script is read once."""
    snippet = _Script(services.sdk(), _KINDS["js"])
    parts: dict[str, _Script] = {}

    async def sdk(request: Request) -> Response:
        return snippet.answer(request)

    async def part(request: Request) -> Response:
        name, kind = str(request.path_params["name"]), str(request.path_params["kind"])
        file = f"{name}.{kind}"
        if file not in parts:
            content = services.on_pages.part(file) if services.on_pages and kind in _KINDS else None
            if content is None:
                raise HTTPException(status_of("not_found"))
            parts[file] = _Script(content, _KINDS[kind])
        return parts[file].answer(request)

    async def health(_request: Request) -> Response:
        well = await run_in_threadpool(services.healthy)
        return PlainTextResponse(
            "ok\n" if well else "not ready\n", 200 if well else status_of("busy"), {"Cache-Control": "no-store"}
        )

    async def metrics(_request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(services.metrics), headers={"Cache-Control": "no-store"})

    return [
        Route("/sdk/wraca.js", sdk),
        Route("/sdk/{name}.{kind}", part),
        Route("/healthz", health),
        Route("/metrics", metrics),
        *(FeedPages(services, services.product_feed, tokens).routes() if services.product_feed else ()),
    ]

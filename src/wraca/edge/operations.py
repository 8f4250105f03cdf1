"""What operators and shop pages fetch: the snippet, the health, the metrics."""

import gzip
import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wraca.edge.errors import status_of
from wraca.edge.services import Services


def operation_routes(services: Services) -> list[Route]:
    """`/sdk/wraca.js`, `/healthz`, `/metrics`. The snippet is read once, here."""
    snippet = services.sdk()
    packed = gzip.compress(snippet, mtime=0)
    tag = f'"{hashlib.blake2b(snippet, digest_size=12).hexdigest()}"'
    shared = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }

    async def sdk(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(None, 304, shared)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, 200, {**shared, "Content-Encoding": "gzip"}, "text/javascript")
        return Response(snippet, 200, shared, "text/javascript")

    async def health(_request: Request) -> Response:
        well = await run_in_threadpool(services.healthy)
        return PlainTextResponse(
            "ok\n" if well else "not ready\n", 200 if well else status_of("busy"), {"Cache-Control": "no-store"}
        )

    async def metrics(_request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(services.metrics), headers={"Cache-Control": "no-store"})

    return [Route("/sdk/wraca.js", sdk), Route("/healthz", health), Route("/metrics", metrics)]

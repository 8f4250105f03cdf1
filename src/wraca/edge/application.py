"""The public edge as one ASGI application."""

import gzip
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wraca.app.errors import Busy
from wraca.edge.collect import Collector
from wraca.edge.errors import BUSY, Problem, headers_of, internal, problem_answer, status_of
from wraca.edge.gathering import Gathering
from wraca.edge.keys import Keyring
from wraca.edge.links import LinkPages
from wraca.edge.pages import PAGE_HEADERS, language_of, lost_page
from wraca.edge.services import Services

_log = structlog.get_logger("wraca.edge")


def edge_app(services: Services) -> Starlette:
    """Everything that browsers, shops and mail programs reach. Start it with lifespan on: the end of it commits what waits."""
    gathering = Gathering(services)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        gathering.start()
        try:
            yield
        finally:
            await run_in_threadpool(gathering.close)

    return Starlette(
        routes=[
            *Collector(services, Keyring(services.find_key), gathering).routes(),
            *LinkPages(services).routes(),
            *_own_routes(services),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={Problem: _on_problem, HTTPException: _on_wrong_path},
        lifespan=lifespan,
    )


def _own_routes(services: Services) -> list[Route]:
    """What operators and shop pages fetch."""
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


async def _on_problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem_answer(problem)


async def _on_wrong_path(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    wrong_method = refusal.status_code == status_of("wrong_method")
    if wrong_method:
        problem = Problem("wrong_method", "This address is not for this method.")
    else:
        problem = Problem("not_found", "There is nothing under this address.")
    headers = dict(refusal.headers or {})
    if wrong_method or request.url.path.startswith("/v1/"):
        return problem_answer(problem, headers)
    page = lost_page(language_of(request.headers.get("accept-language", "")))
    return HTMLResponse(page, status_of(problem.code), {**headers_of(problem), **PAGE_HEADERS})


class Guard:
    """The outermost layer: whatever goes wrong inside, the client gets an id and no trace, the log gets a line without tokens.

    The log names the route (`/u/{token}`), never the path: a token in a log is a token lost. Start uvicorn with `access_log=False`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as fault:
            problem = BUSY if isinstance(fault, Busy) else internal(fault)
            if status:
                raise
            await problem_answer(problem)(scope, receive, watched)
        route = scope.get("route")
        took = round((time.perf_counter() - began) * 1000, 1)
        _log.debug("request", method=scope["method"], route=getattr(route, "path", ""), status=status, ms=took)

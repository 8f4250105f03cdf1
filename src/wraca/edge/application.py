"""The public edge as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from wraca.edge.collect import Collector
from wraca.edge.errors import Problem, headers_of, problem_answer, status_of
from wraca.edge.gathering import Gathering
from wraca.edge.guard import Guard
from wraca.edge.links import LinkPages
from wraca.edge.operations import operation_routes
from wraca.edge.pages import PAGE_HEADERS, language_of, lost_page
from wraca.edge.restore import SavedCarts
from wraca.edge.services import Services
from wraca.edge.tokens import Tokens


def edge_app(services: Services) -> Starlette:
    """Everything that browsers, shops and mail programs reach. Start it with lifespan on: the end of it commits what waits."""
    gathering = Gathering(services)
    tokens = Tokens(services.limits)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        gathering.start()
        try:
            yield
        finally:
            await run_in_threadpool(gathering.close)

    return Starlette(
        routes=[
            *Collector(services, gathering).routes(),
            *LinkPages(services, tokens).routes(),
            *SavedCarts(services, tokens).routes(),
            *operation_routes(services),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={Problem: _on_problem, HTTPException: _on_wrong_path},
        lifespan=lifespan,
    )


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

"""The outermost layer of the edge: no failure shows its insides, no log line shows a token."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wraca.app.errors import Busy
from wraca.edge.errors import BUSY, Problem, headers_of, internal, problem_answer, status_of
from wraca.edge.pages import PAGE_HEADERS, language_of, lost_page

_log = structlog.get_logger("wraca.edge")


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
        except ClientDisconnect:
            return  # nobody is left to be told
        except Exception as fault:
            problem = BUSY if isinstance(fault, Busy) else internal(fault)
            if status:
                raise
            await problem_answer(problem)(scope, receive, watched)
        route = scope.get("route")
        took = round((time.perf_counter() - began) * 1000, 1)
        _log.debug("request", method=scope["method"], route=getattr(route, "path", ""), status=status, ms=took)


async def on_problem(_request: Request, problem: Exception) -> Response:
    """A refusal that nobody nearer has answered."""
    assert isinstance(problem, Problem)
    return problem_answer(problem)


async def on_wrong_path(request: Request, refusal: Exception) -> Response:
    """No such path, or not with this method: JSON for programs, a page for people."""
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


# How a refusal that nobody nearer has answered becomes an answer.
ANSWERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {Problem: on_problem, HTTPException: on_wrong_path}

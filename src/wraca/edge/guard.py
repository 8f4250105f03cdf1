"""The outermost layer of the edge: no failure shows its insides, no log line shows a token."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wraca.app.errors import Busy
from wraca.edge.errors import BUSY, internal, problem_answer

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
        except Exception as fault:
            problem = BUSY if isinstance(fault, Busy) else internal(fault)
            if status:
                raise
            await problem_answer(problem)(scope, receive, watched)
        route = scope.get("route")
        took = round((time.perf_counter() - began) * 1000, 1)
        _log.debug("request", method=scope["method"], route=getattr(route, "path", ""), status=status, ms=took)

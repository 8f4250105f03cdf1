"""Product feeds for whoever knows their address: `GET /feeds/{key}/{google.xml|meta.csv|meta.xml}`."""

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from wraca.app.feeds import Feed, Stopped
from wraca.edge.errors import Problem, problem_answer
from wraca.edge.services import ProductFeed, Services
from wraca.edge.tokens import NOT_FOUND, Tokens

# No part of the shop's own pages, and not to be found: robots are asked to stay away.
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}


class FeedPages:
    """Whoever guesses keys is stopped as with the links of messages."""

    def __init__(self, services: Services, feed: ProductFeed, tokens: Tokens) -> None:
        self._services = services
        self._feed = feed
        self._tokens = tokens

    def routes(self) -> list[Route]:
        """All feeds of all shops."""
        return [Route("/feeds/{token}/{name}", self._show)]

    async def _show(self, request: Request) -> Response:
        name = str(request.path_params["name"])

        def find(token: str) -> Feed | Stopped | None:
            return self._feed(token, name, self._services.now())

        try:
            found: Feed | Stopped | None = await self._tokens.look_up(request, find)
        except Problem as problem:
            return problem_answer(problem)
        if found is None:
            return problem_answer(NOT_FOUND.anew())
        if isinstance(found, Stopped):
            message = "This feed lost too many products at once and is not published until the shop confirms it."
            return problem_answer(Problem("busy", message, retry_after=found.retry_after))
        if request.method == "HEAD":
            return Response(None, 200, _HEADERS, found.content_type)
        return StreamingResponse(iterate_in_threadpool(found.pieces), 200, _HEADERS, found.content_type)

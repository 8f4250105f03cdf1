"""The links of a message: back to the cart, a click, the open pixel, preferences. A token is all they carry.

GET on `/r`, `/c` and `/o` records a hit (with its evidence, to be judged later) and nothing else; HEAD and OPTIONS record nothing;
only POST on `/u` changes what a person gets.
"""

import base64
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from wraca.app.answers import LinkAnswer, PreferencesPage, Purpose, Scope
from wraca.domain.evidence import evidence_of
from wraca.edge.bodies import read_form
from wraca.edge.errors import Problem, headers_of, status_of
from wraca.edge.keys import network_of
from wraca.edge.pages import PAGE_HEADERS, busy_page, done_page, language_of, lost_page, preferences_page
from wraca.edge.services import Services
from wraca.edge.tokens import NOT_FOUND, Tokens

_MOST_LINKS = 1_000
_GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class LinkPages:
    """What stands behind the links of a message."""

    def __init__(self, services: Services, tokens: Tokens) -> None:
        self._services = services
        self._tokens = tokens

    def routes(self) -> list[Route]:
        """All public links of messages."""
        return [
            Route("/r/{token}", self._restore),
            Route("/c/{token}/{index:int}", self._click),
            Route("/o/{token}", self._open),
            Route("/u/{token}", self._show_preferences, methods=["GET"]),
            Route("/u/{token}", self._unsubscribe, methods=["POST"]),
        ]

    async def _restore(self, request: Request) -> Response:
        return await self._follow(request, "restore", None)

    async def _click(self, request: Request) -> Response:
        return await self._follow(request, "click", int(request.path_params["index"]))

    async def _follow(self, request: Request, purpose: Purpose, index: int | None) -> Response:
        if request.method == "HEAD":
            return HTMLResponse("", headers=PAGE_HEADERS)
        try:
            answer = await self._tokens.look_up(request, lambda token: self._hit(request, token, purpose, index))
        except Problem as problem:
            return problem_page(request, problem)
        if answer is None or not _is_web_address(answer.target):
            return problem_page(request, NOT_FOUND)
        return Response(None, 302, {**PAGE_HEADERS, "Location": answer.target})

    async def _open(self, request: Request) -> Response:
        """The pixel, whatever happens: a broken picture in a mail helps nobody."""
        if request.method != "HEAD":
            with suppress(Problem):
                await self._tokens.look_up(request, lambda token: self._hit(request, token, "open", None))
        return Response(_GIF, 200, PAGE_HEADERS, "image/gif")

    async def _show_preferences(self, request: Request) -> Response:
        if request.method == "HEAD":
            return HTMLResponse("", headers=PAGE_HEADERS)

        def look(token: str) -> PreferencesPage | None:
            page = self._services.preferences(token, self._services.now())
            if page is not None:
                # A scanner is known by fetching this and the offer at once, so this visit is evidence too.
                self._hit(request, token, "preferences", None)
            return page

        try:
            page = await self._tokens.look_up(request, look)
        except Problem as problem:
            return problem_page(request, problem)
        if page is None:
            return problem_page(request, NOT_FOUND)
        return HTMLResponse(preferences_page(page, page.language), headers={**PAGE_HEADERS, "Content-Language": page.language})

    async def _unsubscribe(self, request: Request) -> Response:
        """The button, or the mail program's one-click (RFC 8058). A POST is a clear will: an odd form still stops the reminders."""
        form = await read_form(request)
        scope: Scope = "all" if form.get("scope") == "all" else "list"

        def act(token: str) -> tuple[PreferencesPage | None] | None:
            now = self._services.now()
            return (self._services.preferences(token, now),) if self._services.unsubscribe(token, scope, now) else None

        try:
            done = await self._tokens.look_up(request, act)
        except Problem as problem:
            return problem_page(request, problem)
        if done is None:
            return problem_page(request, NOT_FOUND)
        page = done[0]
        return HTMLResponse(done_page(page, page.language if page else _language(request)), headers=PAGE_HEADERS)

    def _hit(self, request: Request, token: str, purpose: Purpose, index: int | None) -> LinkAnswer | None:
        if index is not None and index >= _MOST_LINKS:
            return None
        evidence = evidence_of(request.method, request.headers.items(), network_of(request))
        return self._services.open_link(token, purpose, index, evidence, self._services.now())


def _is_web_address(target: str) -> bool:
    """Whether a browser can be sent there: the target is ours, yet nothing but http(s) with a host ever becomes a redirect."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    plain = target.isprintable() and "\\" not in target and " " not in target
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", ""))


def problem_page(request: Request, problem: Problem) -> Response:
    """What people see instead: the link does not work, or we cannot answer now."""
    language = _language(request)
    page = lost_page(language) if problem.code == "not_found" else busy_page(language)
    return HTMLResponse(page, status_of(problem.code), {**headers_of(problem), **PAGE_HEADERS})

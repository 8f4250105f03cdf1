"""The links of a message: back to the cart, a click, the open pixel, preferences. A token is all they carry.

GET on `/r`, `/c` and `/o` records a hit (with its evidence, to be judged later) and nothing else; HEAD and OPTIONS record nothing;
only POST on `/u` changes what a person gets.
"""

import base64
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from wraca.app.answers import LinkAnswer, PreferencesPage, Purpose, RestoredCart, Scope
from wraca.app.errors import Busy
from wraca.domain.evidence import Evidence, evidence_of
from wraca.edge.bodies import read_form
from wraca.edge.errors import BUSY, TOO_FAST, Problem, headers_of, json_answer, problem_answer, status_of
from wraca.edge.keys import network_of, origin_of, rate_name, sharing
from wraca.edge.pages import PAGE_HEADERS, busy_page, done_page, language_of, lost_page, preferences_page
from wraca.edge.rates import Buckets
from wraca.edge.services import Services

T = TypeVar("T")

_TOKEN = re.compile(r"[A-Za-z0-9_.~-]{16,300}")
_MOST_LINKS = 1_000
_GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_NOT_FOUND: Final = Problem("not_found", "This link is not known or has expired.")


class LinkPages:
    """One per process: it keeps count of wrong tokens per sender."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._misses = Buckets(services.limits.misses, services.limits.remembered)

    def routes(self) -> list[Route]:
        """All public links of messages."""
        return [
            Route("/r/{token}", self._restore),
            Route("/c/{token}/{index:int}", self._click),
            Route("/o/{token}", self._open),
            Route("/u/{token}", self._show_preferences, methods=["GET"]),
            Route("/u/{token}", self._unsubscribe, methods=["POST"]),
            Route("/v1/restore/{token}", self._lines, methods=["GET", "OPTIONS"]),
        ]

    async def _restore(self, request: Request) -> Response:
        return await self._follow(request, "restore", None)

    async def _click(self, request: Request) -> Response:
        return await self._follow(request, "click", int(request.path_params["index"]))

    async def _follow(self, request: Request, purpose: Purpose, index: int | None) -> Response:
        if request.method == "HEAD":
            return HTMLResponse("", headers=PAGE_HEADERS)
        try:
            answer = await self._look_up(request, lambda token: self._hit(request, token, purpose, index))
        except Problem as problem:
            return _problem_page(request, problem)
        if answer is None or not _is_web_address(answer.target):
            return _problem_page(request, _NOT_FOUND)
        return Response(None, 302, {**PAGE_HEADERS, "Location": answer.target})

    async def _open(self, request: Request) -> Response:
        """The pixel, whatever happens: a broken picture in a mail helps nobody."""
        if request.method != "HEAD":
            with suppress(Problem):
                await self._look_up(request, lambda token: self._hit(request, token, "open", None))
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
            page = await self._look_up(request, look)
        except Problem as problem:
            return _problem_page(request, problem)
        if page is None:
            return _problem_page(request, _NOT_FOUND)
        return HTMLResponse(preferences_page(page, page.language), headers={**PAGE_HEADERS, "Content-Language": page.language})

    async def _unsubscribe(self, request: Request) -> Response:
        """The button, or the mail program's one-click (RFC 8058). A POST is a clear will: an odd form still stops the reminders."""
        form = await read_form(request)
        scope: Scope = "all" if form.get("scope") == "all" else "list"

        def act(token: str) -> tuple[PreferencesPage | None] | None:
            now = self._services.now()
            return (self._services.preferences(token, now),) if self._services.unsubscribe(token, scope, now) else None

        try:
            done = await self._look_up(request, act)
        except Problem as problem:
            return _problem_page(request, problem)
        if done is None:
            return _problem_page(request, _NOT_FOUND)
        page = done[0]
        return HTMLResponse(done_page(page, page.language if page else _language(request)), headers=PAGE_HEADERS)

    async def _lines(self, request: Request) -> Response:
        """The saved cart for the shop's page; it names no person."""
        origin = origin_of(request)
        known = bool(origin) and await run_in_threadpool(self._services.knows_origin, origin)
        if request.method != "GET":
            return Response(None, 204, {**sharing(origin if known else ""), "Access-Control-Allow-Methods": "GET"})
        try:
            cart = await self._look_up(request, lambda token: self._services.restore_lines(token, self._services.now()))
        except Problem as problem:
            return problem_answer(problem, sharing(origin if known else ""))
        if cart is None or (origin and origin not in cart.origins):
            return problem_answer(_NOT_FOUND, sharing(origin if known else ""))
        return json_answer(_cart_json(cart), {**sharing(origin), "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})

    async def _look_up(self, request: Request, find: Callable[[str], T | None]) -> T | None:
        """Ask with the token of the path. Who guesses is slowed down before the database hears of it. Raises Problem."""
        token, sender, at = str(request.path_params["token"]), rate_name(request), time.monotonic()
        if self._misses.is_empty(sender, at):
            raise TOO_FAST
        try:
            found = await run_in_threadpool(find, token) if _TOKEN.fullmatch(token) else None
        except Busy:
            raise BUSY from None
        if found is None:
            self._misses.take(sender, 1, at)
        return found

    def _hit(self, request: Request, token: str, purpose: Purpose, index: int | None) -> LinkAnswer | None:
        if index is not None and index >= _MOST_LINKS:
            return None
        return self._services.open_link(token, purpose, index, _evidence(request), self._services.now())


def _evidence(request: Request) -> Evidence:
    return evidence_of(request.method, request.headers.items(), network_of(request))


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


def _problem_page(request: Request, problem: Problem) -> Response:
    language = _language(request)
    page = lost_page(language) if problem.code == "not_found" else busy_page(language)
    return HTMLResponse(page, status_of(problem.code), {**headers_of(problem), **PAGE_HEADERS})


def _cart_json(cart: RestoredCart) -> dict[str, object]:
    lines = [
        {
            "product_id": line.product_id,
            "variant": line.variant,
            "quantity": line.quantity,
            "name": line.name,
            "price": line.price,
            "image_url": line.image_url,
            "url": line.url,
        }
        for line in cart.lines
    ]
    return {"lines": lines, "currency": cart.currency, "coupon": cart.coupon, "stage": cart.stage.name.lower()}

"""The question why, behind its link in a message: GET asks, only POST answers.

The token is the message's own, and the form needs no cookie: whoever has the token may answer, nobody else can make it up, so
there is no other site's trust to abuse (CSRF). HEAD and OPTIONS record nothing.
"""

import time
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from wraca.app.answers import AskPage
from wraca.domain.evidence import evidence_of
from wraca.domain.reasons import Reason
from wraca.edge.askpages import ask_page, thanks_page
from wraca.edge.bodies import read_form
from wraca.edge.errors import TOO_FAST, Problem, status_of
from wraca.edge.keys import network_of
from wraca.edge.links import problem_page
from wraca.edge.pages import PAGE_HEADERS
from wraca.edge.rates import Buckets
from wraca.edge.services import Services
from wraca.edge.tokens import NOT_FOUND, Tokens

_REASONS = {reason.value: reason for reason in Reason}


class AskPages:
    """The page that asks why, and what its button does."""

    def __init__(self, services: Services, tokens: Tokens) -> None:
        self._services = services
        self._tokens = tokens
        self._answers = Buckets(services.limits.answers, services.limits.remembered)

    def routes(self) -> list[Route]:
        """The question by itself, and with an answer chosen already."""
        return [
            Route(path, act, methods=[method])
            for path in ("/w/{token}", "/w/{token}/{reason}")
            for method, act in (("GET", self._show), ("POST", self._answer))
        ]

    async def _show(self, request: Request) -> Response:
        if request.method == "HEAD":
            return HTMLResponse("", headers=PAGE_HEADERS)
        chosen = str(request.path_params.get("reason", ""))
        evidence = evidence_of(request.method, request.headers.items(), network_of(request))

        def look(token: str) -> AskPage | None:
            return self._services.ask_why(token, chosen, evidence, self._services.now())

        try:
            page = await self._tokens.look_up(request, look)
        except Problem as problem:
            return problem_page(request, problem)
        if page is None:
            return problem_page(request, NOT_FOUND)
        return _page(page, ask_page(page, chosen))

    async def _answer(self, request: Request) -> Response:
        """Somebody pressed the button. Words without a reason are an answer too; nothing at all is asked for once more."""
        form = await read_form(request)
        text = form.get("text", "")
        reason = _REASONS.get(form.get("reason", "")) or (Reason.OTHER if text.strip() else None)

        def act(token: str) -> AskPage | None:
            now = self._services.now()
            page = self._services.ask_page(token, now)
            if page is None or reason is None:
                return page
            return page if self._services.answer_why(token, reason, text, now) else None

        if reason and not self._answers.take(_name(request), 1, time.monotonic()):
            return problem_page(request, TOO_FAST)
        try:
            page = await self._tokens.look_up(request, act)
        except Problem as problem:
            return problem_page(request, problem)
        if page is None:
            return problem_page(request, NOT_FOUND)
        if reason is None:
            return _page(page, ask_page(page, text=text, is_missing=True), status_of("unreadable"))
        return _page(page, thanks_page(page, reason))


def _name(request: Request) -> str:
    """What to count a message's answers by: not the token itself, which is kept nowhere."""
    return sha256(str(request.path_params["token"]).encode()).hexdigest()


def _page(page: AskPage, content: str, status: int = 200) -> Response:
    return HTMLResponse(content, status, {**PAGE_HEADERS, "Content-Language": page.language})

"""The page behind the link of a confirmation: GET asks, only POST acts."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from wraca.app.capturing import ConfirmPage
from wraca.edge.bodies import read_form
from wraca.edge.confirmpages import confirm_page, confirmed_page, denied_page
from wraca.edge.errors import Problem
from wraca.edge.links import problem_page
from wraca.edge.pages import PAGE_HEADERS, language_of
from wraca.edge.services import OnPages, Services
from wraca.edge.tokens import NOT_FOUND, Tokens


class ConfirmPages:
    """`/y/{token}`."""

    def __init__(self, services: Services, pages: OnPages, tokens: Tokens) -> None:
        self._services, self._pages, self._tokens = services, pages, tokens

    def routes(self) -> list[Route]:
        """Look and act."""
        return [Route("/y/{token}", self._show, methods=["GET"]), Route("/y/{token}", self._act, methods=["POST"])]

    async def _show(self, request: Request) -> Response:
        """GET changes nothing: mail programs and scanners follow links."""
        if request.method == "HEAD":
            return HTMLResponse("", headers=PAGE_HEADERS)
        try:
            page = await self._tokens.look_up(request, lambda token: self._pages.confirm_page(token, self._services.now()))
        except Problem as problem:
            return problem_page(request, problem)
        if page is None:
            return problem_page(request, NOT_FOUND)
        return _html(page, confirmed_page(page) if page.is_confirmed else confirm_page(page))

    async def _act(self, request: Request) -> Response:
        """A button. Only the plain yes confirms; everything else (a mail program's one-click way out too) deletes the address."""
        says_yes = (await read_form(request)).get("confirm") == "yes"

        def act(token: str) -> tuple[ConfirmPage | None] | None:
            now = self._services.now()
            page = self._pages.confirm_page(token, now)
            done = self._pages.confirm(token, now) if says_yes else self._pages.deny(token, now)
            return (page,) if done and page else None

        try:
            done = await self._tokens.look_up(request, act)
        except Problem as problem:
            return problem_page(request, problem)
        if done is None or done[0] is None:
            return problem_page(request, NOT_FOUND)
        return _html(done[0], confirmed_page(done[0]) if says_yes else denied_page(done[0]))


def _html(page: ConfirmPage, content: str) -> Response:
    return HTMLResponse(content, headers={**PAGE_HEADERS, "Content-Language": language_of(page.language)})

"""Where providers of text messages call: `/hooks/<channel>/<provider>/<secret>`, with what they want to tell.

The last part of the path is the shop's own and a secret; who does not know it gets the same "not found" as for any other wrong
address, and is slowed down after some tries. Everything else is for the channel to judge: signatures, statuses, words.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wraca.edge.bodies import read_body
from wraca.edge.errors import Problem, problem_answer
from wraca.edge.services import OnCalls, Services
from wraca.edge.tokens import NOT_FOUND, Tokens
from wraca.ports.texting import Call

_MOST = 64 * 1024  # bytes of one call
_FIELDS = 200
_CHANNELS = frozenset({"sms"})


class ProviderCalls:
    """What stands behind /hooks."""

    def __init__(self, services: Services, calls: OnCalls, tokens: Tokens) -> None:
        self._services = services
        self._calls = calls
        self._tokens = tokens

    def routes(self) -> list[Route]:
        """One address for whatever a provider has to say."""
        return [
            Route("/hooks/here", self._here, methods=["GET"]),
            Route("/hooks/{channel}/{provider}/{token}", self._hear, methods=["GET", "POST"]),
        ]

    async def _here(self, _request: Request) -> Response:
        """What a short host must answer to be known as one that leads to this very installation."""
        return Response(self._calls.proof(), 200, {"Cache-Control": "no-store"}, "text/plain")

    async def _hear(self, request: Request) -> Response:
        channel, provider = str(request.path_params["channel"]), str(request.path_params["provider"])
        if channel not in _CHANNELS or request.method == "HEAD":
            return problem_answer(NOT_FOUND)
        try:
            call = self._call(request, await read_body(request, _MOST))
            heard = await self._tokens.look_up(
                request, lambda token: self._calls.hear(channel, provider, token, call, self._services.now())
            )
        except Problem as problem:
            return problem_answer(problem)
        if heard is None:
            return problem_answer(NOT_FOUND)
        return Response(heard.answer, 200, {"Cache-Control": "no-store", "Content-Type": heard.content_type})

    def _call(self, request: Request, body: bytes) -> Call:
        """The address is the public one: what a proxy made of it is not what the provider signed."""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Call(
            method=request.method,
            url=self._calls.public_url.rstrip("/") + path,
            address=request.client.host if request.client else "",
            query=_pairs(request.url.query),
            form=_form(request.headers.get("content-type", ""), body),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )


def _form(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form, or the plain values of a JSON object; none for anything else."""
    if "json" not in kind:
        return _pairs(body.decode("utf-8", "replace")) if "form" in kind or not kind else {}
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return _plain(found) if isinstance(found, dict) else {}


def _plain(found: Mapping[str, object]) -> dict[str, str]:
    return {str(name): str(value) for name, value in found.items() if isinstance(value, str | int | float)}


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return dict(pairs)

"""What the shop's pages ask: what to show, what became of it, and to keep an address.

All three come from browsers with the shop's write key, as text/plain bodies (no preflight) or JSON. An app sends the same.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wraca.app.answers import KeyHolder
from wraca.app.capturing import Wish
from wraca.app.deciding import Asked, Decided, Deed
from wraca.app.errors import Busy
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.edge.bodies import read_body
from wraca.edge.errors import BUSY, TOO_FAST, Problem, json_answer, problem_answer
from wraca.edge.keys import Keyring, origin_of, rate_name, sharing
from wraca.edge.pagecalls import PREFLIGHT, PageKeys
from wraca.edge.rates import Buckets
from wraca.edge.services import OnPages, Rate, Services

T = TypeVar("T")

_MOST_BYTES = 8 * 1024
_QUESTIONS = Rate(5, 60)  # of one visitor
_CAPTURES = Rate(1 / 360, 5)  # of one network address
_PER_ADDRESS = Rate(1 / 28_800, 3)  # messages to one mailbox, whoever asks

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Url = Annotated[str, msgspec.Meta(max_length=2_000)]


class _Page(msgspec.Struct, frozen=True):
    url: _Url = ""


class _Question(msgspec.Struct, frozen=True, rename="camel"):
    """The body of /v1/decide. `writeKey` may come as Basic auth instead; `userId` proves nothing and is not read."""

    anonymous_id: _Id
    page: _Page = _Page()
    trigger: Literal["load", "exit", "idle", "scroll", "cart"] = "load"
    device: Literal["", "phone", "desktop"] = ""
    language: _Short = ""
    refused: Annotated[tuple[_Short, ...], msgspec.Meta(max_length=50)] = ()
    showing: bool = False


class _Deed(msgspec.Struct, frozen=True, rename="camel"):
    """The body of /v1/shown."""

    anonymous_id: _Id
    id: _Id
    what: Deed


class _Capture(msgspec.Struct, frozen=True, rename="camel"):
    """The body of /v1/capture."""

    anonymous_id: _Id
    name: _Id
    address: Annotated[str, msgspec.Meta(max_length=320)]
    ticked: bool = False
    language: _Short = ""
    page: _Page = _Page()


class ShopPages:
    """`/v1/decide`, `/v1/shown` and `/v1/capture`."""

    def __init__(self, services: Services, pages: OnPages, keyring: Keyring) -> None:
        self._services, self._pages, self._keyring = services, pages, keyring
        self._keys = PageKeys(services, keyring)
        remembered = services.limits.remembered
        self._visitors = Buckets(_QUESTIONS, remembered)
        self._senders = Buckets(_CAPTURES, remembered)
        self._addresses = Buckets(_PER_ADDRESS, remembered)

    def routes(self) -> list[Route]:
        """The three calls."""
        calls: Mapping[str, Callable[[Request, bytes, KeyHolder], Awaitable[object]]] = {
            "decide": self._decide,
            "shown": self._shown,
            "capture": self._capture,
        }
        return [
            *(Route(f"/v1/{name}", self._endpoint(act), methods=["POST", "OPTIONS"]) for name, act in calls.items()),
        ]

    def _endpoint(self, act: Callable[[Request, bytes, KeyHolder], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            origin = origin_of(request)
            if request.method == "OPTIONS":
                allowed = await self._keyring.knows(origin)
                return Response(None, 204, {**sharing(origin), **PREFLIGHT} if allowed else {"Vary": "Origin"})
            body = await read_body(request, _MOST_BYTES)
            holder = await self._keys.holder(request, body)
            headers = sharing(origin if holder.kind == "browser" else "")
            try:
                return json_answer(await act(request, body, holder), headers)
            except Busy:
                return problem_answer(BUSY.anew(), headers)
            except Problem as problem:
                return problem_answer(problem, headers)

        return answer

    async def _decide(self, request: Request, body: bytes, holder: KeyHolder) -> object:
        said = _read(body, _Question)
        self._pace(request, holder, said.anonymous_id)
        path = _path(said.page.url)
        now = self._services.now()
        refused = tuple(name for one in said.refused if (name := _still_refused(one, now)))
        asked = Asked(said.anonymous_id, path, said.trigger, said.device, said.language, refused, said.showing)

        def act() -> Decided:
            return self._pages.decide(ShopId(holder.shop.id), asked, now)

        return await run_in_threadpool(act)

    async def _shown(self, request: Request, body: bytes, holder: KeyHolder) -> object:
        said = _read(body, _Deed)
        self._pace(request, holder, said.anonymous_id)

        def act() -> bool:
            return self._pages.note(ShopId(holder.shop.id), said.anonymous_id, said.id, said.what, self._services.now())

        return {"success": await run_in_threadpool(act)}

    async def _capture(self, request: Request, body: bytes, holder: KeyHolder) -> object:
        said = _read(body, _Capture)
        self._pace(request, holder, said.anonymous_id)
        at, shop = time.monotonic(), holder.shop.id
        # Neither a stranger's mailbox nor our own name may be used to annoy people: few messages per sender and per mailbox.
        mailbox = sha256(f"{shop} {said.address.strip().lower()}".encode()).hexdigest()
        if holder.kind == "browser" and not self._senders.take(f"{shop} {rate_name(request)}", 1, at):
            raise TOO_FAST.anew()
        if not self._addresses.take(mailbox, 1, at):
            return {"success": True}  # as if it went: otherwise anybody could ask whether somebody was asked before
        wish = Wish(said.anonymous_id, said.name, said.address, said.ticked, said.language, _without_query(said.page.url))

        def act() -> str:
            return self._pages.capture(ShopId(shop), wish, self._services.now())

        verdict = await run_in_threadpool(act)
        return {"success": True} if verdict == "taken" else {"success": False, "code": verdict}

    def _pace(self, request: Request, holder: KeyHolder, visitor: str) -> None:
        name = f"{holder.shop.id} {visitor}" if holder.kind == "server" else f"{holder.shop.id} {rate_name(request)} {visitor}"
        if not self._visitors.take(name, 1, time.monotonic()):
            raise TOO_FAST.anew()


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise Problem("unreadable", f"The body cannot be read: {problem}") from None


def _still_refused(said: str, now: Instant) -> str:
    """What a browser remembers a no for: a name, or `name@until` (ms); empty once that is over."""
    name, _, until = said.partition("@")
    return "" if until.isdecimal() and int(until[:15]) < now else name


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"


def _without_query(url: str) -> str:
    """Shops put addresses and tokens into queries."""
    return url.partition("?")[0].partition("#")[0]

"""The visitor's side of a chat over HTTP: `/v1/chat/...`.

All calls are POSTs with the shop's write key; a chat's token stands in bodies only, never in an address that a log could keep.
Lines come as server-sent events, read by the page from the answer of a POST; where something on the way holds streams back, the
same call with `poll` waits for the next line and answers with JSON.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Literal, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from wraca.app.chatrows import Line
from wraca.app.chatting import Chats, Guest, NotSaid, Words
from wraca.app.errors import Busy
from wraca.domain.chatting import LARGEST_FILE, LONGEST_TEXT
from wraca.domain.ids import ShopId
from wraca.edge.bodies import read_body
from wraca.edge.chatrooms import Listener, Rooms
from wraca.edge.errors import BUSY, TOO_FAST, Problem, json_answer, problem_answer
from wraca.edge.keys import Keyring, origin_of, rate_name, sharing
from wraca.edge.pagecalls import PREFLIGHT, PageKeys
from wraca.edge.rates import Buckets
from wraca.edge.services import Rate, Services

T = TypeVar("T")

_SMALL = 16 * 1024  # bytes of a body
_LARGE = LARGEST_FILE * 4 // 3 + _SMALL  # with a file, as base64
_CALLS = Rate(2, 40)  # of one chat, or of one visitor before it
_LINES = Rate(0.5, 12)  # said in one chat
_FILES = Rate(1 / 60, 4)  # in one chat
_CHATS = Rate(1 / 120, 12)  # opened from one network address
_SENDERS = Rate(2, 60)  # calls that write, from one network address
_PING = 20.0  # seconds: proxies end what is silent for longer
_LONGEST = 15 * 60.0  # seconds that one stream lives
_POLL = 25.0

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Short = Annotated[str, msgspec.Meta(max_length=400)]


class _Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every call carries."""

    anonymous_id: _Id
    token: _Short = ""
    language: _Short = ""

    @property
    def guest(self) -> Guest:
        return Guest(self.anonymous_id, self.token, self.language)


class _Said(_Asked, frozen=True, kw_only=True, rename="camel"):
    id: _Id = ""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT * 2)] = ""
    file: bytes = b""
    name: _Short = ""
    invitation: _Short = ""


class _Listened(_Asked, frozen=True, kw_only=True, rename="camel"):
    after: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    poll: bool = False


class _Address(_Asked, frozen=True, kw_only=True, rename="camel"):
    address: Annotated[str, msgspec.Meta(max_length=400)]


class _Number(_Asked, frozen=True, kw_only=True, rename="camel"):
    number: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class _Deed(_Asked, frozen=True, kw_only=True, rename="camel"):
    id: _Id
    what: Literal["shown", "refused"]


Act = Callable[[Request, bytes, ShopId], Awaitable[object]]


class ChatDoors:
    """The calls of `storefront/chat.js`."""

    def __init__(self, services: Services, chats: Chats, keyring: Keyring) -> None:
        self._services, self._chats, self._keyring = services, chats, keyring
        self._keys = PageKeys(services, keyring)
        self.rooms = Rooms(chats, services.now)
        many = services.limits.remembered
        self._calls, self._lines, self._files = Buckets(_CALLS, many), Buckets(_LINES, many), Buckets(_FILES, many)
        self._opened, self._senders = Buckets(_CHATS, many), Buckets(_SENDERS, many)

    def routes(self) -> list[Route]:
        """Eight calls; only one takes a large body."""
        calls: dict[str, Act] = {
            "hello": self._hello,
            "open": self._open,
            "say": self._say,
            "listen": self._listen,
            "read": self._read,
            "address": self._address,
            "file": self._file,
            "invited": self._invited,
        }
        methods = ["POST", "OPTIONS"]
        return [Route(f"/v1/chat/{name}", self._endpoint(name, act), methods=methods) for name, act in calls.items()]

    def _endpoint(self, name: str, act: Act) -> Callable[[Request], Awaitable[Response]]:
        limit = _LARGE if name == "say" else _SMALL

        async def answer(request: Request) -> Response:
            origin = origin_of(request)
            if request.method == "OPTIONS":
                allowed = await self._keyring.knows(origin)
                return Response(None, 204, {**sharing(origin), **PREFLIGHT} if allowed else {"Vary": "Origin"})
            body = await read_body(request, limit)
            holder = await self._keys.holder(request, body)
            headers = sharing(origin if holder.kind == "browser" else "")
            try:
                said = await act(request, body, ShopId(holder.shop.id))
            except NotSaid as no:
                said = {"success": False, "code": no.code}
            except Busy:
                return problem_answer(BUSY.anew(), headers)
            except Problem as problem:
                return problem_answer(problem, headers)
            if isinstance(said, Response):
                said.headers.update(headers)
                return said
            return json_answer(said, headers)

        return answer

    # --- the calls ---------------------------------------------------------------------------------------------------------------

    async def _hello(self, request: Request, body: bytes, shop: ShopId) -> object:
        asked = self._read_call(request, body, _Asked, shop)
        return await run_in_threadpool(self._chats.hello, shop, asked.guest, self._services.now())

    async def _open(self, request: Request, body: bytes, shop: ShopId) -> object:
        self._read_call(request, body, _Asked, shop)
        _take(self._opened, f"{shop} {rate_name(request)}")
        return {"success": True, "token": await run_in_threadpool(self._chats.open, shop)}

    async def _say(self, request: Request, body: bytes, shop: ShopId) -> object:
        said = self._read_call(request, body, _Said, shop)
        _take(self._senders, f"{shop} {rate_name(request)}")
        _take(self._lines, said.token)
        if said.file:
            _take(self._files, said.token)
        words = Words(said.id, said.text, said.file, said.name, said.invitation)
        return {"success": True, "number": await run_in_threadpool(self._chats.say, shop, said.guest, words, self._services.now())}

    async def _read(self, request: Request, body: bytes, shop: ShopId) -> object:
        asked = self._read_call(request, body, _Asked, shop)
        await run_in_threadpool(self._chats.read, shop, asked.guest, self._services.now())
        return {"success": True}

    async def _address(self, request: Request, body: bytes, shop: ShopId) -> object:
        said = self._read_call(request, body, _Address, shop)
        _take(self._senders, f"{shop} {rate_name(request)}")
        _take(self._lines, said.token)
        await run_in_threadpool(self._chats.leave_address, shop, said.guest, said.address, self._services.now())
        return {"success": True}

    async def _file(self, request: Request, body: bytes, shop: ShopId) -> object:
        asked = self._read_call(request, body, _Number, shop)
        found = await run_in_threadpool(self._chats.file, shop, asked.guest, asked.number)
        if found is None:
            raise NotSaid("unknown")
        _, kind, content = found
        return Response(content, 200, {**FILE_HEADERS, "Content-Disposition": "attachment"}, kind)

    async def _invited(self, request: Request, body: bytes, shop: ShopId) -> object:
        said = self._read_call(request, body, _Deed, shop)
        _take(self._senders, f"{shop} {rate_name(request)}")
        done = await run_in_threadpool(self._chats.invited, shop, said.guest, said.id, said.what, self._services.now())
        return {"success": done}

    async def _listen(self, request: Request, body: bytes, shop: ShopId) -> object:
        asked = self._read_call(request, body, _Listened, shop)
        place = self._chats.place(shop, asked.guest)
        listener = self.rooms.enter(place, asked.after, f"{shop} {rate_name(request)}")
        if listener is None:
            raise TOO_FAST.anew()
        if not asked.poll:
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
            return StreamingResponse(self._stream(listener), 200, headers, "text/event-stream")
        try:
            lines = await listener.next(_POLL)
        finally:
            self.rooms.leave(listener)
        return {"success": True, "lines": lines}

    async def _stream(self, listener: Listener) -> AsyncIterator[bytes]:
        until = time.monotonic() + _LONGEST
        try:
            yield b": here\n\n"
            while time.monotonic() < until and not listener.is_over:
                lines = await listener.next(_PING)
                yield b"".join(map(_event, lines)) or b": still here\n\n"
        finally:
            self.rooms.leave(listener)

    def _read_call(self, request: Request, body: bytes, kind: type[T], shop: ShopId) -> T:
        try:
            said = msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise Problem("unreadable", f"The body cannot be read: {problem}") from None
        assert isinstance(said, _Asked)
        _take(self._calls, f"{shop} {rate_name(request)} {said.token or said.anonymous_id}")
        return said


# Whatever a file turns out to be, it is kept as a file: never shown, never run, by no browser.
FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def _take(buckets: Buckets, name: str) -> None:
    if not buckets.take(name, 1, time.monotonic()):
        raise TOO_FAST.anew()


def _event(line: Line) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (line.number, msgspec.json.encode(line))

"""Web push from the shop's pages: `POST /v1/push`, for the page's script and for the worker that lives on without a page.

ask        how to ask: the shop's public key and the words
subscribe  somebody said yes to both questions
renew      the same browser again: it shows itself, or changed its endpoint or key
leave      switched off
"""

import time
from typing import Annotated, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wraca.app.errors import Busy
from wraca.app.subscribing import Subscribers, Wish
from wraca.domain.ids import ShopId
from wraca.edge.bodies import read_body
from wraca.edge.errors import BUSY, TOO_FAST, Problem, json_answer, problem_answer
from wraca.edge.keys import Keyring, origin_of, rate_name, sharing
from wraca.edge.pagecalls import PREFLIGHT, PageKeys
from wraca.edge.rates import Buckets
from wraca.edge.services import Rate, Services
from wraca.ports.pushing import Subscription

_MOST_BYTES = 8 * 1024
_CALLS = Rate(1 / 5, 30)  # of one visitor
_SENDERS = Rate(1 / 10, 60)  # of one network address: offices and mobile networks share one

_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Url = Annotated[str, msgspec.Meta(max_length=2_000)]


class _Keys(msgspec.Struct, frozen=True):
    p256dh: _Short
    auth: _Short


class _Browser(msgspec.Struct, frozen=True):
    """What `PushSubscription.toJSON()` gives."""

    endpoint: _Url
    keys: _Keys = _Keys("", "")


class _Page(msgspec.Struct, frozen=True):
    url: _Url = ""


class _Call(msgspec.Struct, frozen=True, rename="camel"):
    """The body. `old` is the endpoint that a new one replaces."""

    act: Literal["ask", "subscribe", "renew", "leave"]
    anonymous_id: _Short = ""  # not needed to leave
    language: _Short = ""
    subscription: _Browser | None = None
    key_id: _Short = ""
    version: _Short = ""
    old: _Url = ""
    page: _Page = _Page()


class PushDoor:
    """`/v1/push`."""

    def __init__(self, services: Services, subscribers: Subscribers, keyring: Keyring) -> None:
        self._services, self._subscribers, self._keyring = services, subscribers, keyring
        self._keys = PageKeys(services, keyring)
        self._visitors = Buckets(_CALLS, services.limits.remembered)
        self._senders = Buckets(_SENDERS, services.limits.remembered)

    def routes(self) -> list[Route]:
        """One call."""
        return [Route("/v1/push", self._answer, methods=["POST", "OPTIONS"])]

    async def _answer(self, request: Request) -> Response:
        origin = origin_of(request)
        if request.method == "OPTIONS":
            allowed = await self._keyring.knows(origin)
            return Response(None, 204, {**sharing(origin), **PREFLIGHT} if allowed else {"Vary": "Origin"})
        body = await read_body(request, _MOST_BYTES)
        holder = await self._keys.holder(request, body)
        headers = sharing(origin if holder.kind == "browser" else "")
        try:
            call = _read(body)
            shop = ShopId(holder.shop.id)
            self._pace(shop, call.anonymous_id, rate_name(request) if holder.kind == "browser" else "")
            return json_answer(await run_in_threadpool(self._do, shop, call), headers)
        except Busy:
            return problem_answer(BUSY.anew(), headers)
        except Problem as problem:
            return problem_answer(problem, headers)

    def _pace(self, shop: ShopId, visitor: str, sender: str) -> None:
        at = time.monotonic()
        if not self._visitors.take(f"{shop} {sender} {visitor}", 1, at):
            raise TOO_FAST.anew()
        if sender and not self._senders.take(f"{shop} {sender}", 1, at):
            raise TOO_FAST.anew()

    def _do(self, shop: ShopId, call: _Call) -> object:
        now = self._services.now()
        if call.act == "ask":
            invitation = self._subscribers.invite(shop, call.language)
            return {"success": True, **_told(msgspec.to_builtins(invitation))} if invitation else _verdict("not_connected")
        if call.subscription is None:
            raise Problem("unreadable", "The subscription is missing.")
        if call.act == "leave":
            return _verdict(self._subscribers.leave(shop, call.subscription.endpoint, now))
        if not call.anonymous_id:
            raise Problem("unreadable", "The anonymousId is missing.")
        wish = _wish(call, call.subscription)
        return _verdict((self._subscribers.subscribe if call.act == "subscribe" else self._subscribers.renew)(shop, wish, now))


def _told(invitation: dict[str, object]) -> dict[str, object]:
    """What the page needs of it: the whole sentence is put together here, never there."""
    names = {"key": "key", "key_id": "keyId", "words": "words", "language": "language", "version": "version"}
    more = {"from_view": "fromView", "by_itself": "byItself"}
    return {shown: invitation[name] for name, shown in {**names, **more}.items()}


def _wish(call: _Call, browser: _Browser) -> Wish:
    page = call.page.url.partition("?")[0].partition("#")[0]  # shops put addresses and tokens into queries
    subscription = Subscription(browser.endpoint, browser.keys.p256dh, browser.keys.auth, call.key_id)
    return Wish(call.anonymous_id, subscription, call.language, page, call.version, call.old)


def _verdict(said: str) -> dict[str, object]:
    return {"success": True} if said == "taken" else {"success": False, "code": said}


def _read(body: bytes) -> _Call:
    try:
        return msgspec.json.decode(body, type=_Call)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise Problem("unreadable", f"The body cannot be read: {problem}") from None

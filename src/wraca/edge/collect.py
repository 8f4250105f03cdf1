"""Events in: Segment's HTTP API. Parse, wait for the commit, answer."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wraca.app.answers import KeyHolder
from wraca.domain.events import Event, IdentityKind
from wraca.domain.ids import ShopId
from wraca.edge.bodies import read_body, too_large
from wraca.edge.errors import ORIGIN, TOO_FAST, UNKNOWN_KEY, Problem, Rejected, json_answer, partial_answer, problem_answer
from wraca.edge.gathering import Gathering
from wraca.edge.keys import Keyring, is_allowed, key_of, origin_of, rate_name, sharing
from wraca.edge.rates import Buckets
from wraca.edge.services import Services
from wraca.platforms.segment import Kind, message_ids, read_batch, read_call
from wraca.ports.platform import Delivery, Rejection

# Segment's own paths, and the short ones of its browser build (the first letter of the kind).
BATCHES = ("batch", "b", "import")
CALLS: dict[str, Kind] = {
    "track": "track",
    "t": "track",
    "identify": "identify",
    "i": "identify",
    "page": "page",
    "p": "page",
    "screen": "screen",
    "s": "screen",
    "alias": "alias",
    "a": "alias",
    "group": "group",
    "g": "group",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count",
    "Access-Control-Max-Age": "7200",
}


class Collector:
    """One per process: it keeps the rates, and hands events to the gathering."""

    def __init__(self, services: Services, keyring: Keyring, gathering: Gathering) -> None:
        limits = services.limits
        self._services = services
        self._limits = limits
        self._keyring = keyring
        self._gathering = gathering
        self._misses = Buckets(limits.misses, limits.remembered)
        self._addresses = Buckets(limits.per_address, limits.remembered)
        self._visitors = Buckets(limits.per_visitor, limits.remembered)
        self._shops = Buckets(limits.per_shop, limits.remembered)
        self._servers = Buckets(limits.per_server, limits.remembered)

    def routes(self) -> list[Route]:
        """`/v1/batch` and the single calls."""
        paths: dict[str, Kind | None] = {**dict.fromkeys(BATCHES), **CALLS}
        return [Route(f"/v1/{path}", self._endpoint(kind), methods=["POST", "OPTIONS"]) for path, kind in paths.items()]

    def _endpoint(self, kind: Kind | None) -> Callable[[Request], Awaitable[Response]]:
        async def take(request: Request) -> Response:
            if request.method == "OPTIONS":
                return await self._preflight(request)
            return await self._take(request, kind)

        return take

    async def _preflight(self, request: Request) -> Response:
        """Only pages of some shop learn that they may ask. The key comes later, with the events."""
        origin = origin_of(request)
        allowed = bool(origin) and await run_in_threadpool(self._services.knows_origin, origin)
        return Response(None, 204, {**sharing(origin), **_PREFLIGHT} if allowed else {"Vary": "Origin"})

    async def _take(self, request: Request, kind: Kind | None) -> Response:
        body = await read_body(request, self._limits.server_body)
        holder = await self._holder(request, body)
        headers = sharing(origin_of(request) if holder.kind == "browser" else "")
        try:
            self._measure(holder, body)
            delivery = self._read(kind, body, holder)
            self._slow_down(request, holder, delivery.events)
            duplicates = await self._gathering.add(ShopId(holder.shop.id), delivery.events) if delivery.events else 0
        except Problem as problem:
            # The page may read why: it is a page of this shop.
            return problem_answer(problem, headers)
        if not delivery.rejected:
            return json_answer({"success": True}, headers)
        names = message_ids(body)
        rejected = [_named(one, names) for one in delivery.rejected]
        return partial_answer(len(delivery.events), duplicates, rejected, headers)

    async def _holder(self, request: Request, body: bytes) -> KeyHolder:
        at, sender = time.monotonic(), rate_name(request)
        if self._misses.is_empty(sender, at):
            raise TOO_FAST
        holder = await self._keyring.holder(key_of(request, body))
        if holder is None:
            self._misses.take(sender, 1, at)
            raise UNKNOWN_KEY
        if not is_allowed(holder, origin_of(request)):
            raise ORIGIN
        return holder

    def _measure(self, holder: KeyHolder, body: bytes) -> None:
        if holder.kind == "browser" and len(body) > self._limits.browser_body:
            raise too_large(self._limits.browser_body)

    def _read(self, kind: Kind | None, body: bytes, holder: KeyHolder) -> Delivery:
        now = self._services.now()
        most = self._limits.browser_items if holder.kind == "browser" else self._limits.server_items
        try:
            if kind is None:
                return read_batch(body, holder.shop, holder.kind, now, most=most)
            return read_call(kind, body, holder.shop, holder.kind, now)
        except ValueError as unreadable:
            raise Problem("unreadable", str(unreadable)) from None

    def _slow_down(self, request: Request, holder: KeyHolder, events: Sequence[Event]) -> None:
        at, cost, shop = time.monotonic(), float(len(events)), holder.shop.id
        if holder.kind == "server":
            passes = self._servers.take(shop, cost, at)
        else:
            passes = self._addresses.take(f"{shop} {rate_name(request)}", cost, at) and self._shops.take(shop, cost, at)
            passes = passes and all(self._visitors.take(f"{shop} {name}", pieces, at) for name, pieces in _visitors(events).items())
        if not passes:
            raise TOO_FAST


def _named(one: Rejection, names: list[str]) -> Rejected:
    return Rejected(one.index, names[one.index] if one.index < len(names) else "", one.field, one.reason)


def _visitors(events: Sequence[Event]) -> Counter[str]:
    return Counter(one.value for event in events for one in event.identities if one.kind is IdentityKind.ANONYMOUS)

"""Events in: Segment's HTTP API. Parse, wait for the commit, answer."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wraca.app.answers import KeyHolder
from wraca.domain.ids import ShopId
from wraca.edge.bodies import read_body, too_large
from wraca.edge.errors import Problem, Rejected, json_answer, partial_answer, problem_answer
from wraca.edge.gathering import Gathering
from wraca.edge.keys import Keyring, origin_of, sharing
from wraca.edge.pace import Pace
from wraca.edge.pagecalls import PREFLIGHT, PageKeys
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
_PREFLIGHT = {**PREFLIGHT, "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count"}


class Collector:
    """One per process: it knows keys and paces, and hands events to the gathering."""

    def __init__(self, services: Services, keyring: Keyring, gathering: Gathering) -> None:
        self._services = services
        self._limits = services.limits
        self._keyring = keyring
        self._gathering = gathering
        self._keys = PageKeys(services, keyring)
        self._pace = Pace(services.limits)

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
        allowed = await self._keyring.knows(origin)
        return Response(None, 204, {**sharing(origin), **_PREFLIGHT} if allowed else {"Vary": "Origin"})

    async def _take(self, request: Request, kind: Kind | None) -> Response:
        body = await read_body(request, self._limits.server_body)
        holder = await self._keys.holder(request, body)
        headers = sharing(origin_of(request) if holder.kind == "browser" else "")
        try:
            self._measure(holder, body)
            delivery = self._read(kind, body, holder)
            self._pace.allow(request, holder, delivery.events)
            duplicates = await self._gathering.add(ShopId(holder.shop.id), delivery.events) if delivery.events else 0
        except Problem as problem:
            # The page may read why: it is a page of this shop.
            return problem_answer(problem, headers)
        if not delivery.rejected:
            return json_answer({"success": True}, headers)
        names = message_ids(body)
        rejected = [_named(one, names) for one in delivery.rejected]
        return partial_answer(len(delivery.events), duplicates, rejected, headers)

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


def _named(one: Rejection, names: list[str]) -> Rejected:
    return Rejected(one.index, names[one.index] if one.index < len(names) else "", one.field, one.reason)

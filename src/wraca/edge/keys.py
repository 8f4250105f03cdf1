"""Write keys: found in a request, looked up, and allowed from where they may be used."""

import base64
import binascii
import ipaddress
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from wraca.app.answers import KeyHolder
from wraca.edge.services import Services
from wraca.platforms.segment import write_key_in

T = TypeVar("T")

_FRESH = 5.0  # seconds: how long a revoked key may still work
_REMEMBERED = 10_000
_LENGTH = 200


class Remembered(Generic[T]):
    """Answers to look-ups, kept for five seconds; "no" too, so that guessing does not reach the database at full speed."""

    def __init__(self, find: Callable[[str], T]) -> None:
        self._find = find
        self._known: dict[str, tuple[float, T]] = {}

    async def ask(self, name: str) -> T:
        """What `find` says of this name, at most five seconds old."""
        at = time.monotonic()
        known = self._known.get(name)
        if known is not None and at - known[0] < _FRESH:
            return known[1]
        found = await run_in_threadpool(self._find, name)
        self._known.pop(name, None)
        if len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)), None)
        self._known[name] = (at, found)
        return found


class Keyring:
    """Whose keys are whose, and which pages belong to a shop."""

    def __init__(self, services: Services) -> None:
        self._keys = Remembered(services.find_key)
        self._origins = Remembered(services.knows_origin)

    async def holder(self, key: str) -> KeyHolder | None:
        """Whose key this is."""
        return await self._keys.ask(key) if _is_name(key) else None

    async def knows(self, origin: str) -> bool:
        """Whether pages of this origin belong to any shop: all that a preflight can be told, for it carries no key."""
        return await self._origins.ask(origin) if _is_name(origin) else False


def _is_name(value: str) -> bool:
    return 0 < len(value) <= _LENGTH and value.isprintable()


def key_of(request: Request, body: bytes) -> str:
    """The user name of Basic auth (password empty), else `writeKey` of the body, as beacons send it."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
        if name:
            return name
    return write_key_in(body)


def origin_of(request: Request) -> str:
    """The origin of the page that asks; empty for everything that is not a page."""
    return request.headers.get("origin", "").lower()


def is_allowed(holder: KeyHolder, origin: str) -> bool:
    """Whether this key may be used from there."""
    return holder.kind == "server" or "*" in holder.origins or (origin != "" and origin in holder.origins)


def sharing(origin: str) -> dict[str, str]:
    """The headers that let an allowed page read our answer. Never with credentials: we know no cookies."""
    return (
        {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After", "Vary": "Origin"}
        if origin
        else {"Vary": "Origin"}
    )


def network_of(request: Request) -> str:
    """The sender's network: /24 of IPv4, /48 of IPv6; what we keep of an address."""
    return _cut(request, 24, 48)


def rate_name(request: Request) -> str:
    """Under which name a sender's speed is counted: the whole IPv4 address, /64 of IPv6 (one household)."""
    return _cut(request, 32, 64)


def _cut(request: Request, four: int, six: int) -> str:
    return _network(request.client.host, four, six) if request.client else ""


@lru_cache(maxsize=10_000)
def _network(host: str, four: int, six: int) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    length = four if address.version == 4 else six
    return str(ipaddress.ip_network((address, length), strict=False))

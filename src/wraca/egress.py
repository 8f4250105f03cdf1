"""The one client for addresses that somebody typed: webhooks, push endpoints, feeds, attachments (trust X60-X62).

Every name is looked up once, all of its addresses must be public, and the connection goes to one of those very addresses, so that a
second answer of the DNS changes nothing. No redirects, no cookies, no proxies; bytes and time are limited as a whole, not per read.

    EgressError
    ├── Forbidden     this address is not one we go to: not https, not a public host
    └── Unreachable   no answer in time, or none that is HTTP; trying again later is safe

What was found at an address is never told: a closed port, a firewall and a wrong certificate all read alike, and towards a merchant
both errors should (`CANNOT_REACH`), or the difference would map somebody's network.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Self, TypeAlias
from urllib.parse import SplitResult, urlsplit

import msgspec

CANNOT_REACH = "The address could not be reached, or is not a public https address."

_PORTS = {"https": 443, "http": 80}
_MOST_ADDRESSES = 3  # that are tried of one name
_LONGEST_URL = 2_000
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
# Inside the global block, yet doors to something else: protocol assignments with Teredo, and IPv4 carried in 6to4 addresses.
_CARRIERS = (ipaddress.ip_network("2001::/23"), ipaddress.ip_network("2002::/16"), ipaddress.ip_network("192.88.99.0/24"))

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]


class EgressError(Exception):
    """Nothing usable came back. The text is for people and says nothing of what is there."""

    def __init__(self) -> None:
        super().__init__(CANNOT_REACH)


class Forbidden(EgressError):
    """Not an address that we go to."""


class Unreachable(EgressError):
    """No answer, in time or at all. `begun`: the request had begun to leave, so the other side may have done what it asks."""

    def __init__(self, *, begun: bool = False) -> None:
        super().__init__()
        self.begun = begun


class Answer(msgspec.Struct, frozen=True):
    """What the other side said. Header names are lower case; `body` is cut at the limit, and `is_cut` says so."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says, in its order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


class Egress:
    """Makes requests; safe to share between threads.

    `loopback=True` opens 127.0.0.0/8 and ::1 for tests and for nothing else; `resolve` and `trust` are theirs too.
    """

    def __init__(self, *, loopback: bool = False, resolve: Resolve = system_addresses, trust: ssl.SSLContext | None = None) -> None:
        self._loopback = loopback
        self._resolve = resolve
        self._trust = trust or ssl.create_default_context()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        limit: int = 64 * 1024,
        timeout: float = 10.0,
        allow_http: bool = False,
    ) -> Answer:
        """One request, `timeout` seconds in all, at most `limit` bytes of answer. Raises Forbidden, Unreachable."""
        parts = check_address(url, allow_http=allow_http)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        deadline = time.monotonic() + timeout
        begun = False
        try:
            wire = self._connect(parts.scheme, host, port, self._allowed(host, port, deadline), deadline)
            begun = True
            with wire:
                return _talk(wire, method, parts, headers or {}, body, limit)
        except (OSError, http.client.HTTPException, ValueError):
            # From None: what is in the cause may be looked at by whoever logs it.
            raise Unreachable(begun=begun) from None

    def _allowed(self, host: str, port: int, deadline: float) -> list[Address]:
        """Every address of the name, in the resolver's order. One that is not public spoils the name."""
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in self._looked_up(host, port, deadline)]
        if not found:
            raise Unreachable
        if not all(is_public(one) or (self._loopback and one.is_loopback) for one in found):
            raise Forbidden
        return found[:_MOST_ADDRESSES]

    def _looked_up(self, host: str, port: int, deadline: float) -> Sequence[str]:
        """In a thread of its own, which is left alone when time is up: the system's resolver knows no deadline."""
        answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def look() -> None:
            try:
                answers.put(self._resolve(host, port))
            except Exception as problem:  # noqa: BLE001  (raised where it was asked)
                answers.put(problem)

        Thread(target=look, name="egress-dns", daemon=True).start()
        try:
            found = answers.get(timeout=_left(deadline))
        except Empty:
            raise Unreachable from None
        if isinstance(found, Exception):
            raise found
        return found

    def _connect(self, scheme: str, host: str, port: int, addresses: Sequence[Address], deadline: float) -> "_Wire":
        """A connection to the first of them that takes it. Each gets its share of the time that is left."""
        for untried in range(len(addresses), 0, -1):
            share = _left(deadline) / untried
            with suppress(OSError):
                plain = socket.create_connection((str(addresses[-untried]), port), timeout=share)
                return _Wire(self._secured(plain, scheme, host, deadline), deadline)
        raise Unreachable

    def _secured(self, plain: socket.socket, scheme: str, host: str, deadline: float) -> socket.socket:
        if scheme == "http":
            return plain
        try:
            plain.settimeout(_left(deadline))
            return self._trust.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def check_address(url: str, *, allow_http: bool = False) -> SplitResult:
    """The address in parts, if it is one we could go to as it is written; no look at the DNS. Raises Forbidden."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > _LONGEST_URL:
        raise Forbidden
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden from None
    schemes = ("https", "http") if allow_http else ("https",)
    if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc or port == 0:
        raise Forbidden
    return parts


def is_public(address: Address) -> bool:
    """Whether the address is somebody's on the open internet: no private, shared, local, mapped or group address."""
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_V6:  # mapped, NAT64 and the like carry IPv4
        return False
    return not any(address in net for net in _CARRIERS if net.version == address.version)


def _left(deadline: float) -> float:
    """Seconds that are left; raises TimeoutError when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Reading(io.RawIOBase):
    """The answer's bytes, each read within the time that is left of the whole."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]  # typeshed says Buffer
        self._connected.settimeout(_left(self._deadline))
        return self._connected.recv_into(into)


class _Wire:
    """A connection with a deadline; as much of a socket as http.client asks for."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def sendall(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            self._connected.settimeout(_left(self._deadline))
            rest = rest[self._connected.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._connected, self._deadline))

    def close(self) -> None:
        """Nothing: http.client says so when it has the headers and still reads. The end of the block closes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._connected.close()


def _talk(wire: _Wire, method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes, limit: int) -> Answer:
    # The host only names the Host header here: with `sock` set, http.client opens no connection of its own.
    line = http.client.HTTPConnection(parts.hostname or "", parts.port or _PORTS[parts.scheme])
    line.default_port = _PORTS[parts.scheme]  # so that :443 is left out
    line.sock = wire
    line.auto_open = 0
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line.request(method, target, body=body or None, headers={"User-Agent": "Wraca", "Connection": "close", **headers})
    answer = line.getresponse()
    content = answer.read(limit + 1)
    named = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, named, content[:limit], is_cut=len(content) > limit)

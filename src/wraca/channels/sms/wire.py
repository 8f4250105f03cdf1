"""Requests to providers, and what their failures mean before anybody has looked at the answer."""

import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from wraca.egress import Answer, Egress, Forbidden, Unreachable, is_public, system_addresses
from wraca.ports.channel import Misconfigured, Unavailable

_TIMEOUT = 20.0  # seconds
_LONGEST_WAIT = 3_600.0


class NoAnswer(Exception):
    """The request may have arrived: nobody knows whether the message leaves."""


class Wire:
    """The way out. `addresses` replaces the fixed address of a provider by name: for tests, and for a provider's other regions."""

    def __init__(self, egress: Egress | None = None, addresses: Mapping[str, str] | None = None) -> None:
        self._egress = egress or Egress()
        self._addresses = dict(addresses or {})

    def address(self, provider: str, usual: str) -> str:
        """Where this provider is reached: scheme and host."""
        return self._addresses.get(provider, usual)

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, repeatable: bool = False) -> Answer:
        """One request. `repeatable`: the other side knows our key, so that a request whose answer was lost may be made again.

        Raises Unavailable, Misconfigured; NoAnswer where it may have been done and must not be done twice.
        """
        try:
            answer = self._egress.request(method, url, headers, body, timeout=_TIMEOUT, allow_http=self._is_ours(url))
        except Forbidden as problem:
            raise Misconfigured("bad_address", str(problem)) from None
        except Unreachable as problem:
            if not problem.begun:
                raise Unavailable("no_connection", "the provider could not be reached") from None
            raise _unanswered("no answer", repeatable=repeatable) from None
        _check(answer, repeatable=repeatable)
        return answer

    def connect(self, provider: str, host: str, port: int, *, tls: bool) -> socket.socket:
        """A line to a host that somebody typed: only to public addresses, to the very one that was looked at.

        Raises Misconfigured, Unavailable.
        """
        if ours := self._addresses.get(provider):
            host, _, number = ours.rpartition("//")[2].rpartition(":")
            found: Sequence[str] = (host,)
            port = int(number)
        else:
            found = _public_addresses(host, port)
        try:
            line = socket.create_connection((found[0], port), timeout=_TIMEOUT)
            return ssl.create_default_context().wrap_socket(line, server_hostname=host) if tls else line
        except OSError:
            raise Unavailable("no_connection", "the provider could not be reached") from None

    def _is_ours(self, url: str) -> bool:
        return any(url.startswith(address) for address in self._addresses.values())


def _public_addresses(host: str, port: int) -> Sequence[str]:
    try:
        found = system_addresses(host, port)
    except OSError:
        found = ()
    if not found:
        raise Unavailable("no_connection", "the provider could not be reached")
    if not all(is_public(ipaddress.ip_address(one.partition("%")[0])) for one in found):
        raise Misconfigured("bad_address", "the message centre must have a public address")
    return found


def _unanswered(said: str, *, repeatable: bool) -> Exception:
    return Unavailable("no_answer", said) if repeatable else NoAnswer(said)


def _check(answer: Answer, *, repeatable: bool) -> None:
    """What a status means with every provider."""
    if answer.status == 429:
        raise Unavailable("too_fast", "the provider asks for less", retry_after=wait_of(answer))
    if answer.status == 503:
        raise Unavailable("try_later", "the provider is not there just now", retry_after=wait_of(answer))
    if answer.status >= 500:
        raise _unanswered(f"HTTP {answer.status}", repeatable=repeatable)
    if 300 <= answer.status < 400:
        raise Misconfigured("bad_address", f"HTTP {answer.status}: the address leads elsewhere")


def wait_of(answer: Answer) -> float:
    """Retry-After in seconds; a minute where none was said."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), _LONGEST_WAIT) if said.isdigit() else 60.0


def form(fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a form."""
    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode()


def read_json(answer: Answer) -> dict[str, Any]:
    """The answer as an object; an empty one for anything else."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}

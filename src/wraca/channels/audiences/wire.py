"""Requests to ad platforms, and what their failures mean before anybody has read the answer."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wraca.egress import Answer, Egress, Forbidden, Unreachable
from wraca.ports.channel import Misconfigured, Unavailable

_TIMEOUT = 30.0  # seconds
_ANSWER = 256 * 1024  # bytes
_LONGEST_WAIT = 3_600.0
JSON = {"Content-Type": "application/json"}


class Wire:
    """The way out. `addresses` replaces a platform's fixed address by its name: for tests."""

    def __init__(self, egress: Egress | None = None, addresses: Mapping[str, str] | None = None) -> None:
        self._egress = egress or Egress()
        self._addresses = dict(addresses or {})

    def address(self, platform: str, usual: str) -> str:
        """Where this platform is reached: scheme and host."""
        return self._addresses.get(platform, usual)

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request; every one of them may be repeated. Raises Unavailable, Misconfigured."""
        try:
            answer = self._egress.request(
                method, url, headers, body, timeout=_TIMEOUT, limit=_ANSWER, allow_http=self._is_ours(url)
            )
        except Forbidden as problem:
            raise Misconfigured("bad_address", str(problem)) from None
        except Unreachable:
            raise Unavailable("no_answer", "the platform could not be reached, or did not answer") from None
        if answer.status == 429 or answer.status >= 500:
            raise Unavailable("try_later", f"HTTP {answer.status}", retry_after=wait_of(answer))
        if 300 <= answer.status < 400:
            raise Misconfigured("bad_address", f"HTTP {answer.status}: the address leads elsewhere")
        return answer

    def _is_ours(self, url: str) -> bool:
        return any(url.startswith(address) for address in self._addresses.values())


def wait_of(answer: Answer) -> float:
    """Retry-After in seconds; a minute where none was said."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), _LONGEST_WAIT) if said.isascii() and said.isdigit() else 60.0


def read_json(answer: Answer) -> dict[str, Any]:
    """The answer as an object; an empty one for anything else."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def inner(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object inside an answer; an empty one where there is none."""
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def need(settings: Mapping[str, object], *names: str) -> tuple[str, ...]:
    """These settings as texts. Raises Misconfigured for one that is missing."""
    values = tuple(str(settings.get(name) or "").strip() for name in names)
    if missing := [name for name, value in zip(names, values, strict=True) if not value]:
        raise Misconfigured("missing", f"{', '.join(missing)}: still empty")
    return values


def need_number(name: str, value: str) -> None:
    """Raises Misconfigured for an id that is no row of digits."""
    if not (value.isascii() and value.isdigit()):
        raise Misconfigured("bad_id", f"{name} is a number")

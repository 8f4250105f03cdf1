"""Refusals and failures as HTTP: the only place that knows a status.

What a client can do about it decides the status. Segment's clients drop what was answered with a 4xx, but repeat 408, 410, 429, 460
and most 5xx; so nothing that will stay wrong may carry one of those (docs/reference/http.md).
"""

import secrets
import traceback
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog
from starlette.responses import Response

_log = structlog.get_logger("wraca.edge")

_STATUS: Final = {
    "unreadable": 400,
    "partly_rejected": 400,
    "unknown_key": 401,
    "origin_not_allowed": 403,
    "not_found": 404,
    "wrong_method": 405,
    "too_large": 413,
    "too_fast": 429,
    "internal": 500,
    "busy": 503,
}
JSON: Final = "application/json"
_BASE_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_encoder = msgspec.json.Encoder()


class Problem(Exception):
    """Why a request is not served. `code` is for programs, `message` an instruction for people, `retry_after` in seconds."""

    def __init__(self, code: str, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def anew(self) -> "Problem":
        """The same, to be raised: an exception that is raised twice keeps the frames of both, and so the bodies they had read."""
        return Problem(self.code, self.message, retry_after=self.retry_after)


class Rejected(msgspec.Struct, frozen=True, rename="camel"):
    """One event of a batch that was not taken."""

    index: int
    message_id: str
    field: str
    reason: str


def json_answer(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """A 200 with JSON that nobody keeps."""
    return Response(_encoder.encode(content), 200, {**_BASE_HEADERS, **(headers or {})}, JSON)


def problem_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as JSON. Segment's Python client prints `code` and `message`."""
    content = {"success": False, "code": problem.code, "message": problem.message}
    return Response(_encoder.encode(content), status_of(problem.code), {**headers_of(problem), **(headers or {})}, JSON)


def partial_answer(accepted: int, duplicates: int, rejected: Sequence[Rejected], headers: Mapping[str, str]) -> Response:
    """Some events were not taken; the others are committed."""
    advice = "cannot be used as they are: see `rejected`. The others are kept; do not send them again."
    content = {
        "success": False,
        "code": "partly_rejected",
        "message": f"{len(rejected)} of the events {advice}",
        "accepted": accepted,
        "duplicates": duplicates,
        "rejected": rejected,
    }
    return Response(_encoder.encode(content), _STATUS["partly_rejected"], {**_BASE_HEADERS, **headers}, JSON)


def status_of(code: str) -> int:
    """The HTTP status of a problem."""
    return _STATUS[code]


def headers_of(problem: Problem) -> dict[str, str]:
    """The headers that belong to this problem."""
    headers = dict(_BASE_HEADERS)
    if problem.retry_after:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.code == "unknown_key":
        headers["WWW-Authenticate"] = 'Basic realm="wraca"'
    return headers


def internal(fault: BaseException) -> Problem:
    """An unexpected failure: the log gets the whole story under an id, the client gets the id."""
    name = secrets.token_hex(6)
    # Where, not what: the text of an error may quote the address or the token it stumbled over.
    _log.error("request failed", error_id=name, kind=type(fault).__name__, at=traceback.format_tb(fault.__traceback__)[-6:])
    return Problem("internal", f"Something went wrong on our side (error {name}). Sending the same again is safe.")


# Raise `BUSY.anew()`, never these themselves.
BUSY: Final = Problem("busy", "The server cannot take more at the moment. Send the same again later.", retry_after=2)
TOO_FAST: Final = Problem("too_fast", "Too many events from here at once. Send the same again later.", retry_after=5)
UNKNOWN_KEY: Final = Problem(
    "unknown_key", "This write key is not known. Send the key of the shop as the user name of Basic auth, or as writeKey."
)
ORIGIN: Final = Problem("origin_not_allowed", "This page may not use this write key. Add its origin to the key in Settings, Keys.")

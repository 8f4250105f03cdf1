"""Any provider that takes a message over HTTP: address, headers and body as the merchant writes them, success as they say.

Names in braces are filled in: {to} (+48...), {to_digits} (48...), {text}, {sender}, {key}, {expires} (seconds), {report_url}. In
the address and in a form they are percent-encoded, in JSON escaped; a header takes them as they are, on one line.

What comes back is read with care: an expression of the merchant's runs on a short answer and may repeat itself only so often.
"""

import json
import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

from wraca.channels.sms.providers.texts import Settings, Text, international, need, said
from wraca.channels.sms.wire import NoAnswer, Wire
from wraca.egress import Answer
from wraca.ports.channel import Misconfigured, Receipt, Refused
from wraca.ports.texting import Call, Delivery, Heard, Reply, Report

_NAMES: Final = ("to", "to_digits", "text", "sender", "key", "expires", "report_url")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_READ = 1_000  # characters of an answer that an expression sees
_MOST_REPEATS = 2
_REPEAT = re.compile(r"(?<!\\)(?:\*|\+|\{\d*,\d*\})")
_NESTED = re.compile(r"\)\s*(?:[*+?]|\{)|\\[1-9]|\(\?[^:]")
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*:\s*([^\r\n]*)")
_RANGES = re.compile(r"[1-5][0-9]{2}(?:-[1-5][0-9]{2})?")

# Words of delivery reports as gateways and SMPP (3.4, appendix B) write them, without their endings.
STATUSES: Final[dict[str, Delivery]] = {
    "delivered": Delivery.DELIVERED, "delivrd": Delivery.DELIVERED, "read": Delivery.DELIVERED,
    "accepted": Delivery.ACCEPTED, "acceptd": Delivery.ACCEPTED, "enroute": Delivery.ACCEPTED, "sent": Delivery.ACCEPTED,
    "queued": Delivery.ACCEPTED, "buffered": Delivery.ACCEPTED,
    "failed": Delivery.FAILED, "undeliv": Delivery.FAILED, "undelivered": Delivery.FAILED, "undeliverable": Delivery.FAILED,
    "rejected": Delivery.FAILED, "rejectd": Delivery.FAILED, "deleted": Delivery.FAILED,
    "expired": Delivery.EXPIRED,
    "unknown": Delivery.UNKNOWN,
}  # fmt: skip


class AnyHttp:
    """Settings: `http_url`, `http_method`, `http_headers`, `http_body`, `http_success`, `http_answer`, `http_reference`."""

    name = "http"

    def check(self, settings: Settings) -> None:
        """An https address, names that exist, expressions that come to an end."""
        need(settings, "http_url", "sender")
        url = said(settings, "http_url")
        if urlsplit(url).scheme != "https" or "{" in url.partition("://")[2].partition("/")[0]:
            raise Misconfigured("bad_address", "the address begins with https:// and a host of its own")
        written = " ".join(said(settings, name) for name in ("http_url", "http_body", "http_headers"))
        if unknown := sorted(set(_PLACE.findall(written)) - set(_NAMES)):
            raise Misconfigured("unknown_name", f"there is no {{{unknown[0]}}}; known are {', '.join(_NAMES)}")
        if "{text}" not in written or not ("{to}" in written or "{to_digits}" in written):
            raise Misconfigured("missing_name", "{text} and {to} or {to_digits} must stand in the address or in the body")
        _headers(settings, {})
        _successes(said(settings, "http_success", "200-299"))
        for name in ("http_answer", "http_reference"):
            _expression(said(settings, name))

    def send(self, text: Text, settings: Settings, wire: Wire) -> Receipt:
        """The request that the merchant wrote."""
        values = {
            "to": text.to,
            "to_digits": text.to.removeprefix("+"),
            "text": text.text,
            "sender": text.sender,
            "key": text.key,
            "expires": str(text.expires_in),
            "report_url": text.report_url,
        }
        url = _filled(said(settings, "http_url"), {name: quote(value, safe="") for name, value in values.items()})
        headers = _headers(settings, values)
        body = _body(said(settings, "http_body"), headers, values)
        method = said(settings, "http_method", "POST")
        return _receipt(wire.ask(method, url, headers, body if method == "POST" else b""), settings)

    def hear(self, settings: Settings, call: Call) -> Heard:  # noqa: ARG002  (the path is the secret)
        """`key` or `m` (or `reference`) with `status`; or `from` with `text`."""
        fields = call.fields
        if fields.get("from") and "text" in fields and not fields.get("status"):
            return Heard(replies=(Reply(international(fields["from"]), fields["text"], fields.get("id", "")),))
        key, reference, status = fields.get("key") or fields.get("m", ""), fields.get("reference", ""), fields.get("status", "")
        if not status or not (key or reference):
            return Heard()
        known = STATUSES.get(status.strip().lower(), Delivery.UNKNOWN)
        reason = "" if known in {Delivery.ACCEPTED, Delivery.DELIVERED} else fields.get("reason", "")[:40] or known.value
        return Heard(reports=(Report(known, key, reference, reason, f"status {status[:20]}"),))

    def ask(self, key: str, reference: str, settings: Settings, wire: Wire) -> Report | None:  # noqa: ARG002
        """Nobody said how to ask."""
        return None


def _filled(template: str, values: dict[str, str]) -> str:
    """In one pass: what is filled in is not looked at again."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def _headers(settings: Settings, values: dict[str, str]) -> dict[str, str]:
    headers = {}
    for line in re.split(r"[\r\n]+|\s*\|\s*", said(settings, "http_headers")):
        if not line.strip():
            continue
        found = _HEADER.fullmatch(line.strip())
        if found is None or found[1].lower() in {"host", "content-length", "transfer-encoding", "connection"}:
            raise Misconfigured(
                "bad_header", "headers are written as Name: value, several with | between them; Host is set by itself"
            )
        headers[found[1]] = " ".join(_filled(found[2], values).split())
    return headers


def _body(template: str, headers: dict[str, str], values: dict[str, str]) -> bytes:
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if not kind and template:
        kind = headers["Content-Type"] = (
            "application/json" if template.lstrip().startswith(("{", "[")) else "application/x-www-form-urlencoded"
        )
    if "json" in kind:
        escaped = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    elif "form" in kind:
        escaped = {name: quote(value, safe="") for name, value in values.items()}
    else:
        escaped = values
    return _filled(template, escaped).encode()


def _receipt(answer: Answer, settings: Settings) -> Receipt:
    """Taken where the status and the words are those that the merchant named; refused where the status says so; else uncertain."""
    said_back = answer.body.decode("utf-8", "replace")[:_READ]
    if any(first <= answer.status <= last for first, last in _successes(said(settings, "http_success", "200-299"))):
        wanted = _expression(said(settings, "http_answer"))
        if wanted is not None and not wanted.search(said_back):
            raise Refused("refused", f"HTTP {answer.status}, but not the words of success")
        reference = _expression(said(settings, "http_reference"))
        found = reference.search(said_back) if reference else None
        named = (found[1] if found.re.groups else found[0]) if found else ""
        return Receipt(named or "", f"HTTP {answer.status}")
    if answer.status in {401, 403, 407}:
        raise Misconfigured("sign_in", f"HTTP {answer.status}")
    if answer.status in {404, 405, 410}:
        raise Misconfigured("bad_address", f"HTTP {answer.status}")
    if answer.status >= 400:
        raise Refused("refused", f"HTTP {answer.status}")
    raise NoAnswer(f"HTTP {answer.status}")


@lru_cache(maxsize=256)
def _successes(written: str) -> tuple[tuple[int, int], ...]:
    ranges = [part.strip() for part in written.split(",") if part.strip()]
    if not ranges or not all(_RANGES.fullmatch(part) for part in ranges):
        raise Misconfigured("bad_success", "success is written as statuses, such as 200-299 or 200, 202")
    return tuple((int(part[:3]), int(part[-3:])) for part in ranges)


@lru_cache(maxsize=256)
def _expression(written: str) -> re.Pattern[str] | None:
    """An expression that ends soon on every answer: repetitions are few and never inside one another."""
    if not written:
        return None
    if len(written) > 200 or _NESTED.search(written) or len(_REPEAT.findall(written)) > _MOST_REPEATS:
        raise Misconfigured("bad_expression", "keep it simple: at most two of * and +, none behind a bracket, no look-around")
    try:
        return re.compile(written)
    except re.error:
        raise Misconfigured("bad_expression", f"{written[:40]!r} is no regular expression") from None

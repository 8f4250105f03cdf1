"""SMSAPI (smsapi.pl, smsapi.bg, smsapi.com): one form to /sms.do, answered in JSON.

The message's key goes along as `idx` with `check_idx=1`: they refuse a key they have seen within the last days (error 53), so a
request whose answer was lost is made again, and 53 means that the first one was taken. Codes are those of their documentation.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from wraca.channels.sms.providers.texts import Settings, Text, international, need, said
from wraca.channels.sms.wire import Wire, form, read_json
from wraca.ports.channel import ChannelError, Misconfigured, Receipt, Refused, Unavailable
from wraca.ports.texting import Call, Delivery, Heard, Reply, Report

_HOSTS: Final = {"pl": "https://api.smsapi.pl", "bg": "https://api.smsapi.bg", "com": "https://api.smsapi.com"}
_TAKEN_BEFORE = 53
_SHORTEST, _LONGEST = 3_600, 12 * 3_600  # seconds that a message may be valid for, by their rules

_MISCONFIGURED = {
    14: "bad_sender", 70: "bad_callback", 101: "sign_in", 102: "sign_in", 103: "no_credit", 105: "address_not_allowed",
    110: "service_off", 1000: "no_right", 1001: "no_right", 1002: "no_right",
}  # fmt: skip
_BAD_NUMBER = {13: "bad_number", 33: "bad_number", 57: "opted_out"}
_REFUSED = {11: "content", 12: "too_long", 32: "country_not_allowed", 74: "wrong_hour"}
_LATER = {8, 52, 200, 201, 202, 203, 999}

STATUSES: Final[dict[str, Delivery]] = {
    "401": Delivery.UNKNOWN, "NOT_FOUND": Delivery.UNKNOWN,
    "402": Delivery.EXPIRED, "EXPIRED": Delivery.EXPIRED,
    "403": Delivery.ACCEPTED, "SENT": Delivery.ACCEPTED,
    "404": Delivery.DELIVERED, "DELIVERED": Delivery.DELIVERED,
    "405": Delivery.FAILED, "UNDELIVERED": Delivery.FAILED,
    "406": Delivery.FAILED, "FAILED": Delivery.FAILED,
    "407": Delivery.FAILED, "REJECTED": Delivery.FAILED,
    "408": Delivery.UNKNOWN, "UNKNOWN": Delivery.UNKNOWN,
    "409": Delivery.ACCEPTED, "QUEUE": Delivery.ACCEPTED,
    "410": Delivery.ACCEPTED, "ACCEPTED": Delivery.ACCEPTED,
    "411": Delivery.ACCEPTED, "RENEWAL": Delivery.ACCEPTED,
    "412": Delivery.FAILED, "STOP": Delivery.FAILED,
}  # fmt: skip


class Smsapi:
    """Settings: `token` (OAuth, with the right to send), `region` (pl, bg, com)."""

    name = "smsapi"

    def check(self, settings: Settings) -> None:
        """A token, and a region they have."""
        need(settings, "token", "sender")
        if said(settings, "region", "pl") not in _HOSTS:
            raise Misconfigured("bad_region", f"the region is one of {', '.join(_HOSTS)}")

    def send(self, text: Text, settings: Settings, wire: Wire) -> Receipt:
        """POST /sms.do."""
        fields = {
            "to": text.to.removeprefix("+"),
            "from": said(settings, "sender"),
            "message": text.text,
            "encoding": "utf-8",
            "format": "json",
            "details": "1",
            "idx": text.key,
            "check_idx": "1",
            "max_parts": str(text.parts),
        }
        if text.expires_in:
            valid = min(max(text.expires_in, _SHORTEST), _LONGEST)
            fields["expiration_date"] = str(text.sent_at // 1000 + valid)
        if text.report_url:
            fields["notify_url"] = text.report_url
        headers, body = form(fields)
        headers["Authorization"] = f"Bearer {said(settings, 'token')}"
        address = wire.address(self.name, _HOSTS[said(settings, "region", "pl")])
        answer = wire.ask("POST", f"{address}/sms.do", headers, body, repeatable=True)
        if answer.status in {401, 403}:
            raise Misconfigured("sign_in", f"HTTP {answer.status}")
        return _receipt(read_json(answer))

    def hear(self, settings: Settings, call: Call) -> Heard:  # noqa: ARG002  (they do not sign: the path is the secret)
        """A report of up to five messages at once, or an answer of somebody."""
        fields = call.fields
        if fields.get("sms_from"):
            reply = Reply(international(fields["sms_from"]), fields.get("sms_text", ""), fields.get("MsgId", ""))
            return Heard(replies=(reply,))
        return Heard(reports=tuple(_reports(fields)))

    def ask(self, key: str, reference: str, settings: Settings, wire: Wire) -> Report | None:  # noqa: ARG002  (the port's signature)
        """They tell by themselves."""
        return None


def _receipt(answer: dict[str, Any]) -> Receipt:
    if "error" in answer:
        code = int(answer["error"]) if str(answer["error"]).isdigit() else 0
        if code == _TAKEN_BEFORE:
            return Receipt(detail="they had taken it before")
        raise _problem(code)
    items = answer.get("list")
    if not isinstance(items, list) or not items or not isinstance(items[0], dict):
        # Whatever this was: they know our key, so asking again shows whether they have it.
        raise Unavailable("no_answer", "the answer makes no sense")
    item = items[0]
    if item.get("error"):
        raise _problem(int(item["error"]) if str(item["error"]).isdigit() else 0)
    status = str(item.get("status") or "")
    if STATUSES.get(status) in {Delivery.FAILED, Delivery.EXPIRED}:
        raise Refused("refused", status[:40])
    parts = answer.get("parts")
    return Receipt(str(item.get("id") or ""), status[:40], parts if isinstance(parts, int) else 0)


def _problem(code: int) -> ChannelError:
    """What an error code means for what happens next."""
    detail = f"error {code}"
    if code in _MISCONFIGURED:
        return Misconfigured(_MISCONFIGURED[code], detail)
    if code in _BAD_NUMBER:
        return Refused(_BAD_NUMBER[code], detail, hard=True)
    if code in _LATER:
        return Unavailable("try_later", detail)
    return Refused(_REFUSED.get(code, "refused"), detail)


def _reports(fields: dict[str, str]) -> Iterator[Report]:
    """Lists with commas, one entry for each message."""
    keys = fields.get("idx") or fields.get("m", "")
    statuses = fields.get("status") or fields.get("status_name", "")
    for reference, key, status in zip_longest(
        fields.get("MsgId", "").split(","), keys.split(","), statuses.split(","), fillvalue=""
    ):
        if status and (key or reference):
            known = STATUSES.get(status.strip().upper(), Delivery.UNKNOWN)
            reason = "" if known in {Delivery.ACCEPTED, Delivery.DELIVERED} else known.value
            yield Report(known, key.strip(), reference.strip(), reason, f"status {status[:20]}")

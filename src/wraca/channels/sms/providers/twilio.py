"""Twilio: the Messages resource of their REST API.

They know no idempotency key: a request whose answer was lost is not made again. Its status callback carries our key in the address,
so what became of it is told all the same. Their callbacks are signed (HMAC-SHA1 of the address and the sorted fields, or of the
address with a hash of the body), checked against the address that we gave them, not the one a proxy makes of it.
"""

import base64
import hmac
import re
from hashlib import sha1, sha256
from typing import Final

from wraca.channels.sms.providers.texts import Settings, Text, need, said
from wraca.channels.sms.wire import NoAnswer, Wire, form, read_json
from wraca.egress import Answer
from wraca.ports.channel import ChannelError, Misconfigured, Receipt, Refused, Unavailable
from wraca.ports.texting import Call, Delivery, Heard, NotGenuine, Reply, Report

_HOST: Final = "https://api.twilio.com"
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_LONGEST_VALIDITY = 36_000  # seconds
_SILENT = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

STATUSES: Final[dict[str, Delivery]] = {
    "accepted": Delivery.ACCEPTED, "scheduled": Delivery.ACCEPTED, "queued": Delivery.ACCEPTED,
    "sending": Delivery.ACCEPTED, "sent": Delivery.ACCEPTED,
    "delivered": Delivery.DELIVERED, "read": Delivery.DELIVERED,
    "undelivered": Delivery.FAILED, "failed": Delivery.FAILED, "canceled": Delivery.FAILED,
}  # fmt: skip
_OPTED_OUT = 21610
_BAD_NUMBER = {21211: "bad_number", 21217: "bad_number", 21614: "not_mobile", 30005: "bad_number", 30006: "not_mobile"}
_MISCONFIGURED = {
    20003: "sign_in", 20005: "no_right", 20404: "sign_in", 21212: "bad_sender", 21603: "bad_sender", 21606: "bad_sender",
    21609: "bad_callback", 21659: "bad_sender", 21660: "bad_sender", 21703: "bad_sender", 30002: "no_right",
}  # fmt: skip
_REFUSED = {21408: "country_not_allowed", 21612: "unreachable", 21617: "too_long", 30004: "blocked", 30007: "filtered"}
_LATER = frozenset({20429, 21611, 30001, 63038})


class Twilio:
    """Settings: `account` (AC...), `token` (the account's auth token); the sender may be a messaging service (MG...)."""

    name = "twilio"

    def check(self, settings: Settings) -> None:
        """An account, its token and a sender."""
        need(settings, "account", "token", "sender")
        if not _ACCOUNT.fullmatch(said(settings, "account")):
            raise Misconfigured("bad_account", "the account is AC and 32 hexadecimal digits, as their console shows it")

    def send(self, text: Text, settings: Settings, wire: Wire) -> Receipt:
        """POST .../Messages.json."""
        sender = said(settings, "sender")
        fields = {"To": text.to, "Body": text.text, "MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From": sender}
        if text.expires_in:
            fields["ValidityPeriod"] = str(min(max(text.expires_in, 1), _LONGEST_VALIDITY))
        if text.report_url:
            fields["StatusCallback"] = text.report_url
        headers, body = form(fields)
        headers["Authorization"] = _basic(settings)
        address = wire.address(self.name, _HOST)
        url = f"{address}/2010-04-01/Accounts/{said(settings, 'account')}/Messages.json"
        return _receipt(wire.ask("POST", url, headers, body))

    def hear(self, settings: Settings, call: Call) -> Heard:
        """A status of a message, or an answer; only what they signed."""
        if not _is_signed(call, said(settings, "token")):
            raise NotGenuine
        fields = call.form
        status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
        if status and status != "received":
            report = _report(call.query.get("m", ""), fields.get("MessageSid", ""), status, fields.get("ErrorCode", ""))
            return Heard(reports=(report,), answer="", content_type="text/plain; charset=utf-8")
        no = fields.get("OptOutType", "").upper() == "STOP"
        reply = Reply(fields.get("From", ""), fields.get("Body", ""), fields.get("MessageSid", ""), has_opted_out=no)
        return Heard(replies=(reply,) if reply.number else (), answer=_SILENT, content_type="text/xml; charset=utf-8")

    def ask(self, key: str, reference: str, settings: Settings, wire: Wire) -> Report | None:
        """GET .../Messages/SM....json, where we know their name for it."""
        if not re.fullmatch(r"[A-Za-z0-9]{10,40}", reference):
            return None
        address, account = wire.address(self.name, _HOST), said(settings, "account")
        url = f"{address}/2010-04-01/Accounts/{account}/Messages/{reference}.json"
        found = read_json(wire.ask("GET", url, {"Authorization": _basic(settings)}, b""))
        status = found.get("status")
        return _report(key, reference, str(status), str(found.get("error_code") or "")) if status else None


def _basic(settings: Settings) -> str:
    signed = base64.b64encode(f"{said(settings, 'account')}:{said(settings, 'token')}".encode()).decode()
    return f"Basic {signed}"


def _receipt(answer: Answer) -> Receipt:
    found = read_json(answer)
    if answer.status < 300 and found.get("sid"):
        segments = str(found.get("num_segments") or "0")
        return Receipt(str(found["sid"]), str(found.get("status") or "")[:40], int(segments) if segments.isdigit() else 0)
    if answer.status < 300:
        raise NoAnswer("the answer makes no sense")
    code = found.get("code")
    raise _problem(code if isinstance(code, int) else 0, answer.status)


def _problem(code: int, status: int) -> ChannelError:
    detail = f"error {code}" if code else f"HTTP {status}"
    if code == _OPTED_OUT:
        return Refused("opted_out", detail, hard=True)
    if code in _BAD_NUMBER:
        return Refused(_BAD_NUMBER[code], detail, hard=True)
    if code in _MISCONFIGURED or status in {401, 403}:
        return Misconfigured(_MISCONFIGURED.get(code, "sign_in"), detail)
    if code in _LATER:
        return Unavailable("try_later", detail)
    return Refused(_REFUSED.get(code, "refused"), detail)


def _report(key: str, reference: str, status: str, error: str) -> Report:
    code = int(error) if error.isdigit() else 0
    known = STATUSES.get(status.lower(), Delivery.UNKNOWN)
    reason = ""
    if known not in {Delivery.ACCEPTED, Delivery.DELIVERED}:
        no = "opted_out" if code == _OPTED_OUT else ""
        reason = no or _BAD_NUMBER.get(code, "") or _REFUSED.get(code, "") or known.value
    detail = f"{status[:20]} {code}" if code else status[:20]
    bad = known is Delivery.FAILED and code in _BAD_NUMBER
    return Report(known, key, reference, reason, detail, is_bad_number=bad, has_opted_out=code == _OPTED_OUT)


def _is_signed(call: Call, token: str) -> bool:
    """Whether X-Twilio-Signature is right for the address that was called and what was said."""
    signed = call.url
    if call.form:
        signed += "".join(f"{name}{call.form[name]}" for name in sorted(call.form))
    elif call.body and not hmac.compare_digest(call.query.get("bodySHA256", "").lower(), sha256(call.body).hexdigest()):
        return False
    right = base64.b64encode(hmac.digest(token.encode(), signed.encode(), sha1)).decode()
    return bool(token) and hmac.compare_digest(right, call.headers.get("x-twilio-signature", ""))

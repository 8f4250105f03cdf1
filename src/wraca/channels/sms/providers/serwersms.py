"""SerwerSMS (serwersms.pl): JSON to messages/send_sms of their HTTPS API v2.

The key goes along as `unique_id`. Whether a repeated one is refused depends on the account, so a request whose answer was lost is
not made again: what became of it is asked by the key (messages/reports). They know no validity period.
"""

from typing import Any, Final

import msgspec

from wraca.channels.sms.providers.texts import Settings, Text, international, need, said
from wraca.channels.sms.wire import NoAnswer, Wire, read_json
from wraca.ports.channel import ChannelError, Misconfigured, Receipt, Refused, Unavailable
from wraca.ports.texting import Call, Delivery, Heard, Reply, Report

_HOST: Final = "https://api2.serwersms.pl"

STATUSES: Final[dict[str, Delivery]] = {
    "delivered": Delivery.DELIVERED, "doreczono": Delivery.DELIVERED,
    "undelivered": Delivery.FAILED, "niedoreczono": Delivery.FAILED,
    "unsent": Delivery.FAILED, "niewyslano": Delivery.FAILED,
    "sent": Delivery.ACCEPTED, "wyslano": Delivery.ACCEPTED,
    "in_progress": Delivery.ACCEPTED, "pending": Delivery.ACCEPTED,
    "queued": Delivery.ACCEPTED, "saved": Delivery.ACCEPTED,
}  # fmt: skip
_EXPIRED = "message_expired"
_BAD_NUMBER = frozenset({"wrong_number", "unsupported_number"})
_BLACKLISTED = "number_is_blacklisted"

# Their error codes: of the request as a whole from 100, of one message from 2200.
_MISCONFIGURED = {
    100: "sign_in", 101: "sign_in", 102: "no_right", 103: "no_right", 104: "no_right", 105: "address_not_allowed",
    107: "address_not_allowed", 1000: "no_credit", 1001: "no_right", 1002: "no_credit", 1003: "no_right",
    2201: "no_credit", 2205: "bad_sender", 2208: "no_right",
}  # fmt: skip
_HARD = {2001: "bad_number", 2002: "bad_number", 2200: "bad_number", 2206: "opted_out"}
_REFUSED = {2202: "locked", 2203: "content", 2207: "country_not_allowed"}
_LATER = frozenset({2004, 2204})


class SerwerSms:
    """Settings: `user` and `password` of an API user."""

    name = "serwersms"

    def check(self, settings: Settings) -> None:
        """Whom to sign in as."""
        need(settings, "user", "password", "sender")

    def send(self, text: Text, settings: Settings, wire: Wire) -> Receipt:
        """POST messages/send_sms."""
        asked: dict[str, object] = {
            "phone": text.to,
            "text": text.text,
            "sender": said(settings, "sender"),
            "utf": text.is_unicode,
            "details": True,
            "unique_id": text.key,
        }
        answer = self._call("messages/send_sms", asked, settings, wire)
        if "error" in answer:
            raise _problem(answer["error"])
        items = answer.get("items")
        item = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else None
        if item is None:
            raise NoAnswer("the answer makes no sense")
        if item.get("status") == "unsent" or item.get("error_code"):
            raise _problem({"code": item.get("error_code")})
        parts = item.get("parts")
        return Receipt(str(item.get("id") or ""), str(item.get("status") or "")[:40], parts if isinstance(parts, int) else 0)

    def hear(self, settings: Settings, call: Call) -> Heard:  # noqa: ARG002  (they do not sign: the path is the secret)
        """A report, or an answer. The names are those of either of their interfaces."""
        fields = call.fields
        number, words = fields.get("phone") or fields.get("numer", ""), fields.get("text") or fields.get("wiadomosc", "")
        status = fields.get("status") or fields.get("stan", "")
        if number and words and not status:
            return Heard(replies=(Reply(international(number), words, fields.get("id", "")),))
        key = fields.get("unique_id") or fields.get("usmsid") or fields.get("m", "")
        reference = fields.get("id") or fields.get("smsid", "")
        if not status or not (key or reference):
            return Heard()
        return Heard(reports=(_report(key, reference, status, fields.get("reason") or fields.get("przyczyna", "")),))

    def ask(self, key: str, reference: str, settings: Settings, wire: Wire) -> Report | None:
        """POST messages/reports, by our key."""
        answer = self._call("messages/reports", {"unique_id": key}, settings, wire)
        items = answer.get("items")
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and item.get("status"):
                return _report(key, str(item.get("id") or reference), str(item["status"]), str(item.get("reason") or ""))
        return None

    def _call(self, path: str, asked: dict[str, object], settings: Settings, wire: Wire) -> dict[str, Any]:
        signed = {"username": said(settings, "user"), "password": said(settings, "password"), **asked}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = wire.ask("POST", f"{wire.address(self.name, _HOST)}/{path}", headers, msgspec.json.encode(signed))
        if answer.status in {401, 403}:
            raise Misconfigured("sign_in", f"HTTP {answer.status}")
        return read_json(answer)


def _problem(error: object) -> ChannelError:
    found = error.get("code") if isinstance(error, dict) else error
    code = int(str(found)) if str(found).isdigit() else 0
    detail = f"error {code}"
    if code in _MISCONFIGURED:
        return Misconfigured(_MISCONFIGURED[code], detail)
    if code in _HARD:
        return Refused(_HARD[code], detail, hard=True)
    if code in _LATER:
        return Unavailable("try_later", detail)
    return Refused(_REFUSED.get(code, "refused"), detail)


def _report(key: str, reference: str, status: str, reason: str) -> Report:
    known = STATUSES.get(status.strip().lower(), Delivery.UNKNOWN)
    if known is Delivery.FAILED and reason == _EXPIRED:
        known = Delivery.EXPIRED
    why = reason or ("" if known in {Delivery.ACCEPTED, Delivery.DELIVERED} else known.value)
    bad, no = reason in _BAD_NUMBER, reason == _BLACKLISTED
    return Report(known, key, reference, why[:40], f"status {status[:20]}", is_bad_number=bad, has_opted_out=no)

"""SMS as a channel: settings, texts, handing over to whichever provider the shop has."""

import html
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Final

from wraca.channels.sms.numbers import check_sender, read_countries, require_reachable
from wraca.channels.sms.providers import PROVIDERS
from wraca.channels.sms.providers.texts import Provider, Text
from wraca.channels.sms.segments import measure
from wraca.channels.sms.texts import SHORTENERS, fill
from wraca.channels.sms.wire import Wire
from wraca.domain.pacing import read_limits
from wraca.domain.spending import read_budget
from wraca.ports.channel import Misconfigured, Outgoing, Receipt, Rendered, Setting
from wraca.ports.texting import Call, Heard, NotGenuine, Report

SETTINGS: Final = (
    Setting("provider", "Provider", "choice", required=True, default="smsapi", choices=tuple(PROVIDERS), help="Who sends for you."),
    Setting("sender", "Sender", required=True, help="A name of up to 11 plain letters that they approved, or a number."),
    Setting("token", "Token", "secret", help="SMSAPI: an OAuth token with the right to send. Twilio: the account's auth token."),
    Setting("region", "SMSAPI region", "choice", default="pl", choices=("pl", "bg", "com"), help="Where your SMSAPI account is."),
    Setting("user", "User name", help="SerwerSMS: a user of their API."),
    Setting("password", "Password", "secret", help="SerwerSMS: that user's password."),
    Setting("account", "Twilio account", help="AC and 32 digits."),
    Setting("http_url", "Address", "secret", help="Any other provider: {to}, {to_digits}, {text}, {sender}, {key}."),
    Setting("http_method", "Method", "choice", default="POST", choices=("POST", "GET"), help="Any other provider."),
    Setting("http_headers", "Headers", "secret", help="Any other provider: Name: value, several with | between them."),
    Setting("http_body", "Body", help="Any other provider: a form or JSON with the same names."),
    Setting("http_success", "Statuses of success", default="200-299", help="Any other provider."),
    Setting("http_answer", "Words of success", help="Any other provider: an expression that the answer must match."),
    Setting("http_reference", "Their name for it", help="Any other provider: an expression that finds it in the answer."),
    Setting("smpp_host", "SMPP host", help="SMPP: the message centre. User name and password are its system id and password."),
    Setting("smpp_port", "SMPP port", "number", default="2775"),
    Setting("smpp_tls", "SMPP over TLS", "choice", default="no", choices=("no", "yes")),
    Setting("replies", "Answers come to Wraca", "choice", default="no", choices=("no", "yes"), help="Then STOP is a way out."),
    Setting("stop_words", "More words for no", help="Besides STOP, NIE, СТОП and their like; with commas between them."),
    Setting("countries", "Countries", help="Where numbers may be: PL, BG, EU. Empty: the EU."),
    Setting("diacritics", "Diacritics", "choice", default="remove", choices=("remove", "keep"), help="With them: 70 signs a part."),
    Setting("max_parts", "Most parts", "number", help="A longer message is not sent. Empty: 2, or 3 in Cyrillic."),
    Setting("prices", "Price of a part", help="In the shop's currency: PL 0.07, BG 0.09, * 0.12."),
    Setting("daily_cap", "Most to spend in a day", help="Such as 50. What would pass it waits for tomorrow."),
    Setting("link_host", "Short host for links", help="A host of your own that leads to this Wraca, such as k.shop.example."),
    Setting("limits", "Limits", help="Such as: shop 5/s."),
    Setting("callers", "Addresses that may report", help="IPs of the provider. Empty: whoever knows the path."),
)  # fmt: skip

_HOST = re.compile(r"(?=.{4,100}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}(?::[0-9]{2,5})?")
_MOST_PARTS = 6


class SmsChannel:
    """Stateless; safe to call from several threads. `wire` is the way out: tests bring their own."""

    name = "sms"
    settings: Sequence[Setting] = SETTINGS

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work. No network."""
        known = {setting.name for setting in SETTINGS}
        if unknown := sorted(set(settings) - known):
            raise Misconfigured(
                "unknown_setting", f"there is no setting {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        _provider(settings).check(settings)
        sender = str(settings.get("sender") or "")
        if not (settings.get("provider") == "twilio" and re.fullmatch(r"MG[0-9a-fA-F]{32}", sender)):
            check_sender(sender)
        read_countries(str(settings.get("countries") or ""))
        _check_numbers(settings)
        _check_host(str(settings.get("link_host") or ""))
        _callers(settings)

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002  (the port's signature)
        """Nothing of what costs something: there is no room for it."""
        return frozenset()

    def render(self, message: Outgoing) -> Rendered:
        """Make the text; no I/O. Raises TemplateProblem; Refused for a number that must not be written to, or a text too long."""
        require_reachable(message.recipient.address, read_countries(str(message.settings.get("countries") or "")))
        filled = fill(message)
        shown = f'<p style="white-space: pre-wrap">{html.escape(filled.text)}</p>'
        return Rendered(filled.shown[:160], shown, filled.text, filled.text.encode())

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:
        """Hand it over, once. Raises the errors of the port, or wire.NoAnswer when nobody knows."""
        size = measure(rendered.text)
        receipt = _provider(message.settings).send(
            Text(
                key=message.key,
                to=message.recipient.address,
                text=rendered.text,
                sender=str(message.settings.get("sender") or ""),
                parts=size.parts,
                is_unicode=size.encoding == "ucs2",
                sent_at=message.sent_at,
                expires_in=max(0, (message.deadline - message.sent_at) // 1000) if message.deadline else 0,
                report_url=message.links.report,
            ),
            message.settings,
            self._wire,
        )
        return Receipt(receipt.reference, receipt.detail, receipt.parts or size.parts)

    def close(self) -> None:
        """Nothing is kept open."""

    def hear(self, provider: str, settings: Mapping[str, object], call: Call) -> Heard:
        """What a call of the provider means. Raises NotGenuine."""
        if provider != settings.get("provider") or not _may_call(settings, call):
            raise NotGenuine
        return _provider(settings).hear(settings, call)

    def ask(self, settings: Mapping[str, object], key: str, reference: str) -> Report | None:
        """What became of a message; None where the provider cannot tell."""
        return _provider(settings).ask(key, reference, settings, self._wire)

    def no_words(self, settings: Mapping[str, object]) -> Sequence[str]:
        """The merchant's own words for no."""
        return [word.strip() for word in str(settings.get("stop_words") or "").split(",") if word.strip()]


def _provider(settings: Mapping[str, object]) -> Provider:
    name = str(settings.get("provider") or "")
    if name not in PROVIDERS:
        raise Misconfigured("no_provider", f"the provider is one of {', '.join(PROVIDERS)}")
    return PROVIDERS[name]


def _check_numbers(settings: Mapping[str, object]) -> None:
    try:
        read_limits(str(settings.get("limits") or ""))
        read_budget(settings)
    except ValueError as problem:
        raise Misconfigured("bad_number", str(problem)) from problem
    parts = str(settings.get("max_parts") or 2)
    if not parts.isdigit() or not 1 <= int(parts) <= _MOST_PARTS:
        raise Misconfigured("bad_number", f"a message has 1 to {_MOST_PARTS} parts")
    for name, choices in (
        ("diacritics", ("remove", "keep")),
        ("replies", ("no", "yes")),
        ("smpp_tls", ("no", "yes")),
        ("http_method", ("POST", "GET")),
    ):
        if str(settings.get(name) or choices[0]) not in choices:
            raise Misconfigured("bad_choice", f"{name} is {' or '.join(choices)}")


def _check_host(host: str) -> None:
    if host and (not _HOST.fullmatch(host) or host.removeprefix("www.") in SHORTENERS):
        raise Misconfigured(
            "bad_host", "the short host is one of your own, without https://, such as k.shop.example; no public shortener"
        )


def _callers(settings: Mapping[str, object]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    said = [part.strip() for part in str(settings.get("callers") or "").split(",") if part.strip()]
    try:
        return tuple(ipaddress.ip_network(part) for part in said)
    except ValueError:
        raise Misconfigured(
            "bad_callers", "addresses that may report are IP addresses or networks, such as 203.0.113.0/24"
        ) from None


def _may_call(settings: Mapping[str, object], call: Call) -> bool:
    allowed = _callers(settings)
    if not allowed:
        return True
    try:
        caller = ipaddress.ip_address(call.address)
    except ValueError:
        return False
    return any(caller in network for network in allowed)

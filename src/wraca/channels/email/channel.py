"""E-mail as a channel: settings, rendering, handing over."""

from collections.abc import Mapping, Sequence

import dkim

from wraca.channels.email.compiled import facts_shown, fill
from wraca.channels.email.mime import SIGNED, ascii_address, assemble, message_id
from wraca.channels.email.smtp import Connections, Server, server_of
from wraca.domain.pacing import read_limits
from wraca.ports.channel import Misconfigured, Outgoing, Receipt, Rendered, Setting

SETTINGS = (
    Setting("url", "Mail server", "secret", required=True, help="smtp://user:password@host:587, or smtps://...:465."),
    Setting("from", "From address", "email", required=True, help="An address of the shop's own domain."),
    Setting("from_name", "From name", help="Empty: the shop's name."),
    Setting("reply_to", "Answers go to", "email", help="Empty: to the From address."),
    Setting(
        "tls",
        "Encryption",
        "choice",
        default="offered",
        choices=("offered", "required", "insecure-ok"),
        help="offered: used when the server offers it. insecure-ok also accepts a certificate that nobody vouches for.",
    ),
    Setting("per_connection", "Messages per connection", "number", default="20", help="Some providers want at most 20."),
    Setting("dkim_domain", "DKIM domain", help="The domain that messages are signed for. Empty: that of the From address."),
    Setting("dkim_selector", "DKIM selector", help="The one the mail server signs with, so that Wraca can check its key in DNS."),
    Setting("dkim_key", "DKIM private key", "secret", help="PEM. Only if the mail server does not sign by itself."),
    Setting("limits", "Limits", help="Such as: shop 600/m, gmail 20/s, * 5/s. Empty: as fast as the mail server takes it."),
    Setting("trial", "Trial messages a day", "number", default="50", help="As long as the sending domain is not proven."),
    Setting("bounces", "Bounce mailbox", "secret", help="imaps://user:password@host/INBOX, read every few minutes."),
)


class EmailChannel:
    """Stateless but for its connections; safe to call from several threads."""

    name = "email"
    settings: Sequence[Setting] = SETTINGS

    def __init__(self) -> None:
        self._connections = Connections()

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work. No network."""
        _server(settings)
        known = {setting.name for setting in SETTINGS}
        if unknown := sorted(set(settings) - known):
            raise Misconfigured(
                "unknown_setting", f"there is no setting {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        for name in ("from", "reply_to"):
            if (name == "from" or settings.get(name)) and ascii_address(str(settings.get(name) or "")) is None:
                raise Misconfigured("bad_sender", f"{name} must be an e-mail address such as hello@shop.example")
        if settings.get("dkim_key") and not (settings.get("dkim_domain") and settings.get("dkim_selector")):
            raise Misconfigured("half_dkim", "DKIM needs its domain, its selector and its private key")
        _check_delivery(settings)

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:
        """Which of the facts that cost something to gather the template names; of one that is not there, none."""
        return facts_shown(template, language, sources)

    def render(self, message: Outgoing) -> Rendered:
        """Make the message; no I/O. Raises TemplateProblem, Refused, Misconfigured."""
        filled = fill(message)
        payload = assemble(message, filled)
        return Rendered(filled.subject, filled.html, filled.text, _signed(payload, message.settings))

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:
        """Hand it over, once. Raises the errors of the port, or smtp.NoAnswer when nobody knows."""
        sender, recipient = ascii_address(message.sender.address), ascii_address(message.recipient.address)
        if sender is None or recipient is None:  # render refuses these
            raise Misconfigured("bad_address", "the message has no address to go from or to")
        receipt = self._connections.deliver(_server(message.settings), sender, recipient, rendered.payload)
        return Receipt(message_id(message), receipt.detail)

    def close(self) -> None:
        """Give back connections."""
        self._connections.close()


def _server(settings: Mapping[str, object]) -> Server:
    per_connection = str(settings.get("per_connection") or 20)
    if not per_connection.isdigit():
        raise Misconfigured("bad_number", "messages per connection must be a whole number")
    return server_of(str(settings.get("url") or ""), str(settings.get("tls") or ""), int(per_connection))


def _check_delivery(settings: Mapping[str, object]) -> None:
    try:
        read_limits(str(settings.get("limits") or ""))
    except ValueError as problem:
        raise Misconfigured("bad_limits", str(problem)) from problem
    if not str(settings.get("trial") or 0).isdigit():
        raise Misconfigured("bad_number", "trial messages a day must be a whole number")
    if not str(settings.get("bounces") or "imaps://").startswith(("imap://", "imaps://")):
        raise Misconfigured("bad_mailbox", "the bounce mailbox must be given as imaps://user:password@host/INBOX")


def _signed(payload: bytes, settings: Mapping[str, object]) -> bytes:
    """With a DKIM signature (RFC 6376) over the headers of SIGNED, where the shop signs by itself."""
    if not settings.get("dkim_key"):
        return payload
    domain, selector, key = (str(settings[name]).encode() for name in ("dkim_domain", "dkim_selector", "dkim_key"))
    try:
        signature: bytes = dkim.sign(payload, selector, domain, key, include_headers=[name.encode() for name in SIGNED])
    except dkim.DKIMException as problem:
        raise Misconfigured("dkim_key", f"the message cannot be signed: {type(problem).__name__}") from problem
    return signature + payload

"""What every provider is asked to do, and what they all share."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from wraca.channels.sms.wire import Wire
from wraca.ports.channel import Misconfigured, Receipt
from wraca.ports.texting import Call, Heard, Report

Settings = Mapping[str, object]


class Text(msgspec.Struct, frozen=True):
    """An SMS ready to go. `expires_in` (seconds): of no use afterwards. `report_url`: where its fate may be told."""

    key: str
    to: str  # E.164
    text: str
    sender: str
    parts: int
    is_unicode: bool
    sent_at: int = 0  # Instant
    expires_in: int = 0
    report_url: str = ""


class Provider(Protocol):
    """One company's way of sending. Stateless; the settings are the shop's."""

    name: str

    def check(self, settings: Settings) -> None:
        """Raise Misconfigured if these settings cannot work. No network."""

    def send(self, text: Text, settings: Settings, wire: Wire) -> Receipt:
        """Hand it over, once. Raises the errors of the port, or NoAnswer."""

    def hear(self, settings: Settings, call: Call) -> Heard:
        """What a call of theirs means. Raises NotGenuine."""

    def ask(self, key: str, reference: str, settings: Settings, wire: Wire) -> Report | None:
        """What became of a message; None where they cannot tell."""


def need(settings: Settings, *names: str) -> None:
    """Raise Misconfigured where one of these is missing."""
    if missing := [name for name in names if not settings.get(name)]:
        raise Misconfigured("missing_setting", f"this provider needs {', '.join(missing)}")


def said(settings: Settings, name: str, default: str = "") -> str:
    """A setting as text."""
    return str(settings.get(name) or default)


def international(number: str) -> str:
    """A caller's number in E.164: providers leave the plus out."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"+{digits.removeprefix('00')}" if digits else ""

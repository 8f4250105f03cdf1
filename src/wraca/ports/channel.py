"""What Wraca asks of a channel: turn a message into bytes, hand it over, say truthfully what became of it.

The error tree, by what happens next::

    ChannelError
    ├── Refused         never write to this recipient again (`hard`), or this message was refused; the run goes on
    ├── Blocked         the recipient is fine, we are not trusted: the sending domain pauses, nobody is suppressed
    ├── Misconfigured   the merchant must act; the channel pauses and the message waits
    └── Unavailable     try again after `retry_after` seconds, until the message is no longer useful

Anything else that `deliver` raises after it started to hand over leaves the message `uncertain`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec


class ChannelError(Exception):
    """`reason` is a short word for the reports (`mailbox_full`), `detail` what the other side said, without addresses."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Refused(ChannelError):
    """This recipient or this message is refused for good."""

    def __init__(self, reason: str, detail: str = "", *, hard: bool = False) -> None:
        super().__init__(reason, detail)
        self.hard = hard  # the address itself is bad: suppress it


class Blocked(ChannelError):
    """The other side does not trust our domain or address (reputation, authentication)."""


class Misconfigured(ChannelError):
    """The channel's settings cannot work; only the merchant can mend it."""


class Unavailable(ChannelError):
    """Nothing was handed over; trying again is safe and useful."""

    def __init__(self, reason: str, detail: str = "", *, retry_after: float = 60.0) -> None:
        super().__init__(reason, detail)
        self.retry_after = retry_after


class Recipient(msgspec.Struct, frozen=True):
    """Whom to write to. `address` is an e-mail address, an E.164 number, a push subscription's id ...; name only where allowed."""

    address: str
    name: str = ""
    handle: str = ""  # what else it takes to reach them, never written down: a push subscription as JSON (ports/pushing.py)


class Sender(msgspec.Struct, frozen=True):
    """On whose behalf. `address` is the From address; `legal_name` and `postal_address` are printed in the footer (trust L20)."""

    name: str
    address: str
    reply_to: str = ""
    legal_name: str = ""
    postal_address: str = ""


class Links(msgspec.Struct, frozen=True):
    """Absolute URLs with one-time tokens, made for this one message."""

    restore: str
    preferences: str  # GET shows a page, POST (RFC 8058) unsubscribes
    open: str = ""  # empty: no pixel in this message
    click: str = ""  # a prefix: `click + "/" + str(index)` leads to `targets[index]`; empty: direct links
    targets: tuple[str, ...] = ()
    reason: str = ""  # asks why: `reason + "/" + code` with a word of domain/reasons.py, or by itself
    report: str = ""  # where the other side may tell what became of it (ports/texting.py); nobody else should know it


class Outgoing(msgspec.Struct, frozen=True):
    """One message, ready to be rendered.

    `key` (32 hex digits) is the same at every attempt: Message-ID, provider idempotency key and coupon issue key come from it.
    `facts` is the copied, allow-listed data that a template may read: see docs/reference/templates.md.
    """

    key: str
    shop: str
    recipient: Recipient
    sender: Sender
    template: str
    language: str
    facts: Mapping[str, object]
    links: Links
    settings: Mapping[str, object]
    sent_at: int = 0  # Instant, for the Date header
    deadline: int = 0  # Instant after which it is of no use; 0: nobody said
    sources: Mapping[str, str] = {}  # the merchant's own template: {"subject":, "mjml":, "text":}; empty: the built-in one


class Rendered(msgspec.Struct, frozen=True):
    """What will be handed over. `preview` feeds the console; `payload` is the channel's own form (MIME bytes for e-mail)."""

    subject: str
    html: str
    text: str
    payload: bytes


class Receipt(msgspec.Struct, frozen=True):
    """The other side took it. `reference` is their name for it, as it may come back in a webhook."""

    reference: str = ""
    detail: str = ""
    parts: int = 0  # how many it is paid for as, where that is counted


class Setting(msgspec.Struct, frozen=True):
    """One field of a channel's settings form. `secret` values are write-only in the console."""

    name: str
    label: str
    kind: Literal["text", "url", "email", "secret", "number", "choice"] = "text"
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    help: str = ""


class TemplateProblem(Exception):
    """A template cannot be rendered. `line` is 1-based, 0 where unknown; the text says what to change."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Channel(Protocol):
    """One way to reach a person. Stateless but for connections it keeps; safe to call from several threads."""

    name: str
    settings: Sequence[Setting]

    def check(self, settings: Mapping[str, object]) -> None:
        """Raise Misconfigured if these settings cannot work. No network."""

    def shows(self, template: str, language: str, sources: Mapping[str, str]) -> frozenset[str]:
        """Which of the facts that cost something to gather this message shows: `picks`, `bargains`, `reviews`. No I/O."""

    def render(self, message: Outgoing) -> Rendered:
        """Make the message; no I/O. Raises TemplateProblem."""

    def deliver(self, message: Outgoing, rendered: Rendered) -> Receipt:
        """Hand it over, once. Raises the errors above."""

    def close(self) -> None:
        """Give back connections."""

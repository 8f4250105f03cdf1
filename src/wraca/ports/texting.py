"""What Wraca asks of a channel whose other side calls back: what became of a message, and what people answered.

The edge takes the call, the channel says what it means, the use case (app/texting.py) does what follows. A call that cannot be
proven to come from the provider is NotGenuine: nothing follows from it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec


class NotGenuine(Exception):
    """The call is not signed as the provider signs, or not meant for these settings."""


class Delivery(StrEnum):
    """What became of a message behind the provider. `unknown` is never taken for delivered."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    FAILED = "failed"


class Call(msgspec.Struct, frozen=True):
    """A request as it came in. `url` is the public address that was called; `address` the caller's IP; header names lower case."""

    method: str
    url: str
    address: str = ""
    query: Mapping[str, str] = {}
    form: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""

    @property
    def fields(self) -> dict[str, str]:
        """Everything that was said by name, wherever it stood."""
        return {**self.query, **self.form}


class Report(msgspec.Struct, frozen=True):
    """One message's fate. `key` is our own name for it, `reference` theirs; one of them is given.

    `is_bad_number`: nobody will ever be reached there. `has_opted_out`: the provider knows that the person said no.
    """

    delivery: Delivery
    key: str = ""
    reference: str = ""
    reason: str = ""
    detail: str = ""
    is_bad_number: bool = False
    has_opted_out: bool = False


class Reply(msgspec.Struct, frozen=True):
    """What somebody wrote back. `number` is E.164; `id` is the provider's name for it, empty where there is none.

    `has_opted_out`: the provider itself understood it as a no.
    """

    number: str
    text: str
    id: str = ""
    has_opted_out: bool = False


class Heard(msgspec.Struct, frozen=True):
    """What a call meant, and what the provider wants to hear back."""

    reports: Sequence[Report] = ()
    replies: Sequence[Reply] = ()
    answer: str = "OK"
    content_type: str = "text/plain; charset=utf-8"


@runtime_checkable
class CallsBack(Protocol):
    """A channel whose other side calls back, or can be asked."""

    def hear(self, provider: str, settings: Mapping[str, object], call: Call) -> Heard:
        """What the call means. Raises NotGenuine. No I/O."""

    def ask(self, settings: Mapping[str, object], key: str, reference: str) -> Report | None:
        """What became of a message; None where the other side cannot tell. Raises Unavailable, Misconfigured."""

    def no_words(self, settings: Mapping[str, object]) -> Sequence[str]:
        """The merchant's own words by which people say no, besides the usual ones."""

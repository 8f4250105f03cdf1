"""What Wraca asks of a channel that reaches browsers: how to ask somebody, and which subscriptions it would send to."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import msgspec


class Subscription(msgspec.Struct, frozen=True):
    """What a browser hands over. Keys are URL-safe base64 without padding; `key_id` names the key it was made with."""

    endpoint: str
    p256dh: str
    auth: str
    key_id: str = ""


class Invitation(msgspec.Struct, frozen=True):
    """What a page needs to ask. `words` are shown before the browser's own question: `title`, `text`, `yes`, `no`.

    `agreed` is what somebody who pressed yes has read, word for word; `version` names these words.
    """

    key: str
    key_id: str
    words: Mapping[str, str]
    language: str
    agreed: str
    version: str
    from_view: int = 2  # never on the first page of a visit
    by_itself: bool = True


@runtime_checkable
class TakesSubscriptions(Protocol):
    """A channel that browsers subscribe to."""

    def invite(self, settings: Mapping[str, object], language: str, shop_name: str) -> Invitation:
        """How this shop asks. Raises Misconfigured."""

    def welcome(self, settings: Mapping[str, object], subscription: Subscription) -> str:
        """The push service's host. Raises Refused for an endpoint or keys that it would not send to. No I/O."""

    def renewed(self, settings: Mapping[str, object]) -> dict[str, object]:
        """The settings with a new key; those before it go on to work for subscriptions that were made with them."""


@runtime_checkable
class Completes(Protocol):
    """A channel some of whose settings nobody types."""

    def complete(self, settings: Mapping[str, object]) -> dict[str, object]:
        """The settings with what is still missing, such as a key of its own."""

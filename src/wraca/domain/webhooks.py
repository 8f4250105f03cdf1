"""What webhooks tell, to whom, how it is signed (Standard Webhooks) and how patiently it is tried again. Pure."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import derived_id

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

# ms between one try and the next: ten tries in a little less than five days.
GAPS = (5_000, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR, 24 * _HOUR, 36 * _HOUR, 36 * _HOUR)
TRIES = len(GAPS) + 1
FAILS_FOR = 5 * _DAY  # ms of nothing but failures after which nobody is there any more
OLD_SECRET_LIVES = 24 * _HOUR  # ms that a replaced secret still signs beside the new one
_LONGEST_WISH = _DAY  # ms that an endpoint may ask us to wait

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes of a secret, by the standard


class Topic(StrEnum):
    """What can be told. The names are public and never change; docs/reference/webhooks.md says what each carries."""

    CART_ABANDONED = "cart.abandoned"
    RUN_STARTED = "run.started"
    RUN_ENDED = "run.ended"
    MESSAGE_SENT = "message.sent"
    MESSAGE_SKIPPED = "message.skipped"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_BOUNCED = "message.bounced"
    MESSAGE_OPENED = "message.opened"
    MESSAGE_CLICKED = "message.clicked"
    PERSON_ANSWERED = "person.answered"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    ORDER_RECOVERED = "order.recovered"
    COUPON_GIVEN = "coupon.given"
    AUDIENCE_JOINED = "audience.joined"
    AUDIENCE_LEFT = "audience.left"
    NOTICE_CREATED = "notice.created"
    CHAT_STARTED = "chat.started"
    CHAT_MESSAGE = "chat.message"
    CHAT_ENDED = "chat.ended"
    TEST = "webhook.test"  # only ever sent by the button in the console


# What a merchant may choose from.
OFFERED = tuple(topic for topic in Topic if topic is not Topic.TEST)


class Hearer(msgspec.Struct, frozen=True):
    """An endpoint that is on. An empty choice means everything."""

    endpoint: str
    topics: frozenset[str] = frozenset()

    def wants(self, topic: str) -> bool:
        return not self.topics or topic in self.topics


class Key(msgspec.Struct, frozen=True):
    """A signing secret ("whsec_" and base64). `until` (Instant): when a replaced one stops to sign; 0 for the one in use."""

    secret: str
    until: Instant = 0


class Sealed(msgspec.Struct, frozen=True):
    """What stands sealed in an endpoint's row: its secrets, the newest first, and whether it may have personal data."""

    keys: tuple[Key, ...]
    personal: bool = False


def new_secret(random: bytes) -> str:
    """A secret as receivers' libraries take it. `random`: 24 to 64 bytes."""
    if not _SHORTEST <= len(random) <= _LONGEST:
        raise ValueError(len(random))
    return _PREFIX + base64.b64encode(random).decode()


def rotated(keys: Sequence[Key], secret: str, now: Instant) -> tuple[Key, ...]:
    """The new secret in front; those before it sign for one more day."""
    older = (key if key.until else Key(key.secret, now + OLD_SECRET_LIVES) for key in keys)
    return (Key(secret), *(key for key in older if key.until > now))


def signatures(keys: Sequence[Key], message: str, at: int, body: bytes, now: Instant) -> str:
    """The header `webhook-signature`: one `v1,...` for each living secret. `at` is the header `webhook-timestamp`, in seconds."""
    content = b".".join((message.encode(), str(at).encode(), body))
    living = [key.secret for key in keys if not key.until or key.until > now]
    return " ".join("v1," + base64.b64encode(hmac.digest(_bytes_of(secret), content, sha256)).decode() for secret in living)


def _bytes_of(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as problem:
        raise ValueError("not a signing secret") from problem


def next_try(message: str, tries: int, wish: int, now: Instant) -> Instant | None:
    """When to try again after so many tries, None for never. `wish` (ms): how long the endpoint asked us to wait.

    Up to a tenth later, by the message's own id, so that what failed together does not come back in one moment.
    """
    if tries >= TRIES:
        return None
    gap = max(GAPS[max(tries, 1) - 1], min(wish, _LONGEST_WISH))
    share = int(derived_id(message, "retry", str(tries))[:8], 16) / 2**32
    return now + gap + int(gap * share / 10)

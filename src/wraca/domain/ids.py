"""Names of things: small string types, and ids derived from what they name.

An id is 32 lower-case hexadecimal digits (a UUID without dashes). Ids of things that events bring into being are derived from the
events, so that a repeated or reordered delivery finds the same row again instead of making a second one.
"""

from hashlib import blake2b
from typing import NewType

ShopId = NewType("ShopId", str)
PersonId = NewType("PersonId", str)
CartId = NewType("CartId", str)
EventId = NewType("EventId", str)
RunId = NewType("RunId", str)
MessageId = NewType("MessageId", str)
HitId = NewType("HitId", str)
StepId = NewType("StepId", str)

BUCKETS = 256


def derived_id(*parts: str) -> str:
    """The id of whatever these parts name; the same parts give the same id on every machine."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def bucket_of(shop: ShopId) -> int:
    """The bucket (0-255) in which everything of this shop lives."""
    return blake2b(shop.encode(), digest_size=1).digest()[0]

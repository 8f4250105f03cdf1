"""What Wraca asks of a shop platform: prove who sent this, and say what happened in our words."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from wraca.domain.events import Event, Instant


class Forged(Exception):
    """The signature does not fit. The answer to the sender says nothing more than that."""


class Rejection(msgspec.Struct, frozen=True):
    """One item of a delivery that was not taken: which (0-based), the field at fault, and what to do about it."""

    index: int
    field: str
    reason: str


class Delivery(msgspec.Struct, frozen=True):
    """The good items as events, the others with their reasons. Nothing is dropped without one."""

    events: Sequence[Event]
    rejected: Sequence[Rejection] = ()


class ShopFacts(msgspec.Struct, frozen=True):
    """What a platform may know of the shop it reads for."""

    id: str
    domain: str
    currency: str
    secret: str = ""  # the shared secret of the webhooks, or the key of identity proofs


class Platform(Protocol):
    """One kind of shop. Pure: no network, no clock, no database."""

    name: str

    def receive(self, shop: ShopFacts, body: bytes, headers: Mapping[str, str], now: Instant) -> Delivery:
        """Read one webhook. Raises Forged; raises ValueError (with a text for people) when the body is not readable at all."""

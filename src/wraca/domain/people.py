"""What is known of one shopper."""

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import EventId, PersonId


class Permission(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The latest word of a person on one channel, with the event that proves it."""

    given: bool
    at: Instant
    event: EventId
    basis: str = "consent"
    language: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Why this person did not buy, as they said it."""

    reason: str  # domain/reasons.py
    at: Instant
    text: str = ""
    cart: str = ""
    message: str = ""


class View(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A product this person looked at, and when last."""

    product: str  # the product_id
    at: Instant
    url: str = ""


class Person(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A shopper: the fold of all events of all their identities.

    `email` and `phone` are proven (a server, a platform or an HMAC said so); `claims` were only typed into a browser and are never
    written to. `folded` is the order key of the newest event that went in: an older one means folding again from the start.
    """

    id: PersonId
    first_seen: Instant
    last_seen: Instant
    email: str = ""
    phone: str = ""
    user: str = ""
    email_event: EventId = EventId("")  # the event that proved the address: evidence when the shop vouches for it
    phone_event: EventId = EventId("")
    first_name: str = ""
    last_name: str = ""
    gender: str = ""
    language: str = ""
    timezone: str = ""
    country: str = ""
    attributes: dict[str, str | int | float | bool] = {}
    consents: dict[str, Permission] = {}  # by channel
    may_be_minor: bool = False  # then no ads, and nothing is concluded from what they did (trust L19)
    claims: tuple[str, ...] = ()
    orders_count: int = 0
    last_order_at: Instant = 0
    last_order_lines: tuple[str, ...] = ()  # product keys: an update of the ordered cart that comes after the order is an echo
    orders_seen: tuple[str, ...] = ()  # numbers of the latest orders of others that named this person: each ends carts only once
    answers: tuple[Answer, ...] = ()  # the newest last
    push: tuple[str, ...] = ()  # ids of the living push subscriptions, the newest last
    views: tuple[View, ...] = ()  # each product once, the newest last
    did: dict[str, Instant] = {}  # when each of the shop's own events (those we know no meaning of) last happened
    ended: dict[str, int] = {}  # scope -> how many carts of it were ordered
    folded: tuple[Instant, int, EventId] = (0, 0, EventId(""))

    @property
    def is_customer(self) -> bool:
        return self.orders_count > 0

    @property
    def allows_name(self) -> bool | None:
        """Whether messages may call them by name and use the forms of their gender; None: they did not say."""
        word = self.consents.get("personalisation")
        return None if word is None else word.given

    @property
    def allows_tracking(self) -> bool:
        """Whether openings may be measured: only where the person said so, and until they take it back (trust L16)."""
        word = self.consents.get("tracking")
        return word is not None and word.given

"""What happened in a shop: one frozen value per event, whoever sent it.

A platform (Segment, WooCommerce, ...) turns what it receives into these; everything behind intake knows only these. An event is
stored as it stands here and can be folded again at any time, so its shape may only grow.
"""

from enum import IntEnum, StrEnum
from typing import Literal, TypeAlias

import msgspec

from wraca.domain.ids import EventId

Instant: TypeAlias = int  # milliseconds since 1970-01-01 UTC


class IdentityKind(StrEnum):
    """What a person can be recognised by. The first three speak of a person, the last three of a device or a basket."""

    USER = "user"  # the shop's own customer id
    EMAIL = "email"  # lower case
    PHONE = "phone"  # E.164
    ANONYMOUS = "anonymous"  # the browser's id
    DEVICE = "device"  # an app's installation
    CART = "cart"  # the shop's cart token


class Identity(msgspec.Struct, frozen=True, order=True, gc=False):
    kind: IdentityKind
    value: str

    @property
    def key(self) -> str:
        return self.kind + ":" + self.value


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One product in a cart. `price` is for one piece, in minor units of the cart's currency; None when nobody said it."""

    product_id: str
    quantity: int = 1
    price: int | None = None
    name: str = ""
    variant: str = ""
    url: str = ""
    image_url: str = ""
    category: str = ""
    brand: str = ""
    trusted: bool = False  # said by the shop's server, not by a browser: may be shown in a message

    @property
    def key(self) -> str:
        return f"{self.product_id}/{self.variant}" if self.variant else self.product_id


class Stage(IntEnum):
    """How far the order came. The numbers order the stages and are stored."""

    CART = 1
    CONTACT = 2
    SHIPPING = 3
    PAYMENT = 4
    ORDERED = 5


class OrderState(StrEnum):
    """What the shop says of an order. The first four count as bought (a bank transfer or BLIK may still be on its way)."""

    COMPLETED = "completed"
    PAID = "paid"
    ON_HOLD = "on_hold"
    PENDING = "pending"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"

    @property
    def is_bought(self) -> bool:
        return self not in (OrderState.FAILED, OrderState.CANCELLED)


class Consent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a person allowed or took back. The proof that law asks for is made of these."""

    channel: str  # "email", "sms", "webpush", ...
    given: bool
    basis: str = "consent"  # "consent", "double_opt_in", "existing_customer", "shop_vouched"
    text: str = ""  # the exact words shown
    version: str = ""
    language: str = ""
    mechanism: str = ""  # "checkbox", "form", "link", "import"
    page: str = ""


# --- bodies: what each event says beyond who and when ------------------------------------------------------------------------


class LineAdded(msgspec.Struct, frozen=True, tag="added", omit_defaults=True, gc=False):
    line: Line
    cart: str = ""
    currency: str = ""


class LineRemoved(msgspec.Struct, frozen=True, tag="removed", omit_defaults=True, gc=False):
    line: Line  # `quantity` pieces less
    cart: str = ""


class CartReplaced(msgspec.Struct, frozen=True, tag="replaced", omit_defaults=True, gc=False):
    """The whole cart as it now is (Cart Updated, Cart Viewed with products, Checkout Started with products)."""

    lines: tuple[Line, ...] = ()
    cart: str = ""
    currency: str = ""
    total: int | None = None
    shipping: int | None = None
    coupon: str = ""
    stage: Stage = Stage.CART
    checkout_url: str = ""


class StageReached(msgspec.Struct, frozen=True, tag="stage", omit_defaults=True, gc=False):
    stage: Stage
    cart: str = ""
    shipping_method: str = ""
    shipping: int | None = None
    payment_method: str = ""
    coupon: str = ""
    payment_failed: bool = False


class OrderPlaced(msgspec.Struct, frozen=True, tag="order", omit_defaults=True, gc=False):
    """An order, or its new state. Amounts in minor units."""

    order: str
    state: OrderState = OrderState.COMPLETED
    cart: str = ""
    currency: str = ""
    total: int | None = None
    lines: tuple[Line, ...] = ()
    coupon: str = ""


class Identified(msgspec.Struct, frozen=True, tag="identified", omit_defaults=True, gc=False):
    """Facts about the person; an empty string means "not said"."""

    first_name: str = ""
    last_name: str = ""
    gender: str = ""  # "f", "m"
    language: str = ""  # "en", "pl", "bg", ...
    timezone: str = ""  # IANA
    country: str = ""  # ISO 3166-1 alpha-2
    attributes: dict[str, str | int | float | bool] = {}
    may_be_minor: bool | None = None


class Landed(msgspec.Struct, frozen=True, tag="landed", omit_defaults=True, gc=False):
    """A page reached through a message's link was really looked at: the proof that a click was human."""

    hit: str


class FeedChecked(msgspec.Struct, frozen=True, tag="feed", gc=False):
    """The shop says: every order up to this event's time has been reported."""


class Seen(msgspec.Struct, frozen=True, tag="seen", omit_defaults=True, gc=False):
    """Page viewed, product viewed, searched ...: a sign of life. `product` where the event named one."""

    product: str = ""
    url: str = ""


class Answered(msgspec.Struct, frozen=True, tag="answered", omit_defaults=True, gc=False):
    """Somebody said why they did not buy: a word of domain/reasons.py, and their own words."""

    reason: str
    text: str = ""
    message: str = ""  # the message that asked
    cart: str = ""  # the id of the cart it was about
    journey: str = ""


class Reviewed(msgspec.Struct, frozen=True, tag="reviewed", omit_defaults=True, gc=False):
    """A review of a product, as the shop's server reports it."""

    product: str
    review: str = ""  # the shop's own id of it; empty: the event's
    rating: int | None = None  # 1-5
    text: str = ""
    author: str = ""
    language: str = ""
    verified: bool | None = None  # whether the shop checked that the author bought it; None: it did not say


class AudienceChanged(msgspec.Struct, frozen=True, tag="audience", gc=False):
    """The shop's own tools put the person into an audience, or took them out of it."""

    audience: str
    joined: bool


class ProductTold(msgspec.Struct, frozen=True, tag="product", omit_defaults=True, gc=False):
    """The shop's server tells how a product now is. What it leaves out stays as it was. Amounts in minor units."""

    product: str
    variant: str = ""
    names: dict[str, str] = {}  # by language, "" for the shop's own
    currency: str = ""
    price: int | None = None
    stock: int | None = None
    url: str = ""
    image_url: str = ""
    category: str = ""
    brand: str = ""

    @property
    def key(self) -> str:
        return f"{self.product}/{self.variant}" if self.variant else self.product


class PushChanged(msgspec.Struct, frozen=True, tag="push", omit_defaults=True, gc=False):
    """A browser of this person may be sent web push from now on, or no more."""

    subscription: str  # its id
    gone: bool = False


class OrderSeen(msgspec.Struct, frozen=True, tag="order_seen", gc=False):
    """Derived by intake: an order of somebody else that named this person too, or what their browser had named."""

    order: str


class Named(msgspec.Struct, frozen=True, tag="named", gc=False):
    """Derived by intake: a browser named something (a cart token, an address) that it may not speak for."""

    by: str  # the key of the browser


class Other(msgspec.Struct, frozen=True, tag="other", gc=False):
    """An event we keep without knowing what it means."""


Body: TypeAlias = (
    LineAdded
    | LineRemoved
    | CartReplaced
    | StageReached
    | OrderPlaced
    | Identified
    | Landed
    | FeedChecked
    | Seen
    | Answered
    | Reviewed
    | AudienceChanged
    | ProductTold
    | PushChanged
    | OrderSeen
    | Named
    | Other
)

# Of two events of one millisecond the order comes last: its cart's events were before it, however they were numbered.
_AFTER_THE_REST = {OrderPlaced: 1 << 32, OrderSeen: 1 << 33}

Source = Literal["browser", "server", "platform", "import"]


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One thing that happened.

    `identities` are those the sender may speak for: all of them from a server, the anonymous and device ids (and whatever an HMAC
    proves) from a browser. `claims` are addresses that only a browser said: shown in the console, never written to.
    """

    id: EventId
    name: str
    at: Instant  # when it happened, by the corrected client clock
    received_at: Instant
    body: Body
    identities: tuple[Identity, ...] = ()
    claims: tuple[Identity, ...] = ()
    consents: tuple[Consent, ...] = ()
    source: Source = "server"
    seq: int = 0  # order inside one delivery
    backfill: bool = False  # history: folds, starts nothing
    raw: dict[str, object] = {}  # properties we do not model, kept as they came

    @property
    def order(self) -> tuple[Instant, int, EventId]:
        """Events fold in this order, however they arrive."""
        return (self.at, self.seq + _AFTER_THE_REST.get(type(self.body), 0), self.id)

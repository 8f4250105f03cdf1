"""Keeping an address that a visitor gives, by double opt-in: nothing is used before its owner pressed a button in a message to it.

    asked -> mailed -> confirmed        and deleted seven days after it was asked, or when its owner says that it was not them

The exact words that stood beside the box are kept with the version of the form, never what a browser claims they were. The address
belongs to this browser from the confirmation on; what the words of the form cover of the time before is what the cart then holds.
"""

import base64
from hashlib import sha256
from typing import Literal

import msgspec
from email_validator import EmailNotValidError, validate_email

from wraca.app.composing import masked
from wraca.app.deciding import CHANNEL, Pages, note_hit
from wraca.app.intake import take_in
from wraca.app.links import bucket_of_token, token_hash
from wraca.app.register import NoSuchShop, Register
from wraca.domain.carts import Cart
from wraca.domain.events import Consent, Event, Identified, Identity, IdentityKind, Instant
from wraca.domain.identity import person_id
from wraca.domain.ids import CartId, EventId, PersonId, ShopId, derived_id
from wraca.domain.panels import Form, panel_in
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import placements as sql
from wraca.storage.hot.intake import FIND_CARTS

LIFE = 7 * 24 * 3600 * 1000  # ms until an unconfirmed address is deleted
_DAY = 24 * 3600 * 1000

Verdict = Literal["taken", "unknown_form", "bad_address", "needs_consent", "no_cart", "not_connected"]

_cart = msgspec.json.Decoder(Cart)


class Wish(msgspec.Struct, frozen=True):
    """What somebody sent in a form. `version` is the placement's; `page` an address without its query."""

    anonymous_id: str
    name: str
    address: str
    ticked: bool = False
    language: str = ""
    page: str = ""


class Kept(msgspec.Struct, frozen=True):
    """What is sealed until it is confirmed."""

    address: str
    anonymous: str
    name: str
    link: str
    text: str = ""  # the exact words; empty where none were agreed to
    version: str = ""
    page: str = ""


class OptInRow(msgspec.Struct):
    shop: ShopId
    hash: str
    channel: str
    sealed: str
    cart: CartId | None
    language: str
    expires_at: Instant


class _PersonRow(msgspec.Struct):
    shop: ShopId
    person: PersonId


class ConfirmPage(msgspec.Struct, frozen=True):
    """What the page behind the link shows. The address comes masked: the mail may have been forwarded."""

    shop_name: str
    home: str
    masked_address: str
    language: str
    text: str
    wants_cart: bool
    is_confirmed: bool = False


class Found(msgspec.Struct, frozen=True):
    """An opt-in as it is stored: the columns of FIND_OPT_IN, in their order."""

    shop: ShopId
    channel: str
    sealed: str
    cart: CartId | None
    language: str
    asked_at: Instant
    confirmed_at: Instant | None
    expires_at: Instant


class Captures:
    """One per process. `public_url` is where the links of its messages lead."""

    def __init__(self, register: Register, pages: Pages, public_url: str) -> None:
        self._register = register
        self._pages = pages
        self._public = public_url.rstrip("/")

    def capture(self, shop_id: ShopId, wish: Wish, now: Instant) -> Verdict:
        """Keep the wish until it is confirmed. The answer never tells whether an address is known. Raises DatabaseBusy."""
        form, language, version = self._form(shop_id, wish)
        if form is None:
            return "unknown_form"
        address = _read(form.channel, wish.address)
        if not address:
            return "bad_address"
        if form.purpose == "messages" and not wish.ticked:
            return "needs_consent"
        if self._register.connection(shop_id, form.channel) is None:
            return "not_connected"
        shop = self._register.shop(shop_id)
        with self._register.database.write() as tx:
            person, cart = self._whose_cart(tx, shop, wish.anonymous_id)
            if form.purpose == "cart" and cart is None:
                return "no_cart"
            row = self._row(shop, form, wish, address, (language, version), now)
            row.cart = cart.id if cart and form.purpose == "cart" else None
            tx.run(sql.ADD_OPT_IN, [row], bucket=shop.bucket, now=now)
            note_hit(tx, shop, person, wish.name, "captured", now)
        return "taken"

    def _form(self, shop_id: ShopId, wish: Wish) -> tuple[Form | None, str, str]:
        standing = self._pages.showcase.one(shop_id, wish.name) if CHANNEL in self._register.channels else None
        found = panel_in(standing.panels, wish.language, self._register.shop(shop_id).language) if standing else None
        if standing is None or found is None:
            return None, "", ""
        language, panel = found
        form = panel.form
        return form, language, f"{standing.placement.version}.{form.version}" if form else ""

    def _row(self, shop: Shop, form: Form, wish: Wish, address: str, said: tuple[str, str], now: Instant) -> OptInRow:
        """The same address from the same browser on the same day gets the same token: one message, however often it is sent."""
        language, version = said
        day = str(now // _DAY)
        mac = self._register.seal.address_hash(shop.id, "confirm", f"{address}|{wish.anonymous_id}|{wish.name}|{day}")
        token = base64.urlsafe_b64encode(bytes([shop.bucket]) + sha256(mac.encode()).digest()[:20]).rstrip(b"=").decode()
        kept = Kept(
            address,
            wish.anonymous_id,
            wish.name,
            f"{self._public}/y/{token}",
            form.consent.replace("{shop}", shop.name) if wish.ticked else "",
            version,
            wish.page[:500],
        )
        sealed = self._register.seal.close(msgspec.to_builtins(kept))
        return OptInRow(shop.id, token_hash(token), form.channel, sealed, None, language, now + LIFE)

    def _whose_cart(self, tx: Transaction, shop: Shop, anonymous_id: str) -> tuple[PersonId, Cart | None]:
        key = f"anonymous:{anonymous_id}"
        rows = tx.all(sql.VISITOR, bucket=shop.bucket, shop=shop.id, key=key)
        person = PersonId(rows[0][0]) if rows else person_id(shop.id, key)
        found = tx.all(FIND_CARTS, [_PersonRow(shop.id, person)], bucket=shop.bucket)
        carts = [cart for _, _, body in found if (cart := _cart.decode(body)).is_waiting()]
        return person, max(carts, key=lambda one: (one.last_activity, one.id), default=None)

    # --- the link in the message ----------------------------------------------------------------------------------------------

    def page(self, token: str, now: Instant) -> ConfirmPage | None:
        """What the page shows; None for a token that is not good. Looking changes nothing."""
        found = self._find(token, now)
        if found is None:
            return None
        try:
            shop = self._register.shop(found.shop)
        except NoSuchShop:
            return None
        kept = self._opened(found)
        return ConfirmPage(
            shop.name,
            f"{shop.home}/",
            masked(kept.address),
            found.language or shop.language[:2],
            kept.text,
            wants_cart=found.cart is not None,
            is_confirmed=found.confirmed_at is not None,
        )

    def confirm(self, token: str, now: Instant) -> bool:
        """The owner of the address says yes: once, and again without harm. Raises Busy."""
        found = self._find(token, now)
        if found is None:
            return False
        if found.confirmed_at is not None:
            return True
        kept, shop = self._opened(found), self._register.shop(found.shop)
        if kept.text:
            self._prove(shop, found, kept, token, now)
        with self._register.database.write() as tx:
            if kept.text:
                hashed = self._register.seal.address_hash(shop.id, found.channel, kept.address)
                tx.run(sql.LIFT_OPT_OUT, bucket=shop.bucket, shop=shop.id, channel=found.channel, address=hashed)
            if tx.run(sql.CONFIRM_OPT_IN, bucket=shop.bucket, hash=token_hash(token), now=now):
                person, _ = self._whose_cart(tx, shop, kept.anonymous)
                note_hit(tx, shop, person, kept.name, "confirmed", now)
        return True

    def deny(self, token: str, now: Instant) -> bool:
        """It was not them, or they changed their mind: the address is deleted."""
        found = self._find(token, now)
        if found is None:
            return False
        with self._register.database.write() as tx:
            tx.run(sql.DROP_OPT_IN, bucket=self._register.shop(found.shop).bucket, hash=token_hash(token))
        return True

    def _prove(self, shop: Shop, found: Found, kept: Kept, token: str, now: Instant) -> None:
        """The address is this browser's from now on, and its owner allowed what the words said."""
        kind = IdentityKind.EMAIL if found.channel == "email" else IdentityKind.PHONE
        who = (Identity(IdentityKind.ANONYMOUS, kept.anonymous), Identity(kind, kept.address))
        consent = Consent(
            found.channel,
            given=True,
            basis="double_opt_in",
            text=kept.text,
            version=kept.version,
            language=found.language,
            mechanism="form",
            page=kept.page,
        )
        name = EventId(derived_id(shop.id, "confirmed", token_hash(token)))
        event = Event(name, "Address Confirmed", now, now, Identified(language=found.language), who, consents=(consent,))
        take_in(self._register.database, shop.bucket, [(shop.id, (event,))], now, self._register.idle)

    def _find(self, token: str, now: Instant) -> Found | None:
        bucket = bucket_of_token(token)
        if bucket is None:
            return None
        with self._register.database.read() as tx:
            rows = tx.all(sql.FIND_OPT_IN, bucket=bucket, hash=token_hash(token))
        found = Found(*rows[0]) if rows else None
        return found if found is not None and found.expires_at > now else None

    def _opened(self, found: Found) -> Kept:
        return opened(self._register, found.sealed)


def opened(register: Register, sealed: str) -> Kept:
    """What was sealed. Raises WrongKey."""
    return msgspec.convert(register.seal.open(sealed), Kept)


def _read(channel: str, said: str) -> str:
    """The address as it is kept; empty for what is none."""
    if channel == "email":
        try:
            return validate_email(said.strip(), check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            return ""
    digits = said.strip().replace(" ", "").replace("-", "")
    return digits if digits.startswith("+") and digits[1:].isdecimal() and 8 <= len(digits) <= 16 else ""

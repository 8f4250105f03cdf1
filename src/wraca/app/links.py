"""Links inside a message: random tokens of which only a hash is kept, each good for one purpose, its destinations fixed beforehand.

A token is 20 random bytes behind one byte that names the bucket, in URL-safe base64: it says nothing about shop, person or cart.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec

from wraca.app.answers import Purpose
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId, PersonId, ShopId
from wraca.domain.shop import Shop
from wraca.ports.channel import Links

_RANDOM = 20
_DAY = 24 * 3600 * 1000

# How long each kind of link lives (ms). Unsubscribing works longest: mails are kept.
LIFE: dict[str, int] = {"restore": 30 * _DAY, "click": 30 * _DAY, "open": 30 * _DAY, "preferences": 400 * _DAY, "lines": 3600_000}


class LinkRow(msgspec.Struct):
    """A link for the database. `targets` are absolute addresses in the shop's own domains."""

    shop: ShopId
    hash: str
    purpose: str
    message: MessageId
    person: PersonId
    cart: CartId
    targets: Sequence[str]
    expires_at: Instant


def new_token(bucket: int) -> str:
    """A fresh secret for a URL."""
    return base64.urlsafe_b64encode(bytes([bucket]) + secrets.token_bytes(_RANDOM)).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return sha256(token.encode()).hexdigest()


def bucket_of_token(token: str) -> int | None:
    """Where to look a token up; None for what cannot be one."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw[0] if len(raw) == _RANDOM + 1 else None


# Of an address only what every browser reads alike: one at which two readers see two hosts is refused, whatever it means.
_PLAIN = re.compile(r"https?://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?#][!-\[\]-~\u00a1-\uffff]*)?")


def own_address(shop: Shop, url: str) -> str:
    """The address if it leads to the shop's own domain (or below it), else nothing: messages never redirect elsewhere."""
    there, home = _PLAIN.fullmatch(url), urlsplit(shop.home)
    if there is None:
        return ""
    host, own = there["host"].lower(), (home.hostname or "").removeprefix("www.")
    inside = bool(own) and (host == own or host.endswith(f".{own}"))
    return url if inside and (home.port is None or there["port"] == str(home.port)) else ""


class Whose(msgspec.Struct, frozen=True):
    """The message that links stand in."""

    message: MessageId
    person: PersonId
    cart: CartId


class LinkMaker:
    """Makes the links of a batch of messages; `rows` are to be written in the transaction that writes `sending`."""

    def __init__(self, public_url: str) -> None:
        self.public = public_url.rstrip("/")
        self.rows: list[LinkRow] = []

    def links(
        self, shop: Shop, whose: Whose, now: Instant, targets: Sequence[str], *, pixel: bool, back: str = "", host: str = ""
    ) -> Links:
        """All the links of one message.

        `targets[i]` is where `click/i` leads; `back` is where the way back leads, where there is no cart to go back to;
        `host` is a short host of the shop's own that leads to us.
        """
        begin = f"https://{host}" if host else self.public

        def token(purpose: Purpose, leads_to: Sequence[str] = ()) -> str:
            made = new_token(shop.bucket)
            until = now + LIFE[purpose]
            self.rows.append(LinkRow(shop.id, token_hash(made), purpose, whose.message, whose.person, whose.cart, leads_to, until))
            return made

        tracked = shop.profile.track_clicks and any(targets)
        preferences = token("preferences")  # also good for the question why: both act only on a button that was pressed
        return Links(
            restore=f"{begin}/r/{token('restore', (back or shop.restore_url,))}",
            preferences=f"{begin}/u/{preferences}",
            open=f"{begin}/o/{token('open')}" if pixel else "",
            click=f"{begin}/c/{token('click', tuple(targets))}" if tracked else "",
            targets=tuple(targets),
            reason=f"{begin}/w/{preferences}",
        )

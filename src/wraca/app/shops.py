"""Shops and the keys that may speak for them."""

import secrets
from hashlib import sha256
from typing import Literal

import msgspec
from django.db import transaction

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.shop import Profile
from wraca.storage.fields import to_datetime
from wraca.storage.models import ApiKey, Shop

KeyKind = Literal["browser", "server"]
_PREFIX: dict[KeyKind, str] = {"browser": "wb_", "server": "ws_"}
_SHOWN = 10  # characters of a server key that stay readable, so that its owner can tell two apart


class ShopFields(msgspec.Struct, frozen=True):
    """What a merchant says of the shop itself; the rest is in its Profile."""

    name: str
    domain: str
    country: str = ""
    currency: str = "EUR"
    language: str = "en"
    timezone: str = "UTC"
    permission: str = "vouched"


class CreatedShop(msgspec.Struct, frozen=True):
    """`server_key` is told this once; only its hash is kept."""

    id: ShopId
    bucket: int
    browser_key: str
    server_key: str


def create_shop(fields: ShopFields, now: Instant, profile: Profile | None = None) -> CreatedShop:
    """A new shop with a browser key and a server key."""
    shop = ShopId(f"{now:012x}7{secrets.token_hex(10)[:3]}8{secrets.token_hex(8)[:15]}")  # UUIDv7
    bucket = bucket_of(shop)
    with transaction.atomic():
        Shop.objects.create(
            bucket=bucket,
            id=shop,
            **msgspec.structs.asdict(fields),
            identity_secret=secrets.token_hex(32),
            settings=msgspec.to_builtins(profile or Profile()),
            created_at=to_datetime(now),
        )
        return CreatedShop(shop, bucket, make_key(bucket, shop, "browser", now), make_key(bucket, shop, "server", now))


def change_shop(bucket: int, shop: ShopId, fields: ShopFields, profile: Profile) -> None:
    """Write what the merchant said. Register.forget makes it known to this process at once, to others within seconds."""
    changed = msgspec.structs.asdict(fields) | {"settings": msgspec.to_builtins(profile)}
    Shop.objects.filter(bucket=bucket, id=shop).update(**changed)


def shop_profile(bucket: int, shop: ShopId) -> Profile:
    """What the merchant said of the shop beyond its name."""
    row = Shop.objects.get(bucket=bucket, id=shop)
    return msgspec.convert(row.settings, Profile)


def pause_shop(bucket: int, shop: ShopId, since: Instant | None) -> None:
    """Stop all sending of the shop, or (None) go on. Messages wait, held, with the reason."""
    Shop.objects.filter(bucket=bucket, id=shop).update(paused_at=None if since is None else to_datetime(since))


def key_hash(key: str) -> str:
    """What is kept of a key. Keys are long and random, so that a fast hash is enough."""
    return sha256(key.encode()).hexdigest()


def make_key(bucket: int, shop: ShopId, kind: KeyKind, now: Instant, origins: tuple[str, ...] = ()) -> str:
    """A new write key; a server key is readable only now. A shop may have several: make one, swap, then revoke the old one."""
    key = _PREFIX[kind] + secrets.token_urlsafe(24)
    ApiKey.objects.create(
        bucket=bucket,
        shop_id=shop,
        key_hash=key_hash(key),
        kind=kind,
        shown=key if kind == "browser" else f"{key[:_SHOWN]}…",
        origins=list(origins),
        created_at=to_datetime(now),
    )
    return key


def revoke_key(bucket: int, shop: ShopId, hashed: str, now: Instant) -> bool:
    """The key of this hash is not accepted any more (edges notice within five seconds); False if there is no such live key."""
    keys = ApiKey.objects.filter(bucket=bucket, shop_id=shop, key_hash=hashed, revoked_at=None)
    return keys.update(revoked_at=to_datetime(now)) > 0

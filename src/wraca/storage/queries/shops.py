"""Reads about a shop as a whole."""

from datetime import datetime

import msgspec

from wraca.domain.ids import ShopId, bucket_of
from wraca.storage.fields import to_instant
from wraca.storage.models import ApiKey, ChannelSetting, EventRow, Feed, Installation, Member, Parked, Shop


class Key(msgspec.Struct, frozen=True):
    """Where everything of a shop lives; every query starts with it."""

    bucket: int
    shop: ShopId


class ShopName(msgspec.Struct, frozen=True):
    id: ShopId
    name: str


class TeamMember(msgspec.Struct, frozen=True):
    user_id: int
    address: str
    role: str
    has_signed_in: bool


class Channel(msgspec.Struct, frozen=True):
    """How a channel of the shop stands. Instants are 0 where it never happened."""

    name: str
    paused_until: int
    pause_reason: str
    checked_at: int


class KeyShown(msgspec.Struct, frozen=True):
    """A write key as it may be shown: a browser key in full, a server key by its first characters."""

    hash: str
    kind: str
    shown: str
    created_at: int
    revoked_at: int


class Standing(msgspec.Struct, frozen=True):
    """What decides whether this shop's messages can go out at all."""

    has_events: bool
    has_heartbeat: bool
    feed_complete_until: int
    channels: tuple[Channel, ...]
    parked: int
    installation_paused: str


def shops_of(user_id: int) -> list[ShopName]:
    """The shops in which this account has a role, by name."""
    ids = list(Member.objects.filter(user_id=user_id).values_list("shop_id", flat=True))
    buckets = {bucket_of(ShopId(shop)) for shop in ids}
    found = Shop.objects.filter(bucket__in=buckets, id__in=ids).order_by("name", "id").values_list("id", "name")
    return [ShopName(ShopId(shop), name) for shop, name in found]


def team(key: Key) -> list[TeamMember]:
    """Everybody with a role in the shop."""
    members = Member.objects.filter(bucket=key.bucket, shop_id=key.shop).select_related("user").order_by("user__username")
    return [TeamMember(each.user.pk, each.user.get_username(), each.role, each.user.last_login is not None) for each in members]


def write_keys(key: Key) -> list[KeyShown]:
    """All write keys, the newest first, the revoked ones last."""
    rows = ApiKey.objects.filter(bucket=key.bucket, shop_id=key.shop).order_by("-created_at")
    shown = [KeyShown(row.key_hash, row.kind, row.shown, to_instant(row.created_at), _instant(row.revoked_at)) for row in rows]
    return sorted(shown, key=lambda each: each.revoked_at > 0)


def channels(key: Key) -> tuple[Channel, ...]:
    """The channels that somebody set up."""
    rows = ChannelSetting.objects.filter(bucket=key.bucket, shop_id=key.shop).order_by("channel")
    return tuple(Channel(row.channel, _instant(row.paused_until), row.pause_reason, _instant(row.checked_at)) for row in rows)


def standing(key: Key) -> Standing:
    """What the overview needs to say what is missing or wrong."""
    feed = Feed.objects.filter(bucket=key.bucket, shop_id=key.shop).first()
    installation = Installation.objects.filter(id=1).first()
    return Standing(
        has_events=EventRow.objects.filter(bucket=key.bucket, shop_id=key.shop).exists(),
        has_heartbeat=bool(feed and feed.heartbeat),
        feed_complete_until=to_instant(feed.complete_until) if feed else 0,
        channels=channels(key),
        parked=Parked.objects.filter(bucket=key.bucket, shop_id=key.shop).count(),
        installation_paused=installation.paused_reason if installation else "",
    )


def _instant(moment: datetime | None) -> int:
    return 0 if moment is None else to_instant(moment)

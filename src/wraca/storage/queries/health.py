"""What `wraca doctor` looks at: the installation as a whole, and each shop."""

import msgspec
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.shop import Profile
from wraca.storage.fields import to_datetime
from wraca.storage.models import ApiKey, CartRow, ChannelSetting, Feed, Journey, OutboxRow, SendingDomain, Shop
from wraca.storage.queries.shops import Channel, Key, channels


class ShopHealth(msgspec.Struct, frozen=True):
    """How a shop is set up, and what became of its messages since a moment."""

    id: ShopId
    name: str
    keys: frozenset[str]  # kinds of live write keys
    channels: tuple[Channel, ...]
    active_journeys: int
    has_events: bool
    has_heartbeat: bool
    profile: Profile
    is_paused: bool
    states: dict[str, int]
    domains: tuple[tuple[str, str], ...]  # that it sends from, the latest tried first, with what DNS said of them


def database_clock() -> Instant | None:
    """The database server's clock; None where it is the same machine's as ours."""
    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
        return int(cursor.fetchone()[0])


def has_accounts() -> bool:
    """Whether anybody can sign in to the console."""
    return bool(get_user_model().objects.exists())


def sealed_settings() -> list[tuple[ShopId, str, str]]:
    """Every shop's channel settings as they are sealed: shop, channel, text."""
    rows = ChannelSetting.objects.order_by("bucket", "shop_id", "channel").values_list("shop_id", "channel", "sealed")
    return [(ShopId(shop), channel, sealed) for shop, channel, sealed in rows]


def shops_health(since: Instant) -> list[ShopHealth]:
    """Every shop, by name. Messages are counted since this moment."""
    return [_health(shop, since) for shop in Shop.objects.order_by("name", "id")]


def _health(shop: Shop, since: Instant) -> ShopHealth:
    here = {"bucket": shop.bucket, "shop_id": shop.id}
    feed = Feed.objects.filter(**here).first()
    recent = OutboxRow.objects.filter(**here, planned_at__gte=to_datetime(since)).order_by()
    return ShopHealth(
        id=ShopId(shop.id),
        name=shop.name,
        keys=frozenset(ApiKey.objects.filter(**here, revoked_at=None).values_list("kind", flat=True)),
        channels=channels(Key(shop.bucket, ShopId(shop.id))),
        active_journeys=Journey.objects.filter(**here, active_since__isnull=False).count(),
        has_events=feed is not None or CartRow.objects.filter(**here).exists(),
        has_heartbeat=bool(feed and feed.heartbeat),
        profile=msgspec.convert(shop.settings, Profile),
        is_paused=shop.paused_at is not None,
        states=dict(recent.values_list("state").annotate(count=Count("id"))),
        domains=tuple(SendingDomain.objects.filter(**here).order_by("-tried_at").values_list("domain", "standing")),
    )

"""What a channel's messages cost a shop, and what became of them."""

from collections import Counter

import msgspec

from wraca.storage.models import OutboxRow, Spend
from wraca.storage.queries.shops import Key


class SpentDay(msgspec.Struct, frozen=True):
    """One of the shop's days: days since 1970, millionths of its currency."""

    day: int
    micros: int
    messages: int
    parts: int


def spent_days(key: Key, channel: str, since: int) -> tuple[SpentDay, ...]:
    """The days on which something was spent, the newest first."""
    rows = Spend.objects.filter(bucket=key.bucket, shop_id=key.shop, channel=channel, day__gte=since, messages__gt=0)
    return tuple(SpentDay(*row) for row in rows.order_by("-day").values_list("day", "micros", "messages", "parts"))


def fates(key: Key, channel: str, since: object) -> Counter[str]:
    """How many messages of this time were delivered, failed, ... as the provider told; "" for those of which it told nothing."""
    rows = OutboxRow.objects.filter(
        bucket=key.bucket, shop_id=key.shop, channel=channel, planned_at__gte=since, sending_at__isnull=False
    ).exclude(state="skipped")
    return Counter(str(body.get("delivery") or "") for body in rows.values_list("body", flat=True)[:20_000])

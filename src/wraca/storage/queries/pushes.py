"""How many browsers can be reached, and what became of the messages of the last week."""

from collections import Counter
from datetime import timedelta

import msgspec
from django.db.models import Count, Q

from wraca.domain.events import Instant
from wraca.domain.outbox import State
from wraca.storage.fields import to_datetime
from wraca.storage.models import OutboxRow, PushSubscription
from wraca.storage.queries.shops import Key

_WEEK = timedelta(days=7)
_MOST = 2_000  # rejected messages that are looked at for their reasons


class Browsers(msgspec.Struct, frozen=True):
    """`services` by host, the most first. `on_other_keys` wait for their next visit to change over."""

    living: int
    gone: int
    on_other_keys: int
    services: tuple[tuple[str, int], ...]


class Week(msgspec.Struct, frozen=True):
    """Messages of seven days. `reasons` of those that were rejected, the most first."""

    accepted: int
    rejected: int
    waiting: int
    reasons: tuple[tuple[str, int], ...]


def browsers(key: Key, key_id: str) -> Browsers:
    """The shop's subscriptions; `key_id` names its newest key."""
    rows = PushSubscription.objects.filter(bucket=key.bucket, shop_id=key.shop)
    living = rows.filter(gone_at=None)
    services = living.values_list("service").annotate(count=Count("id")).order_by("-count", "service")
    counts = rows.aggregate(gone=Count("id", filter=~Q(gone_at=None)), living=Count("id", filter=Q(gone_at=None)))
    return Browsers(counts["living"], counts["gone"], living.exclude(key_id=key_id).count(), tuple(services[:8]))


def week(key: Key, now: Instant) -> Week:
    """What became of messages over web push."""
    since = to_datetime(now) - _WEEK
    rows = OutboxRow.objects.filter(bucket=key.bucket, shop_id=key.shop, channel="webpush", planned_at__gte=since)
    states = dict(rows.values_list("state").annotate(count=Count("id")))
    rejected = rows.filter(state=State.REJECTED.value)
    reasons = Counter(reasons[0] for reasons in rejected.values_list("reasons", flat=True)[:_MOST] if reasons)
    waiting = sum(states.get(state.value, 0) for state in (State.PLANNED, State.RETRY, State.HELD))
    taken = states.get(State.ACCEPTED.value, 0)
    return Week(taken, states.get(State.REJECTED.value, 0), waiting, tuple(reasons.most_common(5)))

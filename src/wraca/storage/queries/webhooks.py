"""The shop's webhooks and what became of what they were told, for whoever looks after them."""

from collections.abc import Sequence

import msgspec
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import WebhookDelivery, WebhookEndpoint


class EndpointSeen(msgspec.Struct, frozen=True):
    """An endpoint; no secrets. `topics` empty: everything. `waiting`: events that it has not taken yet."""

    id: str
    url: str
    topics: tuple[str, ...]
    created_at: Instant
    failing_since: Instant | None
    disabled_at: Instant | None
    disabled_reason: str
    waiting: int = 0


class DeliverySeen(msgspec.Struct, frozen=True):
    """One event told to one endpoint. `due_at` None: done, or given up; then `detail` says why."""

    id: str
    event: str
    at: Instant
    due_at: Instant | None
    attempts: int
    status: int | None
    detail: str

    @property
    def is_taken(self) -> bool:
        return self.due_at is None and not self.detail


def endpoints(shop: ShopId) -> tuple[EndpointSeen, ...]:
    """All of them, the oldest first."""
    counted = WebhookDelivery.objects.filter(**_here(shop)).values("endpoint_id")
    waiting = {row["endpoint_id"]: row["n"] for row in counted.annotate(n=Count("id", filter=Q(due_at__isnull=False)))}
    found = WebhookEndpoint.objects.filter(**_here(shop)).order_by("created_at", "id")
    return tuple(_seen(row, waiting.get(row.id, 0)) for row in found)


def endpoint(shop: ShopId, which: str) -> EndpointSeen:
    """One of them. Raises LookupError."""
    row = _one(shop, which).first()
    if row is None:
        raise LookupError(which)
    return _seen(row, WebhookDelivery.objects.filter(**_here(shop), endpoint_id=which, due_at__isnull=False).count())


def deliveries(shop: ShopId, which: str, most: int = 100) -> tuple[DeliverySeen, ...]:
    """What this endpoint was told lately, the newest first."""
    found = WebhookDelivery.objects.filter(**_here(shop), endpoint_id=which).order_by("-at", "id")[:most]
    return tuple(
        DeliverySeen(row.id, row.event, to_instant(row.at), row.due_at, row.attempts, row.status, row.detail) for row in found
    )


def count(shop: ShopId) -> int:
    """How many endpoints there are."""
    return WebhookEndpoint.objects.filter(**_here(shop)).count()


def add(shop: ShopId, which: str, url: str, topics: Sequence[str], sealed: str, now: Instant) -> None:
    """A new endpoint, switched on."""
    WebhookEndpoint.objects.create(
        **_here(shop), id=which, url=url, events=list(topics), sealed=sealed, created_at=to_datetime(now)
    )


def change(shop: ShopId, which: str, url: str, topics: Sequence[str], sealed: str) -> None:
    """Write what was changed."""
    _one(shop, which).update(url=url, events=list(topics), sealed=sealed)


def sealed(shop: ShopId, which: str) -> str:
    """Its secrets, sealed. Raises LookupError."""
    found = _one(shop, which).values_list("sealed", flat=True).first()
    if found is None:
        raise LookupError(which)
    return found


def seal(shop: ShopId, which: str, content: str) -> None:
    """Other secrets."""
    _one(shop, which).update(sealed=content)


def switch(shop: ShopId, which: str, off_since: Instant | None) -> None:
    """Off (with what still waits), or on again with a clean record."""
    with transaction.atomic():
        if off_since is None:
            _one(shop, which).update(disabled_at=None, disabled_reason="", failing_since=None)
            return
        _one(shop, which).filter(disabled_at=None).update(disabled_at=to_datetime(off_since), disabled_reason="by_hand")
        waiting = WebhookDelivery.objects.filter(**_here(shop), endpoint_id=which, due_at__isnull=False)
        waiting.update(due_at=None, lease_until=0, detail="endpoint_off")


def drop(shop: ShopId, which: str) -> None:
    """The endpoint and all it was told."""
    with transaction.atomic():
        WebhookDelivery.objects.filter(**_here(shop), endpoint_id=which).delete()
        _one(shop, which).delete()


def add_delivery(shop: ShopId, which: str, delivery: str, event: str, payload: dict[str, object], now: Instant) -> None:
    """Something to tell this endpoint alone. Raises LookupError for one that is not there, or off."""
    if not _one(shop, which).filter(disabled_at=None).exists():
        raise LookupError(which)
    WebhookDelivery.objects.create(
        **_here(shop), endpoint_id=which, id=delivery, event=event, at=to_datetime(now), payload=payload, due_at=now
    )


def again(shop: ShopId, which: str, delivery: str, now: Instant) -> bool:
    """Due once more, as if it had never been tried; not while somebody sends it, not to an endpoint that is off."""
    if not _one(shop, which).filter(disabled_at=None).exists():
        return False
    found = WebhookDelivery.objects.filter(**_here(shop), endpoint_id=which, id=delivery, lease_until__lte=now)
    return found.update(due_at=now, attempts=0, lease_until=0, detail="") > 0


def _here(shop: ShopId) -> dict[str, object]:
    return {"bucket": bucket_of(shop), "shop_id": shop}


def _one(shop: ShopId, which: str) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(**_here(shop), id=which)


def _seen(row: WebhookEndpoint, waiting: int) -> EndpointSeen:
    return EndpointSeen(
        row.id,
        row.url,
        tuple(row.events),
        to_instant(row.created_at),
        to_instant(row.failing_since) if row.failing_since else None,
        to_instant(row.disabled_at) if row.disabled_at else None,
        row.disabled_reason,
        waiting,
    )

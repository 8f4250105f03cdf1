"""Copies of audiences elsewhere and product feeds, for whoever looks after them: numbers, and what went wrong last."""

from typing import Any

import msgspec
from django.db.models import Count, Max, Q

from wraca.domain.events import Instant
from wraca.storage.fields import to_instant
from wraca.storage.models import AudienceEntry, AudienceMember, AudienceSink, PublishedFeed
from wraca.storage.queries.shops import Key


class Copy(msgspec.Struct, frozen=True):
    """One audience at one place. People: who should be there, who is, who is still to be put in or taken out, who failed."""

    platform: str
    audience: str
    paused_until: Instant
    pause_reason: str
    synced_at: Instant | None
    wanted: int = 0
    there: int = 0
    coming: int = 0
    going: int = 0
    failing: int = 0


class Failure(msgspec.Struct, frozen=True):
    """What the other side said, of how many people, and how often it was tried at most."""

    problem: str
    people: int
    attempts: int


class Line(msgspec.Struct, frozen=True):
    """One line of the ledger. `due_at` None: the other side agrees."""

    person: str
    is_wanted: bool
    is_there: bool
    changed_at: Instant
    due_at: Instant | None
    attempts: int
    is_promised: bool
    problem: str


class FeedSeen(msgspec.Struct, frozen=True):
    """When a feed was last published and with how many products; `refused_at`: it is stopped, and would have fewer."""

    kind: str
    products: int
    published_at: Instant
    refused_at: Instant | None
    refused_products: int


def copies(key: Key, audience: str = "") -> tuple[Copy, ...]:
    """Every copy (of this audience), by audience and place."""
    here = {"bucket": key.bucket, "shop_id": key.shop} | ({"audience": audience} if audience else {})
    counted = AudienceEntry.objects.filter(**here).values("platform", "audience")
    numbers = {
        (row["platform"], row["audience"]): row
        for row in counted.annotate(
            n_wanted=Count("person_id", filter=Q(wanted=True)),
            n_there=Count("person_id", filter=Q(there=True)),
            n_coming=Count("person_id", filter=Q(wanted=True, due_at__isnull=False)),
            n_going=Count("person_id", filter=Q(wanted=False)),
            n_failing=Count("person_id", filter=~Q(problem="")),
        )
    }
    found = []
    for row in AudienceSink.objects.filter(**here).order_by("audience", "platform"):
        counts: dict[str, Any] = dict(numbers.get((row.platform, row.audience), {}))
        found.append(
            Copy(
                row.platform,
                row.audience,
                to_instant(row.paused_until) if row.paused_until else 0,
                row.pause_reason,
                to_instant(row.synced_at) if row.synced_at else None,
                *(int(counts.get(f"n_{name}", 0)) for name in ("wanted", "there", "coming", "going", "failing")),
            )
        )
    return tuple(found)


def failures(key: Key, platform: str, audience: str) -> tuple[Failure, ...]:
    """What is wrong, the most frequent first."""
    rows = AudienceEntry.objects.filter(bucket=key.bucket, shop_id=key.shop, platform=platform, audience=audience)
    counted = rows.exclude(problem="").values("problem").annotate(n=Count("person_id"), most=Max("attempts"))
    return tuple(Failure(row["problem"], row["n"], row["most"]) for row in counted.order_by("-n", "problem")[:20])


def ledger(key: Key, platform: str, audience: str, most: int = 50) -> tuple[Line, ...]:
    """The latest changes."""
    rows = AudienceEntry.objects.filter(bucket=key.bucket, shop_id=key.shop, platform=platform, audience=audience)
    return tuple(
        Line(
            row.person_id,
            row.wanted,
            row.there,
            to_instant(row.changed_at),
            row.due_at,
            row.attempts,
            bool(row.reference),
            row.problem,
        )
        for row in rows.order_by("-changed_at", "person_id")[:most]
    )


def hashes(key: Key, platform: str, audience: str) -> list[dict[str, str]]:
    """Of everybody who should be there, what the place knows them by."""
    rows = AudienceEntry.objects.filter(bucket=key.bucket, shop_id=key.shop, platform=platform, audience=audience, wanted=True)
    return list(rows.order_by("person_id").values_list("identifiers", flat=True))


def is_known(key: Key, audience: str) -> bool:
    """Whether anybody ever was in an audience of this name, or it is copied somewhere."""
    here = {"bucket": key.bucket, "shop_id": key.shop, "audience": audience}
    return AudienceMember.objects.filter(**here).exists() or AudienceSink.objects.filter(**here).exists()


def feeds(key: Key) -> dict[str, FeedSeen]:
    """Those that were asked for at least once, by kind."""
    rows = PublishedFeed.objects.filter(bucket=key.bucket, shop_id=key.shop)
    return {
        row.kind: FeedSeen(
            row.kind,
            row.products,
            to_instant(row.published_at),
            to_instant(row.refused_at) if row.refused_at else None,
            row.refused_products,
        )
        for row in rows
    }

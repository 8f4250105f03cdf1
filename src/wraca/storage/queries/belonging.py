"""Audiences and notices for whoever looks at them."""

import msgspec
from django.db.models import Count, F, Q

from wraca.domain.events import Instant
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import AudienceMember, Notice, Person
from wraca.storage.queries.shops import Key


class Audience(msgspec.Struct, frozen=True):
    """How many people are in it now, and how many came and went since a moment. `sources` are journeys, or "event"."""

    name: str
    now: int
    joined: int
    left: int
    sources: tuple[str, ...]


class NoticeSeen(msgspec.Struct, frozen=True):
    """Something a journey told the team. `name` is what is known of the person, for those who may see it."""

    id: str
    at: Instant
    journey: str
    text: str
    person: str
    cart: str
    done_at: Instant | None
    mail: str
    name: str = ""


def audiences(key: Key, since: Instant) -> tuple[Audience, ...]:
    """Every audience of the shop, by name."""
    moment = to_datetime(since)
    rows = AudienceMember.objects.filter(bucket=key.bucket, shop_id=key.shop)
    members = rows.exclude(left_at=F("joined_at"))  # those rows only remember that somebody was taken out
    counted = members.values("audience").annotate(
        now=Count("person_id", filter=Q(left_at=None)),
        came=Count("person_id", filter=Q(joined_at__gte=moment)),
        went=Count("person_id", filter=Q(left_at__gte=moment)),
    )
    sources: dict[str, set[str]] = {}
    for name, source in members.values_list("audience", "source").distinct():
        sources.setdefault(name, set()).add(source)
    return tuple(
        Audience(row["audience"], row["now"], row["came"], row["went"], tuple(sorted(sources.get(row["audience"], ()))))
        for row in counted.order_by("audience")
    )


def audiences_of(key: Key, person: str) -> tuple[str, ...]:
    """The audiences this person is in now, by name."""
    rows = AudienceMember.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person, left_at=None)
    return tuple(rows.order_by("audience").values_list("audience", flat=True))


def notices(key: Key, most: int, *, is_done: bool) -> tuple[NoticeSeen, ...]:
    """The newest notices that are done, or are still to be done."""
    rows = Notice.objects.filter(bucket=key.bucket, shop_id=key.shop, done_at__isnull=not is_done).order_by("-at", "id")[:most]
    found = list(rows)
    people = Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id__in={row.person_id for row in found})
    names = {person.id: _name(person.body) for person in people}
    return tuple(
        NoticeSeen(
            row.id,
            to_instant(row.at),
            row.journey,
            row.text,
            row.person_id,
            row.cart_id,
            to_instant(row.done_at) if row.done_at else None,
            row.mail_state,
            names.get(row.person_id, ""),
        )
        for row in found
    )


def _name(body: dict[str, object]) -> str:
    name = " ".join(str(body[part]) for part in ("first_name", "last_name") if body.get(part))
    return name or str(body.get("email") or "")


def waiting_notices(key: Key) -> int:
    """How many nobody has seen to."""
    return Notice.objects.filter(bucket=key.bucket, shop_id=key.shop, done_at=None).count()


def finish_notice(key: Key, notice: str, now: Instant) -> bool:
    """Mark it as done; False where it is already, or is not there."""
    rows = Notice.objects.filter(bucket=key.bucket, shop_id=key.shop, id=notice, done_at=None)
    return bool(rows.update(done_at=to_datetime(now)))

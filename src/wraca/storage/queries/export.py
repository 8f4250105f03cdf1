"""Everything that the tables hold of one person, row by row, for whoever asks what is known of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec
from django.db.models import QuerySet

from wraca.domain.ids import PersonId
from wraca.storage.fields import to_datetime
from wraca.storage.models import (
    Answer,
    AudienceEntry,
    AudienceMember,
    CartRow,
    Chat,
    ChatLine,
    ConsentRow,
    Coupon,
    DecisionRow,
    EventRow,
    HitRow,
    Identity,
    Interest,
    Link,
    Notice,
    OrderRow,
    OutboxRow,
    Person,
    PushSubscription,
    RunRow,
    Shown,
    Suppression,
)
from wraca.storage.queries.shops import Key

# How a message is worked on, and where a row lives, is nothing about the person.
_OURS = frozenset(
    {"pk", "bucket", "shop_id", "mail_until", "mail_state", "lease_until", "lease_owner", "token_hash", "address_hash", "sealed"}
)
_RAW_INSTANTS = frozenset({"due_at", "last_sent_at"})

Rows = list[dict[str, object]]
_AnyRows: TypeAlias = "QuerySet[Any]"  # whichever table


class Address(msgspec.Struct, frozen=True, order=True):
    """An address as the suppression list knows it."""

    channel: str
    hash: str


def person_with_key(key: Key, keys: Iterable[str]) -> dict[str, PersonId]:
    """For each of these identities ("email:anna@example.com") that somebody has: whose it is."""
    rows = Identity.objects.filter(bucket=key.bucket, shop_id=key.shop, key__in=list(keys))
    return {name: PersonId(person) for name, person in rows.values_list("key", "person_id")}


def person_exists(key: Key, person: str) -> bool:
    """Whether there is a person of this id."""
    return Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id=person).exists()


def identity_keys(key: Key, person: str) -> tuple[str, ...]:
    """All that the person is recognised by."""
    rows = Identity.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person)
    return tuple(rows.order_by("key").values_list("key", flat=True))


def suppressions(key: Key, addresses: Iterable[Address]) -> Rows:
    """Why nothing is sent to these addresses, where it is so."""
    found: Rows = []
    for address in sorted(addresses):
        rows = Suppression.objects.filter(bucket=key.bucket, shop_id=key.shop, channel=address.channel, address_hash=address.hash)
        found += _rows(rows)
    return found


def everything(key: Key, person: str) -> dict[str, Rows]:
    """Each table's rows of this person, oldest first. Instants are ISO 8601 in UTC, amounts minor units."""
    here = {"bucket": key.bucket, "shop_id": key.shop}
    runs = list(RunRow.objects.filter(**here, person_id=person).values_list("id", flat=True))
    return {
        "identities": _rows(Identity.objects.filter(**here, person_id=person).order_by("key")),
        "carts": _rows(CartRow.objects.filter(**here, person_id=person).order_by("started_at")),
        "orders": _rows(OrderRow.objects.filter(**here, person_id=person).order_by("at")),
        "consents": _rows(ConsentRow.objects.filter(**here, person_id=person).order_by("at", "id")),
        "answers": _rows(Answer.objects.filter(**here, person_id=person).order_by("at", "id")),
        "journeys": _rows(RunRow.objects.filter(**here, person_id=person).order_by("started_at")),
        "chats": _rows(Chat.objects.filter(**here, person_id=person).order_by("opened_at", "id")),
        "chat_lines": _chat_lines(here, person),
        "offers": _rows(Coupon.objects.filter(**here, person_id=person).order_by("issued_at", "id")),
        "audiences": _rows(AudienceMember.objects.filter(**here, person_id=person).order_by("joined_at", "audience")),
        "ad_platforms": _rows(AudienceEntry.objects.filter(**here, person_id=person).order_by("platform", "audience")),
        "interests": _rows(Interest.objects.filter(**here, person_id=person).order_by("at", "product")),
        "push_subscriptions": _rows(PushSubscription.objects.filter(**here, person_id=person).order_by("created_at", "id")),
        "shown": _rows(Shown.objects.filter(**here, person_id=person).order_by("last_at", "name")),
        "notices": _rows(Notice.objects.filter(**here, person_id=person).order_by("at", "id")),
        "decisions": _rows(DecisionRow.objects.filter(**here, run_id__in=runs).order_by("at", "turn")),
        "messages": _rows(OutboxRow.objects.filter(**here, person_id=person).order_by("planned_at")),
        "links": _rows(Link.objects.filter(**here, person_id=person).order_by("expires_at")),
        "hits": _rows(HitRow.objects.filter(**here, person_id=person).order_by("at")),
        "events": _rows(EventRow.objects.filter(**here, anchor__in=identity_keys(key, person)).order_by("at", "id")),
    }


def person_body(key: Key, person: str) -> dict[str, object]:
    """What all their events add up to; empty if there is nobody of this id."""
    row = Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id=person).first()
    return dict(row.body) if row else {}


def _chat_lines(here: dict[str, Any], person: str) -> Rows:
    """What was said in their chats. A sealed file stays sealed: the console hands it out."""
    chats = list(Chat.objects.filter(**here, person_id=person).values_list("id", flat=True))
    found = _rows(ChatLine.objects.filter(**here, chat_id__in=chats).order_by("chat_id", "number"))
    for row in found:
        if isinstance(kept := row["attachment"], dict):
            row["attachment"] = {name: value for name, value in kept.items() if name != "sealed"}
    return found


def _rows(rows: _AnyRows) -> Rows:
    return [{name: _shown(name, value) for name, value in row.items() if name not in _OURS} for row in rows.values()]


def _shown(name: str, value: object) -> object:
    if name in _RAW_INSTANTS and isinstance(value, int):
        value = to_datetime(value) if value else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value

"""Reads of the outbox."""

import msgspec
from django.db.models import Count, QuerySet

from wraca.domain.events import Instant
from wraca.domain.ids import PersonId
from wraca.storage.fields import to_instant
from wraca.storage.models import HitRow, OutboxRow
from wraca.storage.queries.carts import PAGE, Cursor, people_by_id
from wraca.storage.queries.shops import Key


class MessageSeen(msgspec.Struct, frozen=True):
    """One message and what became of it. `settled_at` and `sending_at` are 0 where that did not happen."""

    id: str
    run: str
    step: str
    channel: str
    journey: str
    template: str
    state: str
    person: PersonId
    cart: str
    planned_at: Instant
    due_at: Instant
    sending_at: Instant
    settled_at: Instant
    attempts: int
    held_out: bool
    reasons: tuple[str, ...]
    subject: str
    language: str


class MessageRow(msgspec.Struct, frozen=True):
    message: MessageSeen
    name: str
    email: str
    reaction: str  # the strongest human one: "clicked", "opened", ""


class MessagePage(msgspec.Struct, frozen=True):
    rows: tuple[MessageRow, ...]
    next: str


def messages(key: Key, state: str, journey: str, after: Cursor | None) -> MessagePage:
    """A page of the outbox, the newest plan first."""
    rows = _rows(key)
    if state:
        rows = rows.filter(state=state)
    if journey:
        rows = rows.filter(journey=journey)
    if after:
        rows = rows.filter(planned_at__lte=after.at).exclude(planned_at=after.at, id__gte=after.id)
    found = list(rows.order_by("-planned_at", "-id")[: PAGE + 1])
    shown = found[:PAGE]
    people = people_by_id(key, [row.person_id for row in shown])
    reactions = reactions_to(key, [row.id for row in shown])
    following = Cursor(to_instant(shown[-1].planned_at), shown[-1].id).text if len(found) > PAGE else ""
    described = []
    for row in shown:
        person = people.get(row.person_id)
        name = f"{person.first_name} {person.last_name}".strip() if person else ""
        described.append(MessageRow(message_seen(row), name, person.email if person else "", reactions.get(row.id, "")))
    return MessagePage(tuple(described), following)


def message(key: Key, message_id: str) -> MessageSeen | None:
    """One message."""
    row = _rows(key).filter(id=message_id).first()
    return message_seen(row) if row else None


def states(key: Key) -> dict[str, int]:
    """How many messages are in each state."""
    return dict(_rows(key).values_list("state").annotate(count=Count("id")).order_by())


def reactions_to(key: Key, message_ids: list[str]) -> dict[str, str]:
    """The strongest human reaction to each of these messages."""
    hits = HitRow.objects.filter(bucket=key.bucket, shop_id=key.shop, message_id__in=message_ids, verdict="human")
    strongest: dict[str, str] = {}
    for message_id, purpose in hits.values_list("message_id", "purpose").distinct():
        if purpose in {"click", "restore"}:
            strongest[message_id] = "clicked"
        elif purpose == "open":
            strongest.setdefault(message_id, "opened")
    return strongest


def message_seen(row: OutboxRow) -> MessageSeen:
    """The row as a value."""
    body = row.body if isinstance(row.body, dict) else {}
    return MessageSeen(
        id=row.id,
        run=row.run_id,
        step=row.step,
        channel=row.channel,
        journey=row.journey,
        template=row.template,
        state=row.state,
        person=PersonId(row.person_id),
        cart=row.cart_id,
        planned_at=to_instant(row.planned_at),
        due_at=row.due_at,
        sending_at=to_instant(row.sending_at) if row.sending_at else 0,
        settled_at=to_instant(row.settled_at) if row.settled_at else 0,
        attempts=row.attempts,
        held_out=row.held_out,
        reasons=tuple(str(reason) for reason in row.reasons),
        subject=str(body.get("subject", "")),
        language=str(body.get("language", "")),
    )


def _rows(key: Key) -> QuerySet[OutboxRow]:
    return OutboxRow.objects.filter(bucket=key.bucket, shop_id=key.shop)

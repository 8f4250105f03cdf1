"""Reads of one person: who they are, and everything that happened between them and the shop."""

import msgspec

from wraca.domain.events import Event, Instant
from wraca.domain.ids import PersonId
from wraca.domain.journeys.run import Decision
from wraca.domain.people import Person as PersonValue
from wraca.storage.fields import to_instant
from wraca.storage.models import DecisionRow, EventRow, HitRow, Identity, OutboxRow, Person, RunRow, Suppression
from wraca.storage.queries.messages import MessageSeen, message_seen
from wraca.storage.queries.shops import Key

MOST_EVENTS = 300


class Decided(msgspec.Struct, frozen=True):
    """What a run decided at one moment."""

    run: str
    journey: str
    version: int
    cart: str
    held_out: bool
    at: Instant
    trail: tuple[Decision, ...]


class Hit(msgspec.Struct, frozen=True):
    message: str
    purpose: str
    at: Instant
    verdict: str
    reason: str


class RunSeen(msgspec.Struct, frozen=True):
    id: str
    journey: str
    version: int
    cart: str
    started_at: Instant
    outcome: str
    held_out: bool


class History(msgspec.Struct, frozen=True):
    """Everything of one person, each kind in order of time; only the newest MOST_EVENTS events."""

    events: tuple[Event, ...]
    runs: tuple[RunSeen, ...]
    decisions: tuple[Decided, ...]
    messages: tuple[MessageSeen, ...]
    hits: tuple[Hit, ...]


def person(key: Key, person_id: str) -> PersonValue | None:
    """One person as they are now known."""
    row = Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id=person_id).first()
    return msgspec.convert(row.body, PersonValue) if row else None


def find(key: Key, address: str) -> PersonId | None:
    """Whose proven e-mail address this is, exactly."""
    rows = Person.objects.filter(bucket=key.bucket, shop_id=key.shop, email=address.strip().lower()).exclude(email="")
    row = rows.order_by("-last_seen").first()
    return PersonId(row.id) if row else None


def identities(key: Key, person_id: str) -> tuple[str, ...]:
    """What the person is recognised by: "kind:value"."""
    rows = Identity.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person_id)
    return tuple(rows.order_by("key").values_list("key", flat=True)[:50])


def is_suppressed(key: Key, channel: str, address_hash: str) -> str:
    """Why nothing may go to this address; "" if nothing stands against it."""
    row = Suppression.objects.filter(bucket=key.bucket, shop_id=key.shop, channel=channel, address_hash=address_hash).first()
    return row.reason if row else ""


def history(key: Key, person_id: str) -> History:
    """All that the time line of a person shows, in six statements however much there is."""
    here = {"bucket": key.bucket, "shop_id": key.shop}
    runs = {run.id: run for run in RunRow.objects.filter(**here, person_id=person_id).order_by("started_at")}
    decisions = DecisionRow.objects.filter(**here, run_id__in=list(runs)).order_by("at")
    messages = OutboxRow.objects.filter(**here, person_id=person_id).order_by("planned_at")
    hits = HitRow.objects.filter(**here, person_id=person_id).order_by("at")
    return History(
        events=_events(key, person_id),
        runs=tuple(_run(run) for run in runs.values()),
        decisions=tuple(_decided(row, runs[row.run_id]) for row in decisions),
        messages=tuple(message_seen(row) for row in messages),
        hits=tuple(Hit(hit.message_id, hit.purpose, to_instant(hit.at), hit.verdict, hit.reason) for hit in hits),
    )


def _events(key: Key, person_id: str) -> tuple[Event, ...]:
    rows = EventRow.objects.filter(bucket=key.bucket, shop_id=key.shop, anchor__in=identities(key, person_id))
    payloads = list(rows.order_by("-at").values_list("payload", flat=True)[:MOST_EVENTS])
    return tuple(msgspec.convert(payload, Event) for payload in reversed(payloads))


def _run(row: RunRow) -> RunSeen:
    return RunSeen(row.id, row.journey, row.version, row.cart_id, to_instant(row.started_at), row.outcome, row.held_out)


def _decided(row: DecisionRow, run: RunRow) -> Decided:
    trail = msgspec.convert(row.trail, tuple[Decision, ...])
    return Decided(run.id, run.journey, run.version, run.cart_id, run.held_out, to_instant(row.at), trail)

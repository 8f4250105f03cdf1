"""Figures for Prometheus. Never labelled by shop or person: names of shops stay out of other people's systems (trust X90)."""

from collections import Counter as Tally
from collections.abc import Callable, Sequence

from prometheus_client import Counter, Gauge, generate_latest

from wraca.app.alarms import AlarmKind, judged, vitals
from wraca.app.intake import Arrival, Idle, take_in
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.outbox import State
from wraca.storage.database import Database, DatabaseBusy

EVENTS = Counter("wraca_events", "Events taken in by this process: accepted, or known already.", ["outcome"])
MESSAGES = Counter("wraca_messages", "Messages that this process brought to an end, by how they ended.", ["channel", "state"])
OLDEST = Gauge("wraca_oldest_due_seconds", "How long the oldest step or message that is due has been waiting.", ["what"])
PARKED = Gauge("wraca_parked", "Things put aside because they failed again and again.")
ALARMS = Gauge("wraca_alarms", "Alarms that are on now, by kind.", ["kind"])
DATABASE = Gauge("wraca_database_up", "1 while the database answers.")


def metered_intake(
    database: Database, bucket: int, arrivals: Sequence[Arrival], now: Instant, idle: Callable[[ShopId], Idle]
) -> list[int]:
    """Intake, counted. Raises Busy."""
    known = take_in(database, bucket, arrivals, now, idle)
    duplicates = sum(known)
    EVENTS.labels("duplicate").inc(duplicates)
    EVENTS.labels("accepted").inc(sum(len(events) for _, events in arrivals) - duplicates)
    return known


def count_message(channel: str, state: State) -> None:
    """A message came to an end."""
    MESSAGES.labels(channel, state.value).inc()


def page(register: Register, now: Instant) -> bytes:
    """What /metrics answers. It answers without the database too: that it is down is then the news."""
    try:
        seen = vitals(register, now)
    except DatabaseBusy:
        DATABASE.set(0)
        return generate_latest()
    DATABASE.set(1)
    OLDEST.labels("step").set(_age(seen.oldest_timer, now))
    OLDEST.labels("message").set(_age(seen.oldest_message, now))
    PARKED.set(seen.parked)
    on = Tally(alarm.kind for alarm in judged(seen, now))
    for kind in AlarmKind:
        ALARMS.labels(kind.value).set(on[kind])
    return generate_latest()


def _age(due_at: Instant, now: Instant) -> float:
    return max(0, now - due_at) / 1000 if due_at else 0.0

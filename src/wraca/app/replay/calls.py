"""JSON lines of API calls (Segment's, one call or one batch a line) -> events.

What a call means is said by the platform that the caller hands in; here it is only put in order of time.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from wraca.app.replay.past import BadPast, OutOfOrder, Tally
from wraca.app.replay.reach import Everybody
from wraca.domain.events import Event, Instant
from wraca.ports.platform import Delivery

# A batch as the platform reads it, received at the given moment. Raises ValueError for what is no batch.
ReadBatch: TypeAlias = Callable[[bytes, Instant], Delivery]

_MOST_WORDS = 60  # characters of a reason


class _Times(msgspec.Struct, rename="camel"):
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None


class _Line(msgspec.Struct):
    batch: list[msgspec.Raw] | None = None


_line = msgspec.json.Decoder(_Line)
_times = msgspec.json.Decoder(_Times)


def read_calls(text: Iterable[str], read: ReadBatch, tally: Tally, is_sorted: bool, *, everybody: bool) -> Iterator[Event]:  # noqa: FBT001
    """The events of all calls, in order of time. Raises BadPast where not one line is a call, OutOfOrder."""
    events: Iterable[Event] = _events(text, read, tally)
    if not is_sorted:
        events = sorted(events, key=lambda event: event.at)
    reach = Everybody() if everybody else None
    last = 0
    for event in events:
        if event.at < last:
            raise OutOfOrder
        last = event.at
        yield reach(event) if reach else event
    if not tally.events:
        raise BadPast("No line of the file is a call: expected one JSON object a line, such as an export of Segment's calls.")


def _events(text: Iterable[str], read: ReadBatch, tally: Tally) -> Iterator[Event]:
    for line in text:
        if not line.strip():
            continue
        for call in _calls(line.encode(), tally):
            tally.rows += 1
            yield from _event(call, read, tally)


def _calls(line: bytes, tally: Tally) -> list[bytes]:
    try:
        batch = _line.decode(line).batch
    except msgspec.DecodeError:
        tally.rows += 1
        tally.rejected["no_json"] += 1
        return []
    return [line] if batch is None else [bytes(one) for one in batch]


def _event(call: bytes, read: ReadBatch, tally: Tally) -> Iterator[Event]:
    at = _happened(call)
    if at is None:
        tally.rejected["bad_time"] += 1
        return
    try:
        delivery = read(b'{"batch":[' + call + b"]}", at)
    except ValueError:
        tally.rejected["no_call"] += 1
        return
    if not delivery.events:
        reason = delivery.rejected[0].field if delivery.rejected else "no_call"
        tally.rejected[reason[:_MOST_WORDS]] += 1
        return
    tally.events += 1
    for event in delivery.events:
        yield msgspec.structs.replace(event, at=at, received_at=at, backfill=False)


def _happened(call: bytes) -> Instant | None:
    """When the client says it happened: in a replay there is no clock to correct it by."""
    try:
        times = _times.decode(call)
    except msgspec.DecodeError:
        return None
    said = times.timestamp or times.original_timestamp or times.sent_at
    if isinstance(said, (int, float)):
        return int(said if said >= 100_000_000_000 else said * 1000) or None
    try:
        moment = datetime.fromisoformat(said or "")
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000) or None
    except (ValueError, OverflowError):
        return None

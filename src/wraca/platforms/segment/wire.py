"""The Segment wire format as it arrives: what we read of a call, and the times and ids derived from it.

Fields are typed `object` where clients in the wild disagree (numbers as ids, null for "none"): one odd value must cost one item
with a reason, never the batch. What we do not read (the browser's long `context`) is skipped by the decoder and costs nothing.
"""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from wraca.domain.events import Instant, Source
from wraca.domain.ids import EventId, ShopId, derived_id

MINUTE: Final = 60_000
DAY: Final = 86_400_000
ITEM_BYTES: Final = 32 * 1024  # Segment's own limit for one message
_AHEAD: Final = 5 * MINUTE  # a clock this much ahead is still a clock
_LATE: Final = 7 * DAY
_SECONDS_END: Final = 100_000_000_000  # numbers below are seconds (until the year 5138), above milliseconds

# NUL can be written in JSON but stored in no PostgreSQL text. An even number of backslashes before it is somebody's real backslash.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class Context(msgspec.Struct):
    """The part of `context` that we read."""

    traits: object = None
    device: object = None
    page: object = None
    locale: object = None
    timezone: object = None
    consent: object = None
    wraca: object = None
    backfill: object = None
    money: object = None


class Call(msgspec.Struct, rename="camel"):
    """One call of any kind: track, identify, page, screen, alias, group."""

    type: object = None
    event: object = None
    name: object = None
    message_id: object = None
    user_id: object = None
    anonymous_id: object = None
    previous_id: object = None
    group_id: object = None
    timestamp: object = None
    original_timestamp: object = None
    sent_at: object = None
    properties: object = None
    traits: object = None
    context: Context | None = None
    integrations: object = None


class Batch(msgspec.Struct, rename="camel"):
    """`POST /v1/batch`. The items stay bytes until each is read on its own: a bad one must not spoil the others."""

    batch: list[msgspec.Raw]
    sent_at: object = None
    context: Context | None = None
    integrations: object = None


class _Keys(msgspec.Struct, rename="camel"):
    write_key: object = None


class _Named(msgspec.Struct, rename="camel"):
    message_id: object = None


class _NamedBatch(msgspec.Struct):
    batch: list[msgspec.Raw]


_batches = msgspec.json.Decoder(Batch)
_calls = msgspec.json.Decoder(Call)
_keys = msgspec.json.Decoder(_Keys)
_named = msgspec.json.Decoder(_Named)
_named_batches = msgspec.json.Decoder(_NamedBatch)
_canonical = msgspec.json.Encoder(order="deterministic")


def without_nul(body: bytes) -> bytes:
    """The body without NUL characters, which no database can store."""
    return _NUL.sub(rb"\1", body) if b"\\u0000" in body else body


def decode_batch(body: bytes) -> Batch:
    """Raises ValueError with a text for people when the body is not a batch."""
    try:
        return _batches.decode(without_nul(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError(f'The body must be JSON of the form {{"batch": [...]}} ({fault}).') from None


def decode_call(item: bytes | msgspec.Raw) -> Call:
    """Raises ValueError with a text for people when this is not a call."""
    try:
        return _calls.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError(f"Send a JSON object with the fields of a Segment call ({fault}).") from None


def write_key_in(body: bytes) -> str:
    """The `writeKey` that some clients put into the body; empty where there is none."""
    try:
        found = _keys.decode(body).write_key
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def message_ids(body: bytes) -> list[str]:
    """The `messageId` of each item, empty where it has none: to tell a client which of its messages was refused."""
    try:
        items = _named_batches.decode(body).batch
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [_message_id(body)]
    return [_message_id(item) for item in items]


def _message_id(item: bytes | msgspec.Raw) -> str:
    try:
        found = _named.decode(item).message_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return found[:200] if isinstance(found, str) else ""


def event_id(shop: ShopId, source: Source, call: Call, sent_at: object, now: Instant) -> EventId:
    """The same message gives the same id at every delivery.

    A browser's ids live in a space of their own. Otherwise anybody who can guess the id of a coming server message (`order-1001`)
    could send it first, and the purchase would be dropped as a duplicate.
    """
    space = "browser" if source == "browser" else ""
    name = call.message_id
    if isinstance(name, str) and name:
        return EventId(derived_id(shop, space, name) if space else derived_id(shop, name))
    content = (call.type, call.event, call.name, call.user_id, call.anonymous_id, call.previous_id, call.properties, call.traits)
    when = call.timestamp or call.original_timestamp or call.sent_at or sent_at or now
    return EventId(derived_id(shop, space, "content", _canonical.encode(content).decode(), str(when)))


def instant(value: object) -> Instant | None:
    """ISO 8601 (no zone means UTC), or seconds or milliseconds since 1970, as an instant; None when it is none of these."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < _SECONDS_END * 1000:
        return int(value if value >= _SECONDS_END else value * 1000)
    return None


def happened_at(call: Call, sent: Instant | None, now: Instant) -> tuple[Instant, bool]:
    """When it happened by our clock, and whether it is so old that it is history.

    Segment's rule: what passed between the act and the sending, by the client's clock, is taken off our time of receipt, so that a
    client whose clock is years wrong still tells the right order and distance. Without a usable time it happened now. `sent` is the
    time of sending of the whole batch; a call's own wins.
    """
    said = instant(call.timestamp or call.original_timestamp)
    if said is None:
        return now, False
    if call.sent_at is not None:
        sent = instant(call.sent_at)
    at = said if sent is None else now - (sent - said)
    if at > now + _AHEAD or at <= 0:
        return now, False
    return at, now - at > _LATE

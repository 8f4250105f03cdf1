"""What became of a message that was handed over, and what follows from it."""

from collections.abc import Iterable, Sequence

import msgspec
import structlog

from wraca.app.browsers import let_go_of
from wraca.app.composing import MessageBody
from wraca.app.gatekeeping import Claimed
from wraca.app.hooksout import Happening, tell
from wraca.app.pacing import Deferred, slow_down
from wraca.app.register import Register
from wraca.app.spending import Correction, correct
from wraca.app.waking import wake_runs
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, RunId, ShopId, StepId, derived_id
from wraca.domain.outbox import State
from wraca.domain.webhooks import Topic
from wraca.ports.channel import Blocked, Channel, ChannelError, Misconfigured, Outgoing, Refused, TemplateProblem, Unavailable
from wraca.storage.database import Transaction
from wraca.storage.hot import outbox as sql

_log = structlog.get_logger()
_HOUR = 3600 * 1000
_LONGEST_BACKOFF = 2 * _HOUR
_PAUSE = _HOUR // 4  # how long a channel rests before it is tried again
_LONGEST_DETAIL = 300


class Settled(msgspec.Struct, frozen=True):
    """How a hand-over ended. `suppress`: why this address is bad for good. `pause`: why the shop's channel must rest."""

    message: Claimed
    address: str
    state: State
    body: MessageBody
    reason: str = ""
    retry_after: int = 0  # ms
    suppress: str = ""
    pause: str = ""
    parts: int = 0  # how many it is paid for as, where that is counted


class _SettledRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    state: State
    reasons: tuple[str, ...]
    due_at: Instant
    settled_at: Instant | None
    body: MessageBody


class _SuppressRow(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str
    reason: str


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _PauseRow(msgspec.Struct):
    shop: ShopId
    channel: str
    reason: str


def outcome_of(channel: Channel, message: Claimed, outgoing: Outgoing, body: MessageBody) -> Settled:
    """Make the message and hand it over, once; never raises."""
    settled = Settled(message, outgoing.recipient.address, State.REJECTED, body)
    try:
        rendered = channel.render(outgoing)
    except TemplateProblem as problem:
        return _told(settled, "template", f"line {problem.line}: {problem}" if problem.line else str(problem))
    except ChannelError as problem:
        return _after(_told(settled, problem.reason, problem.detail), problem)
    except Exception as problem:  # noqa: BLE001  (a fault of ours in making it: nothing has left)
        _log.exception("message could not be made", message=message.id)
        return _told(settled, "not_made", type(problem).__name__)
    settled = msgspec.structs.replace(settled, body=msgspec.structs.replace(body, subject=_storable(rendered.subject)))
    try:
        receipt = channel.deliver(outgoing, rendered)
    except ChannelError as problem:
        return _after(_told(settled, problem.reason, problem.detail), problem)
    except Exception as problem:  # noqa: BLE001  (it may have left: only the other side knows)
        _log.warning("message is uncertain", message=message.id, problem=type(problem).__name__)
        settled = _told(settled, "no_answer", type(problem).__name__)
        return msgspec.structs.replace(settled, state=State.UNCERTAIN)
    body = msgspec.structs.replace(settled.body, reference=_storable(receipt.reference), detail=_storable(receipt.detail))
    return msgspec.structs.replace(settled, state=State.ACCEPTED, body=body, parts=receipt.parts)


def _storable(text: str) -> str:
    """What others said, cut and without what no database takes: it must never keep an outcome from being written down."""
    return text[:_LONGEST_DETAIL].encode(errors="replace").decode().replace("\0", " ")


def _told(settled: Settled, reason: str, detail: str) -> Settled:
    body = msgspec.structs.replace(settled.body, detail=_storable(detail))
    return msgspec.structs.replace(settled, reason=_storable(reason), body=body)


def _after(settled: Settled, problem: ChannelError) -> Settled:
    """What follows from an answer of the other side: see the tree in ports/channel.py."""
    pause = _storable(str(problem))
    match problem:
        case Blocked():
            return msgspec.structs.replace(settled, state=State.RETRY, retry_after=_HOUR, pause=pause)
        case Misconfigured():
            return msgspec.structs.replace(settled, state=State.RETRY, retry_after=_PAUSE, pause=pause)
        case Unavailable():
            return msgspec.structs.replace(settled, state=State.RETRY, retry_after=backoff(settled.message, problem.retry_after))
        case Refused(hard=True):
            # The other side may know of a no that we have not heard.
            why = "unsubscribed" if problem.reason == "opted_out" else "hard_bounce"
            return msgspec.structs.replace(settled, suppress=why)
        case _:
            return settled


def backoff(message: Claimed, asked: float) -> int:
    """How long (ms) until the next try: twice as long each time, at least as long as the other side asked (seconds).

    Spread by the message's own id, so that a backlog does not come back all at once.
    """
    at_least = int(asked * 1000)
    longest = min(_LONGEST_BACKOFF, at_least * 2 ** min(message.attempts, 10))
    share = int(derived_id(message.id, "retry", str(message.attempts))[:8], 16) / 2**32
    return max(at_least, int(longest * (0.5 + share / 2)))


def settle(register: Register, bucket: int, settled: Sequence[Settled], owner: str, now: Instant) -> None:
    """Write down how these hand-overs ended; wake the runs; keep bad addresses and broken channels from being tried again.

    May be called again with the same outcomes after DatabaseBusy: what is written already stays as it is.
    """
    rows = [_row(one, now) for one in settled]
    ended = {(row.shop, row.run) for row in rows if row.settled_at is not None}
    bad = [one for one in settled if one.suppress]
    pauses = {(one.message.shop, one.message.channel): one.pause for one in settled if one.pause}
    deferred = [_deferred(register, one) for one in settled if one.state is State.RETRY]
    with register.database.write() as tx:
        if bad:
            _suppress(tx, bucket, register, bad, now)
        throttled = slow_down(tx, bucket, deferred, now)
        written = set(tx.all(sql.SETTLE, rows, bucket=bucket, owner=owner))
        correct(tx, bucket, _corrections(one for one in settled if (one.message.shop, one.message.run) in written))
        wake_runs(tx, bucket, ended, now)
        if pauses:
            resting = [_PauseRow(shop, channel, reason) for (shop, channel), reason in sorted(pauses.items())]
            tx.run(sql.PAUSE_CHANNELS, resting, bucket=bucket, until=now + _PAUSE)
        told = (_happening(one, row, now) for one, row in zip(settled, rows, strict=True) if row.settled_at is not None)
        tell(tx, bucket, register.hearers, told, now)
    if pauses or throttled:
        register.forget()
    let_go_of(register, bucket, [(one.message.shop, one.message.channel, one.address) for one in bad], now)


def _corrections(settled: Iterable[Settled]) -> list[Correction]:
    """What was set aside for these, with the parts that they really came to."""
    return [
        Correction(one.message.shop, one.message.channel, reserved, _parts(one, reserved.parts))
        for one in settled
        if (reserved := one.body.reserved)
    ]


def _parts(one: Settled, most: int) -> int:
    """None for what never left; all that were set aside where nobody knows."""
    match one.state:
        case State.ACCEPTED:
            return one.parts or most
        case State.UNCERTAIN:
            return most
        case _:
            return 0


def _deferred(register: Register, one: Settled) -> Deferred:
    message = one.message
    limits = register.rules(message.shop, message.channel).limits
    return Deferred(message.shop, message.channel, one.address, one.body.detail, limits)


def _row(one: Settled, now: Instant) -> _SettledRow:
    message = one.message
    state, reasons, due_at = one.state, (one.reason,) if one.reason else (), now
    if state is State.RETRY:
        due_at = now + one.retry_after
        if due_at > message.deadline:
            state, reasons = State.REJECTED, (*reasons, "expired")
    settled_at = None if state is State.RETRY else now
    reserved, body = one.body.reserved, one.body
    if reserved:
        body = msgspec.structs.replace(body, reserved=reserved.costing(_parts(one, reserved.parts)))
    return _SettledRow(message.shop, message.run, message.step, message.channel, state, reasons, due_at, settled_at, body)


def _happening(one: Settled, row: _SettledRow, now: Instant) -> Happening:
    topic = Topic.MESSAGE_SENT if row.state is State.ACCEPTED else Topic.MESSAGE_BOUNCED if one.suppress else Topic.MESSAGE_FAILED
    said: dict[str, object] = {} if topic is Topic.MESSAGE_SENT else {"reasons": row.reasons, "state": row.state}
    return happening_of(topic, one.message, said, now)


def happening_of(topic: Topic, message: Claimed, said: dict[str, object], now: Instant) -> Happening:
    """What became of a message, for webhooks."""
    facts: dict[str, object] = {
        "message_id": message.id,
        "run_id": message.run,
        "journey": message.journey,
        "person_id": message.person,
        "cart_id": message.cart,
        "channel": message.channel,
        "template": message.template,
    }
    return Happening(message.shop, topic, message.id, now, facts | said)


def tell_of_skipped(
    tx: Transaction, bucket: int, register: Register, skipped: Sequence[tuple[Claimed, Sequence[str]]], now: Instant
) -> None:
    """These messages are not sent, for these reasons."""
    told = (happening_of(Topic.MESSAGE_SKIPPED, message, {"reasons": list(reasons)}, now) for message, reasons in skipped)
    tell(tx, bucket, register.hearers, told, now)


def _suppress(tx: Transaction, bucket: int, register: Register, bad: Sequence[Settled], now: Instant) -> None:
    """The people are held first, as the gate does: their next message is judged wholly before or wholly after this."""
    tx.all(sql.GATE_PEOPLE, sorted({_PersonKey(one.message.shop, one.message.person) for one in bad}), bucket=bucket)
    rows = []
    for one in bad:
        message = one.message
        hashed = register.seal.address_hash(message.shop, message.channel, one.address)
        rows.append(_SuppressRow(message.shop, message.channel, hashed, one.suppress))
    tx.run(sql.SUPPRESS, rows, bucket=bucket, now=now)

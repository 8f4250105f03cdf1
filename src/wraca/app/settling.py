"""What became of a message that was handed over, and what follows from it."""

import random
from collections.abc import Sequence

import msgspec
import structlog

from wraca.app.composing import MessageBody
from wraca.app.gatekeeping import Judged
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import RunId, ShopId, StepId
from wraca.domain.outbox import State
from wraca.ports.channel import Blocked, Channel, Misconfigured, Outgoing, Refused, TemplateProblem, Unavailable
from wraca.storage.hot import outbox as sql
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import RUN_TIMER, TimerRow

_log = structlog.get_logger()
_HOUR = 3600 * 1000
_LONGEST_BACKOFF = 2 * _HOUR


class Settled(msgspec.Struct, frozen=True):
    """How a hand-over ended. `suppress`: the address is bad for good. `pause`: why the shop's channel must rest."""

    judged: Judged
    state: State
    body: MessageBody
    reason: str = ""
    retry_after: int = 0  # ms
    suppress: str = ""
    pause: str = ""


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


class _PauseRow(msgspec.Struct):
    shop: ShopId
    channel: str
    reason: str


def outcome_of(channel: Channel, judged: Judged, outgoing: Outgoing, body: MessageBody) -> Settled:
    """Make the message and hand it over, once; never raises."""
    try:
        rendered = channel.render(outgoing)
    except TemplateProblem as problem:
        return _failed(judged, body, "template", f"line {problem.line}: {problem}" if problem.line else str(problem))
    except Exception as problem:  # a fault of ours in making it: nothing has left
        _log.exception("message could not be made", message=judged.message.id)
        return _failed(judged, body, "not_made", type(problem).__name__)
    body = msgspec.structs.replace(body, subject=rendered.subject)
    try:
        receipt = channel.deliver(outgoing, rendered)
    except Refused as problem:
        settled = _failed(judged, body, problem.reason, problem.detail)
        return msgspec.structs.replace(settled, suppress="hard_bounce" if problem.hard else "")
    except Blocked as problem:
        return _again(judged, body, problem.reason, problem.detail, _HOUR, pause=f"{problem.reason}: {problem.detail}")
    except Misconfigured as problem:
        return _again(judged, body, problem.reason, problem.detail, _HOUR // 4, pause=f"{problem.reason}: {problem.detail}")
    except Unavailable as problem:
        return _again(judged, body, problem.reason, problem.detail, _backoff(judged, problem.retry_after))
    except Exception as problem:  # it may have left: only the other side knows
        _log.warning("message is uncertain", message=judged.message.id, problem=type(problem).__name__)
        return Settled(judged, State.UNCERTAIN, msgspec.structs.replace(body, detail=str(problem)[:300]), "no_answer")
    return Settled(judged, State.ACCEPTED, msgspec.structs.replace(body, reference=receipt.reference, detail=receipt.detail[:300]))


def _failed(judged: Judged, body: MessageBody, reason: str, detail: str) -> Settled:
    return Settled(judged, State.REJECTED, msgspec.structs.replace(body, detail=detail[:300]), reason)


def _again(judged: Judged, body: MessageBody, reason: str, detail: str, after: int, *, pause: str = "") -> Settled:
    return Settled(judged, State.RETRY, msgspec.structs.replace(body, detail=detail[:300]), reason, after, pause=pause[:300])


def _backoff(judged: Judged, asked: float) -> int:
    """Twice as long each time, spread so that a backlog does not come back at once, at least as long as the other side asked."""
    longest = min(_LONGEST_BACKOFF, int(asked * 1000) * 2 ** min(judged.message.attempts, 10))
    return max(int(asked * 1000), int(longest * random.uniform(0.5, 1.0)))  # noqa: S311  (jitter, not a secret)


def settle(register: Register, bucket: int, settled: Sequence[Settled], owner: str, now: Instant) -> None:
    """Write down how these hand-overs ended; wake the runs; keep bad addresses and broken channels from being tried again."""
    rows = [_row(one, now) for one in settled]
    ended = {(row.shop, row.run) for row in rows if row.settled_at is not None}
    bad = [_suppress_row(register, one) for one in settled if one.suppress]
    pauses = {(one.judged.message.shop, one.judged.message.channel): one.pause for one in settled if one.pause}
    with register.database.write() as tx:
        tx.run(sql.SETTLE, rows, bucket=bucket, owner=owner)
        if ended:
            tx.run(SET_TIMERS, [TimerRow(shop, run, RUN_TIMER, now) for shop, run in sorted(ended)], bucket=bucket)
        if bad:
            tx.run(sql.SUPPRESS, bad, bucket=bucket, now=now)
        if pauses:
            resting = [_PauseRow(shop, channel, reason) for (shop, channel), reason in sorted(pauses.items())]
            tx.run(sql.PAUSE_CHANNELS, resting, bucket=bucket, until=now + _HOUR // 4)
    if pauses:
        register.forget()


def _row(one: Settled, now: Instant) -> _SettledRow:
    message = one.judged.message
    state, reasons, due_at = one.state, (one.reason,) if one.reason else (), now
    if state is State.RETRY:
        due_at = now + one.retry_after
        if due_at > message.deadline:
            state, reasons = State.REJECTED, (*reasons, "expired")
    settled_at = None if state is State.RETRY else now
    return _SettledRow(message.shop, message.run, message.step, message.channel, state, reasons, due_at, settled_at, one.body)


def _suppress_row(register: Register, one: Settled) -> _SuppressRow:
    message = one.judged.message
    address = one.judged.person.email if one.judged.person else ""
    return _SuppressRow(
        message.shop, message.channel, register.seal.address_hash(message.shop, message.channel, address), one.suppress
    )

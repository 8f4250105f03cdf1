"""What a worker does with the timers that are due in a bucket: one batch, one transaction.

A batch that fails is done again one by one, so that a single bad row keeps no other waiting; what fails by itself is parked, with
what is wrong, until somebody plays it again.
"""

from typing import NamedTuple

import msgspec
import structlog

from wraca.app.advancing import advance_runs
from wraca.app.occasions import watch_people
from wraca.app.register import Register
from wraca.app.watching import Due, watch_carts
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, derived_id
from wraca.storage.database import DatabaseBusy, Transaction
from wraca.storage.hot import timers as sql
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import CART_TIMER, PERSON_TIMER, RUN_TIMER, TimerRow

BATCH = 500
_KINDS = {CART_TIMER: "cart", RUN_TIMER: "run", PERSON_TIMER: "person"}

_log = structlog.get_logger()


class _Fired(NamedTuple):
    """A timer that was claimed: the columns of CLAIM, in their order."""

    shop: ShopId
    subject: str
    kind: int
    due_at: Instant


class _ParkedRow(msgspec.Struct):
    shop: ShopId
    id: str
    kind: str
    problem: str
    payload: TimerRow


def work_timers(register: Register, bucket: int, now: Instant, low: Instant = 0, most: int = BATCH) -> int:
    """Do what is due between `low` and `now`, at most `most` things; how many it was. Raises DatabaseBusy."""
    first = next_due(register, bucket, low)
    if first is None or first > now:  # the usual answer, for the price of one look
        return 0
    due: list[_Fired] = []
    try:
        with register.database.write() as tx:
            due = [_Fired(*row) for row in tx.all(sql.CLAIM, bucket=bucket, now=now, low=low, most=most)]
            _do(tx, bucket, register, due, now)
    except DatabaseBusy:
        raise
    except Exception:  # noqa: BLE001  (each is tried alone, and what fails again is parked with its problem)
        _log.exception("a batch of timers failed", bucket=bucket, timers=len(due))
        for one in due:
            _do_alone(register, bucket, one, now)
    return len(due)


def _do(tx: Transaction, bucket: int, register: Register, due: list[_Fired], now: Instant) -> None:
    if carts := [Due(one.shop, one.subject) for one in due if one.kind == CART_TIMER]:
        watch_carts(tx, bucket, register, carts, now)
    if people := [Due(one.shop, one.subject) for one in due if one.kind == PERSON_TIMER]:
        watch_people(tx, bucket, register, people, now)
    if runs := [Due(one.shop, one.subject) for one in due if one.kind == RUN_TIMER]:
        advance_runs(tx, bucket, register, runs, now)


def _do_alone(register: Register, bucket: int, one: _Fired, now: Instant) -> None:
    row = TimerRow(one.shop, one.subject, one.kind, one.due_at)
    try:
        with register.database.write() as tx:
            if tx.run(sql.TAKE, [row], bucket=bucket, now=now):
                _do(tx, bucket, register, [one], now)
    except DatabaseBusy:
        raise
    except Exception as problem:  # noqa: BLE001  (parked, where it is seen and can be played again)
        _log.exception("a timer was parked", shop=one.shop, subject=one.subject, kind=_KINDS[one.kind])
        told = f"{type(problem).__name__}: {problem}".encode(errors="replace").decode().replace("\0", " ")
        name = derived_id(one.shop, "timer", one.subject, str(one.kind))
        with register.database.write() as tx:
            if tx.run(sql.TAKE, [row], bucket=bucket, now=now):
                tx.run(sql.PARK, [_ParkedRow(one.shop, name, _KINDS[one.kind], told, row)], bucket=bucket, now=now)


def play_again(register: Register, bucket: int, now: Instant) -> int:
    """Wake every cart, run and person of this bucket that was parked; how many."""
    with register.database.write() as tx:
        parked = [msgspec.json.decode(payload, type=TimerRow) for (payload,) in tx.all(sql.UNPARK, bucket=bucket)]
        if parked:
            rows = [msgspec.structs.replace(row, due_at=now) for row in parked]
            tx.run(SET_TIMERS, sorted(rows, key=lambda row: (row.shop, row.subject, row.kind)), bucket=bucket)
    return len(parked)


def next_due(register: Register, bucket: int, low: Instant = 0) -> Instant | None:
    """When the next timer of this bucket is due; None where nothing sleeps."""
    with register.database.read() as tx:
        rows = tx.all(sql.NEXT_DUE, bucket=bucket, low=low)
    return rows[0][0] if rows else None

"""What a worker does with the timers that are due in a bucket: one batch, one transaction."""

from wraca.app.advancing import advance_runs
from wraca.app.register import Register
from wraca.app.watching import Due, watch_carts
from wraca.domain.events import Instant
from wraca.storage.database import Transaction
from wraca.storage.hot import timers as sql
from wraca.storage.hot.rows import CART_TIMER, RUN_TIMER

BATCH = 500


def work_timers(register: Register, bucket: int, now: Instant, low: Instant = 0, most: int = BATCH) -> int:
    """Do what is due between `low` and `now`, at most `most` things; how many it was. Raises DatabaseBusy."""
    with register.database.write() as tx:
        due = tx.all(sql.CLAIM, bucket=bucket, now=now, low=low, most=most)
        if due:
            _do(tx, bucket, register, due, now)
        return len(due)


def _do(tx: Transaction, bucket: int, register: Register, due: list[tuple[str, str, int, int]], now: Instant) -> None:
    carts = [Due(shop, subject) for shop, subject, kind, _ in due if kind == CART_TIMER]  # type: ignore[arg-type]
    if carts:
        watch_carts(tx, bucket, register, carts, now)
    runs = [Due(shop, subject) for shop, subject, kind, _ in due if kind == RUN_TIMER]  # type: ignore[arg-type]
    if runs:
        advance_runs(tx, bucket, register, runs, now)


def next_due(register: Register, bucket: int, low: Instant = 0) -> Instant | None:
    """When the next timer of this bucket is due; None where nothing sleeps."""
    with register.database.read() as tx:
        rows = tx.all(sql.NEXT_DUE, bucket=bucket, low=low)
    return rows[0][0] if rows else None

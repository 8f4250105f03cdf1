"""Runs that have something to look at now."""

from collections.abc import Iterable

from wraca.domain.events import Instant
from wraca.domain.ids import RunId, ShopId
from wraca.storage.database import Transaction
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import RUN_TIMER, TimerRow


def wake_runs(tx: Transaction, bucket: int, runs: Iterable[tuple[ShopId, RunId]], now: Instant) -> None:
    """Let each of them be looked at, in an order that two processes share."""
    if rows := [TimerRow(shop, run, RUN_TIMER, now) for shop, run in sorted(set(runs))]:
        tx.run(SET_TIMERS, rows, bucket=bucket)

"""The only place that reads the wall clock. Everything else is told what time it is."""

import time

from wraca.domain.events import Instant


def wall() -> Instant:
    """Milliseconds since 1970-01-01 UTC, now."""
    return time.time_ns() // 1_000_000


def cpu() -> float:
    """Seconds of CPU this process has used: for reports of speed, never for decisions."""
    return time.process_time()


def nap(seconds: float) -> None:
    """Wait; for loops that found nothing to do."""
    time.sleep(seconds)

"""One writer at a time per SQLite file, console and hot path alike."""

import threading
from pathlib import Path

_locks: "dict[Path, threading.RLock]" = {}
_guard = threading.Lock()


def write_lock(path: Path) -> "threading.RLock":
    """The process-wide lock around every write transaction on this file."""
    with _guard:
        return _locks.setdefault(path.resolve(), threading.RLock())

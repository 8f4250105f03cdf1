"""What every reader of past events shares: lines out of a file, counts of what was read, and faults that say what to do."""

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

from wraca.domain.events import Event

Progress: TypeAlias = Callable[[float], None]  # told the share that is done, 0.0 to 1.0
_OFTEN = 5_000  # lines between two words on progress


class BadPast(ValueError):
    """This file cannot be replayed; the text says why and what to do."""


class OutOfOrder(Exception):
    """The file is not in order of time: it has to be sorted first."""


class BadRow(ValueError):
    """One row cannot be read; the text is a short word for the report."""


class Tally(msgspec.Struct):
    """What was read. Every row is exactly one of: an event, a duplicate, rejected."""

    rows: int = 0
    events: int = 0
    duplicates: int = 0
    rejected: Counter[str] = msgspec.field(default_factory=Counter)


# A reader gives events in order of time and counts what it reads; `is_sorted` False: sort them first. Raises BadPast, OutOfOrder.
Reader: TypeAlias = Callable[[Tally, bool], Iterator[Event]]


def lines(path: Path, progress: Progress | None = None) -> Iterator[str]:
    """The lines of a text file, packed with gzip or not. Raises BadPast."""
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            for number, line in enumerate(gzip.GzipFile(fileobj=raw) if packed else raw):
                if progress and number % _OFTEN == 0:
                    progress(raw.tell() / size)
                text = line.decode("utf-8", "replace")
                yield text.removeprefix("\ufeff") if number == 0 else text
    except FileNotFoundError:
        raise BadPast(f"There is no file {path}.") from None
    except (OSError, EOFError, zlib.error) as problem:
        raise BadPast(f"{path} cannot be read: {problem}. If it is packed, pack it again with gzip.") from problem
    if size == 0:
        raise BadPast(f"{path} is empty.")

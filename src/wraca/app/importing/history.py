"""Past events in: one Segment call per line, through the same intake as live ones. They fold; they start no journey."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from wraca.app.importing.contacts import Take
from wraca.app.importing.outcome import Outcome, Refused, Unreadable
from wraca.app.importing.tables import LONGEST_LINE, Progress
from wraca.domain.events import Event
from wraca.ports.platform import Delivery

_AT_ONCE = 500

ReadBatch = Callable[[bytes], Delivery]  # {"batch": [...]} -> events and rejections


def import_history(file: Path, read: ReadBatch, take: Take, progress: Progress) -> Outcome:
    """Take the events of a file of JSON lines. Raises Unreadable, Busy."""
    outcome = Outcome()
    size = file.stat().st_size
    lines: list[tuple[int, bytes]] = []
    with file.open("rb") as opened:
        number = 0
        while raw := opened.readline(LONGEST_LINE + 1):
            number += 1
            if line := _whole(raw, number, outcome, opened.readline):
                lines.append((number, line))
            if len(lines) >= _AT_ONCE:
                _take(lines, read, take, outcome)
                lines = []
                progress(opened.tell(), size)
    _take(lines, read, take, outcome)
    progress(size, size)
    if outcome.rows and not outcome.taken + outcome.known and outcome.refused == outcome.rows:
        first = outcome.refusals[0]
        raise Unreadable(f"No line of {file} is a Segment call. Line {first.row}: {first.reason}")
    return outcome


def _whole(raw: bytes, number: int, outcome: Outcome, read_on: Callable[[int], bytes]) -> bytes:
    """The line, if it is one JSON object of a bearable size; nothing for an empty one."""
    line = raw.strip()
    if not line:
        return b""
    outcome.rows += 1
    if len(raw) > LONGEST_LINE:
        while raw and not raw.endswith(b"\n"):
            raw = read_on(LONGEST_LINE)
        outcome.refuse(number, Refused("", f"The line is longer than {LONGEST_LINE // 1024} kB."))
        return b""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        outcome.refuse(number, Refused("", "The line is not a JSON object. Write one Segment call per line."))
        return b""
    return line


def _take(lines: list[tuple[int, bytes]], read: ReadBatch, take: Take, outcome: Outcome) -> None:
    if not lines:
        return
    delivery = read(b'{"batch":[' + b",".join(line for _, line in lines) + b"]}")
    in_spite = {event.seq for event in delivery.events}  # an order with a bad amount is taken, without the amount
    for rejection in delivery.rejected:
        row, problem = lines[rejection.index][0], Refused(rejection.field, rejection.reason)
        if rejection.index in in_spite:
            outcome.mend(row, problem)
        else:
            outcome.refuse(row, problem)
    events: list[Event] = [msgspec.structs.replace(event, source="import", backfill=True) for event in delivery.events]
    known = take(events) if events else 0
    outcome.known += known
    outcome.taken += len(events) - known

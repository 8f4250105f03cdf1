"""Reading a CSV file row by row: any of the usual separators, UTF-8, bounded in every direction."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from wraca.app.importing.outcome import Outcome, Refused, Unreadable

LONGEST_LINE = 256 * 1024  # bytes
MOST_COLUMNS = 200
_SEPARATORS = (",", ";", "\t", "|")

Row = Mapping[str, str]
Progress = Callable[[int, int], None]  # bytes read, of how many


def rows(
    file: Path, aliases: Mapping[str, str], also: Callable[[str], bool], outcome: Outcome, progress: Progress
) -> Iterator[tuple[int, Row]]:
    """Each row with its line number, by our names of the columns. Raises Unreadable.

    `aliases` says what a column may be called and what we call it; `also` accepts further names as they are.
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        lines = _lines(opened, outcome, lambda done: progress(done, size))
        first = next(lines, None)
        if first is None:
            raise Unreadable(f"{file} is empty. Its first line must name the columns.")
        separator = max(_SEPARATORS, key=first[1].count)
        columns = _columns(first[1], separator, aliases, also, outcome)
        for number, line in lines:
            if line.strip():
                outcome.rows += 1
                try:
                    yield number, _row(line, separator, columns)
                except Refused as problem:
                    outcome.refuse(number, problem)


def _columns(
    header: str, separator: str, aliases: Mapping[str, str], also: Callable[[str], bool], outcome: Outcome
) -> list[str | None]:
    """Our name for each column; None for one that we do not know."""
    written = [name.strip().lower().replace(" ", "_") for name in next(csv.reader([header], delimiter=separator))]
    if len(written) > MOST_COLUMNS:
        raise Unreadable(f"The file has {len(written)} columns; at most {MOST_COLUMNS} are read.")
    columns = [aliases.get(name) or (name if also(name) else None) for name in written]
    known = [column for column in columns if column]
    if not known:
        raise Unreadable(f"None of the columns is known: {', '.join(written[:20])}. Known are: {', '.join(sorted(set(aliases)))}.")
    if twice := {column for column in known if known.count(column) > 1}:
        raise Unreadable(f"Two columns mean the same: {', '.join(sorted(twice))}. Leave one of them out.")
    outcome.ignored += [name for name, column in zip(written, columns, strict=True) if column is None and name]
    return columns


def _row(line: str, separator: str, columns: list[str | None]) -> Row:
    try:
        values = next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error as problem:
        raise Refused("", f"The line is no row of a table: {problem}.") from None
    if len(values) > len(columns):
        raise Refused(
            "", f"The line has {len(values)} fields, the header {len(columns)}. Put quotes around fields with a separator."
        )
    # A NUL can be stored in no PostgreSQL text.
    return {column: value.strip().replace("\0", "") for column, value in zip(columns, values, strict=False) if column}


def _lines(opened: BinaryIO, outcome: Outcome, progress: Callable[[int], None]) -> Iterator[tuple[int, str]]:
    """The text of each row with the number of its first line; a quoted field may go over several lines."""
    number = 1
    while True:
        raw, count, problem = _record(opened)
        if not count:
            return
        progress(opened.tell())
        text = None if problem else _text(raw, number)
        if text is None:
            outcome.rows += 1
            outcome.refuse(number, Refused("", problem or "The line is not UTF-8. Save the file as UTF-8."))
        else:
            yield number, text
        number += count


def _record(opened: BinaryIO) -> tuple[bytes, int, str]:
    """The bytes of the next row, over how many lines it goes (0: the end), and what is wrong with it."""
    held, count = b"", 0
    while raw := opened.readline(LONGEST_LINE + 1):
        count += 1
        held += raw
        if len(held) > LONGEST_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = opened.readline(LONGEST_LINE)
            return (
                b"",
                count,
                f"{count} lines were left out: together they are longer than {LONGEST_LINE // 1024} kB. Is a quote missing?",
            )
        if held.count(b'"') % 2 == 0:
            return held, count, ""
    return b"", count, f"{count} lines were left out: a quote was opened and never closed."


def _text(line: bytes, number: int) -> str | None:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        if number == 1:
            raise Unreadable("The file is not UTF-8. Save it as UTF-8 (Excel: CSV UTF-8) and import it again.") from None
        return None

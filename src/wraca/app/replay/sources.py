"""A file of past events and what it is -> a reader. Which column is what, for tables of others, is said by a mapping."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from wraca.app.replay.calls import ReadBatch, read_calls
from wraca.app.replay.past import BadPast, Progress, Reader, lines
from wraca.app.replay.table import KINDS, OPTIONAL, REES46, REQUIRED, Columns, Terms, read_table

FORMATS = ("rees46", "segment", "csv")
_LARGE = 4_000_000  # bytes of text: from here on the virtual workers look less often, so that events go in by the batch
_HUGE = 100_000_000  # bytes of text: a million events, a gigabyte of memory; from here on the throw-away database is used
_PACKED = 6  # how much gzip saves on such files, about
_SELDOM = 5 * 60_000  # ms


class BadMapping(ValueError):
    """The mapping cannot be used; the text says what to write."""


class _MappingFile(msgspec.Struct, forbid_unknown_fields=True):
    """mapping.yaml: `columns` {field: column}, `types` {word in the file: view, cart, remove_from_cart or purchase}."""

    columns: dict[str, str] = {}
    types: dict[str, str] = {}


def mapped(file: Path | None, pairs: Sequence[str], timezone: str) -> Columns:
    """The columns that a mapping file and FIELD=COLUMN pairs name; a field that nobody maps has its own name. Raises BadMapping."""
    said = _mapping_file(file) if file else _MappingFile()
    for pair in pairs:
        field, _, column = pair.partition("=")
        if not column:
            raise BadMapping(f"--map {pair} is no pair: write --map FIELD=COLUMN, for instance --map event_time=created_at")
        said.columns[field] = column
    if unknown := sorted(set(said.columns) - {*REQUIRED, *OPTIONAL}):
        raise BadMapping(f"There is no field {unknown[0]!r} to map. Fields are: {', '.join((*REQUIRED, *OPTIONAL))}.")
    if unknown := sorted(set(said.types.values()) - set(KINDS)):
        raise BadMapping(f"A type cannot become {unknown[0]!r}; it can become {', '.join(KINDS)}.")
    kinds = {kind: kind for kind in KINDS} | said.types
    return Columns({name: said.columns.get(name, name) for name in (*REQUIRED, *OPTIONAL)}, kinds, zone(timezone))


def _mapping_file(file: Path) -> _MappingFile:
    try:
        return msgspec.convert(yaml.safe_load(file.read_text("utf-8")) or {}, _MappingFile)
    except OSError as problem:
        raise BadMapping(f"The mapping {file} cannot be read: {problem.strerror}.") from problem
    except (msgspec.ValidationError, yaml.YAMLError) as problem:
        raise BadMapping(f"The mapping {file} cannot be used: {problem}. It has two parts, `columns` and `types`.") from problem


def zone(name: str) -> ZoneInfo:
    """The time zone of this name. Raises BadMapping."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadMapping(f"There is no time zone {name!r}; write one like Europe/Warsaw.") from None


def table_reader(file: Path, columns: Columns, terms: Terms, progress: Progress | None = None) -> Reader:
    """Reads a REES46 file or any other table."""
    return lambda tally, is_sorted: read_table(lines(file, progress), columns, terms, tally, is_sorted)


def calls_reader(file: Path, read: ReadBatch, progress: Progress | None = None, *, everybody: bool) -> Reader:
    """Reads JSON lines of API calls."""
    return lambda tally, is_sorted: read_calls(lines(file, progress), read, tally, is_sorted, everybody=everybody)


def columns_of(form: str, mapping: Path | None, pairs: Sequence[str], timezone: str) -> Columns:
    """Which column is what. Raises BadMapping."""
    return REES46 if form == "rees46" else mapped(mapping, pairs, timezone)


def names_addresses(file: Path, form: str, columns: Columns) -> bool:
    """Whether the file knows anybody's address at all. Raises BadPast."""
    text = lines(file)
    if form == "segment":
        return any('"email"' in line for line in text)
    return columns.names.get("email", "") in next(text, "").strip().split(",")


def brands(file: Path) -> Mapping[str, str]:
    """Product id -> brand, from a table with the columns product_id and brand. Raises BadPast."""
    rows = csv.DictReader(lines(file))
    if not {"product_id", "brand"} <= set(rows.fieldnames or ()):
        raise BadPast(f"{file} needs the columns product_id and brand; it has: {', '.join(rows.fieldnames or ())}.")
    return {row["product_id"]: row["brand"] for row in rows if row["brand"]}


def pace_for(file: Path) -> int:
    """How often the virtual workers look (ms): at once in a small file, every five minutes in a large one. Raises BadPast."""
    return 1 if _text_size(file) < _LARGE else _SELDOM


def fits_in_memory(file: Path) -> bool:
    """Whether a past of this size is played in memory: about a million events. Raises BadPast."""
    return _text_size(file) < _HUGE


def _text_size(file: Path) -> int:
    """Bytes of text, about, where it is packed. Raises BadPast."""
    try:
        with file.open("rb") as raw:
            return file.stat().st_size * (_PACKED if raw.read(2) == b"\x1f\x8b" else 1)
    except FileNotFoundError:
        raise BadPast(f"There is no file {file}.") from None
    except OSError as problem:
        raise BadPast(f"{file} cannot be read: {problem}.") from problem

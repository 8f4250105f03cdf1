"""How commands speak: tables and progress for people, JSON for programs, errors that say what to do, exit status 0, 1 or 2."""

import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec
from rich.console import Console
from rich.table import Table

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


class Failed(Exception):
    """The command could not do it; the text says what happened and what to do. Exit status 1."""


def as_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def answer(value: Mapping[str, object], *, json: bool) -> None:
    """A result with a few named parts."""
    if json:
        as_json(value)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, part in value.items():
        table.add_row(f"[bold]{name.replace('_', ' ')}[/]", str(part))
    out.print(table)


def table_of(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, json: bool, empty: str) -> None:
    """Several alike things; `empty` says what to do when there are none."""
    if json:
        as_json(list(rows))
        return
    if not rows:
        out.print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    out.print(table)


def stop(problem: str, status: int) -> NoReturn:
    """End with this text on standard error."""
    err.print(f"[bold red]wraca:[/] {problem}", highlight=False)
    raise SystemExit(status)

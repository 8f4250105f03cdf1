"""`wraca replay`: a journey over what already happened."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from wraca.cli.past import Asked, Form, Reachable, compared, replayed
from wraca.cli.speaking import Failed, as_json, err, stop


def replay(  # noqa: PLR0913  (one parameter per option)
    file: Path,
    *,
    form: Annotated[Form, Parameter(name="--format")],
    journey: str = "standard",
    against: str = "",
    json: bool = False,
    html: Path | None = None,
    reachable: Reachable | None = None,
    mapping: Path | None = None,
    pairs: Annotated[list[str] | None, Parameter(name="--map")] = None,
    items: Path | None = None,
    timezone: str = "UTC",
    currency: str = "EUR",
    holdout: Literal["0", "plan"] = "0",
    until_quiet: bool = True,
    look_every: str = "",
) -> None:
    """Play a journey over past events, on a clock of its own, and report what it would have sent. Nobody gets a message.

    Parameters
    ----------
    file
        The past events, packed with gzip or not.
    form
        rees46: a table of view, cart, remove_from_cart and purchase. segment: one API call a line. csv: any table, with a mapping.
    journey
        A ready-made journey by name, or a journey file.
    against
        Another journey over the same past: both are shown side by side, with the people for whom something changes.
    html
        Write the report to this file too, as one page with charts.
    reachable
        all: whoever has no address gets a made-up one (the default where the file knows no addresses). known: only real ones.
    mapping
        A file that says which column is what (csv): see docs/reference/replay.md.
    pairs
        The same for one column: --map event_time=created_at
    items
        A table with the columns product_id and brand, for the names of products.
    timezone
        Of the hours and days in the report, and of times in a csv that name no zone.
    currency
        Of prices that name none.
    holdout
        0: everybody gets the messages. plan: the journey's held-out share gets none, as it would be.
    until_quiet
        After the last event the clock runs on until nothing is left to do, at most 30 days.
    look_every
        How often the virtual workers look at what is due, such as 30s. At once in small files, every 5m in large ones.
    """
    asked = Asked(reachable, mapping, tuple(pairs or ()), items, timezone, currency.upper(), holdout, until_quiet, look_every)
    if form != "csv" and (mapping or pairs):
        stop("--mapping and --map are for --format csv.", 2)
    if against:
        if html:
            stop("--html shows one journey: leave --against out.", 2)
        _side_by_side(file, form, (journey, against), asked, json=json)
        return
    with _bar(quiet=json) as told:
        report = replayed(file, form, journey, asked, told)
    if html:
        from wraca.app.replay.page import page

        try:
            html.write_text(page(report), "utf-8")
        except OSError as problem:
            raise Failed(f"The report cannot be written to {html}: {problem.strerror}.") from problem
    if json:
        as_json(report)
    else:
        from wraca.cli.replay_tables import show

        show(report)


def _side_by_side(file: Path, form: Form, journeys: tuple[str, str], asked: Asked, *, json: bool) -> None:
    with _bar(quiet=json) as told:
        one, other, comparison = compared(file, form, journeys, asked, told)
    if json:
        as_json({"one": one, "other": other, "comparison": comparison})
        return
    from wraca.cli.replay_tables import show_both

    show_both(one, other, comparison)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[float], None] | None]:
    """A progress bar on standard error, for people only."""
    if not sys.stderr.isatty() or (quiet and not sys.stdout.isatty()):
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("Playing the past"), BarColumn(), TimeElapsedColumn(), console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)

"""`wraca replay`: a journey over what already happened."""

import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from wraca.app.replay.calls import ReadBatch
from wraca.app.replay.past import Reader
from wraca.app.replay.report import Playbill, Report
from wraca.bootstrap import configure_django
from wraca.cli.speaking import Failed, as_json, err, stop
from wraca.domain.journeys.durations import BadDuration, read_positive_duration
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.domain.journeys.reading import read_plan
from wraca.ports.platform import ShopFacts
from wraca.settings import Settings

Form = Literal["rees46", "segment", "csv"]
Reachable = Literal["all", "known"]


class Asked(msgspec.Struct, frozen=True):
    """The options, beside the file, its format and the journey."""

    reachable: Reachable | None = None
    mapping: Path | None = None
    pairs: Sequence[str] = ()
    items: Path | None = None
    timezone: str = "UTC"
    currency: str = "EUR"
    holdout: Literal["0", "plan"] = "0"
    until_quiet: bool = True
    look_every: str = ""


def replay(  # noqa: PLR0913  (one parameter per option)
    file: Path,
    *,
    form: Annotated[Form, Parameter(name="--format")],
    journey: str = "standard",
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


def replayed(
    file: Path, form: Form, journey: str, asked: Asked | None = None, progress: Callable[[float], None] | None = None
) -> Report:
    """The report on this file. Raises Failed, BadPlan."""
    from wraca.app.replay import replaying
    from wraca.app.replay.past import BadPast
    from wraca.app.replay.sources import BadMapping

    asked = asked or Asked()
    _set_up_tables()
    plan = read_plan(_journey_text(journey))
    if asked.holdout == "0":
        plan = replaying.without_holdout(plan)
    try:
        reader, bill = _reader(file, form, asked, progress)
        shop = replaying.pretend_shop(asked.currency, asked.timezone)
        rehearsal = replaying.Rehearsal(shop, plan, bill, asked.until_quiet)
        return replaying.replay(rehearsal, reader, stopwatch=time.perf_counter)
    except (BadPast, BadMapping, BadDuration) as problem:
        raise Failed(str(problem)) from problem


def _reader(file: Path, form: Form, asked: Asked, progress: Callable[[float], None] | None) -> tuple[Reader, Playbill]:
    from wraca.app.replay import sources
    from wraca.app.replay.report import Playbill
    from wraca.app.replay.table import Terms

    sources.zone(asked.timezone)
    pace = read_positive_duration(asked.look_every) if asked.look_every else sources.pace_for(file)
    columns = sources.columns_of(form, asked.mapping, asked.pairs, asked.timezone)
    reach = asked.reachable or ("known" if sources.names_addresses(file, form, columns) else "all")
    bill = Playbill(file.name, reach, asked.timezone, pace)
    if form == "segment":
        return sources.calls_reader(file, _segment(asked.currency), progress, everybody=reach == "all"), bill
    brands = sources.brands(asked.items) if asked.items else {}
    return sources.table_reader(file, columns, Terms(reach == "all", asked.currency, brands), progress), bill


def _segment(currency: str) -> ReadBatch:
    from wraca.platforms.segment import read_batch

    facts = ShopFacts("replay", "replay.invalid", currency)
    return lambda body, at: read_batch(body, facts, "server", at)


def _journey_text(journey: str) -> str:
    if journey in preset_names():
        return preset_text(journey)
    file = Path(journey)
    if not file.is_file():
        raise Failed(f"There is no file and no ready-made journey {journey!r}; ready-made are: {', '.join(preset_names())}.")
    return file.read_text("utf-8")


def _set_up_tables() -> None:
    """Tables are made from Django's models; the database that Django itself is pointed at is never opened."""
    from django.apps import apps

    if not apps.ready:
        nowhere = Path(gettempdir()) / "wraca-replay-never-opened.db"
        configure_django(Settings(database_url=f"sqlite:///{nowhere}", secret_key=secrets.token_hex(32)))


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

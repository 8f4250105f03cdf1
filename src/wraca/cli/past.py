"""A file of past events, with the options of the command line: opened and played."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from wraca.app.replay.calls import ReadBatch
from wraca.app.replay.comparing import Comparison, Outing
from wraca.app.replay.past import Reader
from wraca.app.replay.report import Playbill, Report
from wraca.bootstrap import configure_django
from wraca.cli.speaking import Failed
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


def replayed(
    file: Path, form: Form, journey: str, asked: Asked | None = None, progress: Callable[[float], None] | None = None
) -> Report:
    """The report on this file. Raises Failed, BadPlan."""
    return _outing(file, form, journey, asked or Asked(), progress).report


def compared(
    file: Path, form: Form, journeys: tuple[str, str], asked: Asked, progress: Callable[[float], None] | None = None
) -> tuple[Report, Report, Comparison]:
    """The reports on this file with the one and with the other journey, and what differs. Raises Failed, BadPlan."""
    from wraca.app.replay.comparing import compare

    told = progress or (lambda _: None)
    one = _outing(file, form, journeys[0], asked, lambda share: told(share / 2))
    other = _outing(file, form, journeys[1], asked, lambda share: told(0.5 + share / 2))
    return one.report, other.report, compare(one, other)


def _outing(file: Path, form: Form, journey: str, asked: Asked, progress: Callable[[float], None] | None) -> Outing:
    from wraca.app.replay import replaying
    from wraca.app.replay.past import BadPast
    from wraca.app.replay.sources import BadMapping, fits_in_memory

    _set_up_tables()
    plan = read_plan(_journey_text(journey))
    if asked.holdout == "0":
        plan = replaying.without_holdout(plan)
    try:
        reader, bill = _reader(file, form, asked, progress)
        shop = replaying.pretend_shop(asked.currency, asked.timezone)
        rehearsal = replaying.Rehearsal(shop, plan, bill, asked.until_quiet, in_memory=fits_in_memory(file))
        return replaying.outing(rehearsal, reader, stopwatch=time.perf_counter)
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
        configure_django(Settings(database_url="sqlite:///never-opened-by-replay.db", secret_key="nothing-is-sealed"))  # noqa: S106

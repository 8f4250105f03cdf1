"""`wraca doctor`: what is wrong, and what to do."""

import shutil
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from wraca import clock
from wraca import settings as wraca_settings
from wraca.bootstrap import NotMigrated, Wraca, configure_django, configure_logs, require_migrated
from wraca.cli.speaking import as_json, out
from wraca.settings import Settings
from wraca.storage.database import DatabaseBusy

if TYPE_CHECKING:
    from wraca.app.doctor import Check


def doctor(*, json: bool = False) -> int:
    """Check the installation and say what to do. Exit status 1 when something does not work until somebody acts."""
    settings = wraca_settings.load()
    configure_logs("error")
    configure_django(settings)
    from wraca.app.doctor import Check, Surroundings, Verdict, examine

    path = settings.sqlite_path
    found: list[Check] = []
    try:
        _demand_database(settings)
        wraca = Wraca(settings)
        try:
            free = shutil.disk_usage(path.resolve().parent).free if path else None
            found = examine(wraca.register, Surroundings(settings.public_url, settings.allow_http, free), clock.wall())
        finally:
            wraca.close()
    except (NotMigrated, DatabaseBusy) as problem:
        found = [Check("database", Verdict.ACT, str(problem).splitlines()[0], _DATABASE_REMEDY)]
    needs = [check for check in found if check.verdict is Verdict.ACT]
    if json:
        as_json({"ok": not needs, "checks": found})
    else:
        _tell(found)
    return 1 if needs else 0


_DATABASE_REMEDY = "See whether WRACA_DATABASE_URL is right and the server is up; `wraca migrate` makes the tables."
_SIGNS = {"fine": "[green]ok[/]", "note": "[yellow]note[/]", "act": "[bold red]ACT[/]", "not_checked": "[dim]not checked[/]"}


def _demand_database(settings: Settings) -> None:
    """Raises NotMigrated or DatabaseBusy."""
    from django.db import OperationalError

    if settings.sqlite_path is not None and not settings.sqlite_path.exists():
        raise NotMigrated(f"There is no database at {settings.sqlite_path}.")
    try:
        require_migrated(settings)
    except OperationalError as problem:
        raise DatabaseBusy(str(problem)) from problem


def _tell(found: "list[Check]") -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in found:
        remedy = f"\n[bold]{escape(check.remedy)}[/]" if check.remedy else ""
        table.add_row(_SIGNS[check.verdict.value], escape(check.shop), escape(check.about), escape(check.found) + remedy)
    out.print(table)

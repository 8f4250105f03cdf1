"""All commands in one place, and what an error becomes."""

import sys
from collections.abc import Callable

from cyclopts import App, CycloptsError

from wraca.bootstrap import NotMigrated
from wraca.cli import channels, deliverability, journeys, offers, operations, people, serving, shops
from wraca.cli.speaking import Failed, err, stop
from wraca.domain.journeys.problems import BadPlan
from wraca.settings import BadSetting
from wraca.storage.database import DatabaseBusy

app = App(
    name="wraca",
    help="Brings abandoned carts back: events in, carts folded, journeys run, messages sent, lift measured.",
    help_format="plaintext",
    version_flags=["--version"],
)

for command in serving.COMMANDS + operations.COMMANDS:
    app.command(command)
for group in (shops.app, channels.app, deliverability.app, journeys.app, offers.app, people.app):
    app.command(group)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exit status: 0 done, 1 could not be done, 2 asked for wrongly."""
    try:
        status = app(
            arguments if arguments is not None else sys.argv[1:], exit_on_error=False, print_error=False, error_console=err
        )
    except CycloptsError as problem:
        stop(f"{problem}\nSee `wraca --help`.", 2)
    except BadPlan as problem:
        stop(f"The journey file cannot be used:\n{problem}", 1)
    except (BadSetting, NotMigrated, Failed, DatabaseBusy) as problem:
        stop(str(problem), 1)
    except KeyboardInterrupt:
        stop("stopped", 1)
    if isinstance(status, int):
        raise SystemExit(status)


Command = Callable[..., int | None]

"""The processes: everything in one, or web and work apart."""

import signal

from wraca import settings as wraca_settings
from wraca.bootstrap import Wraca, run_site
from wraca.bootstrap import migrate as migrate_database
from wraca.cli.opening import prepared
from wraca.cli.speaking import Failed, answer, out
from wraca.settings import Settings


def serve() -> None:
    """Run all of Wraca in this one process: events in, journeys, messages out, console."""
    _run(with_worker=True)


def web() -> None:
    """Run the edge and the console only. Any number of these may run on one PostgreSQL database."""
    _run(with_worker=False)


def _run(*, with_worker: bool) -> None:
    settings = prepared(logs=True)
    wraca = Wraca(settings)
    _greet(settings)
    try:
        run_site(wraca, with_worker=with_worker)
    finally:
        wraca.close()


def work() -> None:
    """Run the timers, the journeys and the outbox only. Any number of these may run on one PostgreSQL database."""
    settings = prepared(logs=True)
    wraca = Wraca(settings)
    worker = wraca.worker()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.ask_to_stop())
    worker.start()
    worker.wait()
    worker.stop()
    wraca.close()


def migrate(*, json: bool = False) -> None:
    """Make the tables, or bring them up to date. Run it once before new versions of `web` and `work` start."""
    settings = wraca_settings.load()
    migrate_database(settings, quiet=json)
    answer({"database": _without_password(settings.database_url), "migrated": True}, json=json)


def demo(*, port: int = 8000, open_browser: bool = False) -> None:
    """A pretend shop, a mailbox and time that can be pushed forward: leave a cart and see what happens.

    Parameters
    ----------
    port
        Where Wraca listens on 127.0.0.1; the shop and the mailbox take the next two.
    open_browser
        Open the shop in a browser.
    """
    try:
        from wraca_demo.running import run_demo
    except ImportError as problem:
        raise Failed(
            f"The demo is not part of this installation ({problem}). It is in the source: run `make demo` there."
        ) from problem
    run_demo(port=port, open_browser=open_browser)


def _greet(settings: Settings) -> None:
    from wraca.console import first_run

    out.print(f"[bold]Wraca[/] listens on {settings.listen} and is reached at {settings.public_url}")
    if link := first_run.address(settings.public_url, settings.secret_key):
        out.print(f"Nobody has an account yet. Make the first one here:\n  {link}")
    else:
        out.print(f"The console is at {settings.public_url}/console/")


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.rsplit(':', 1)[0]}:***@{tail}" if at and head.count(":") > 1 else url


COMMANDS = (serve, web, work, migrate, demo)

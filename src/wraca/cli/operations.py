"""Running an installation: doctor, import, backup, restore, pause, resume."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from wraca import clock
from wraca import settings as wraca_settings
from wraca.bootstrap import configure_django, configure_logs
from wraca.bootstrap import migrate as migrate_database
from wraca.cli.examining import doctor
from wraca.cli.importing import import_
from wraca.cli.opening import opened, prepared
from wraca.cli.speaking import Failed, answer
from wraca.cli.waiting import progress
from wraca.settings import Settings

if TYPE_CHECKING:
    from wraca.app.backups import Source


def backup(file: Path, *, json: bool = False) -> None:
    """Save the whole installation into one file while it runs. The secret key is not in it: keep that apart.

    Parameters
    ----------
    file
        Where to write; an existing file is never overwritten.
    """
    from wraca.app.backups import back_up
    from wraca.storage.copies import CopyFailed

    settings = prepared()
    try:
        with progress("Copying", quiet=json) as advance:
            manifest = back_up(_source(settings), file, clock.wall(), advance)
    except FileExistsError:
        raise Failed(f"{file} is there already. Name another file, or delete it first.") from None
    except (CopyFailed, OSError) as problem:
        raise Failed(f"No backup was made: {problem}") from problem
    answer(
        {
            "file": str(file),
            "bytes": file.stat().st_size,
            "engine": manifest.engine,
            "rows": sum(manifest.counts.values()),
            "shops": manifest.counts.get("shop", 0),
            "epoch": manifest.epoch,
            "key_hint": manifest.key_hint,
            "keep_too": _keep_too(settings),
        },
        json=json,
    )


def restore(file: Path, *, accept_other_key: bool = False, json: bool = False) -> None:
    """Bring a backup back into an empty database. It comes back paused: `wraca resume` lets it send.

    Parameters
    ----------
    accept_other_key
        Go on without the secret key of the backup: channels must be set anew, and suppressed addresses are not recognised.
    """
    from wraca.app.backups import BadBackup
    from wraca.app.backups import restore as bring_back
    from wraca.storage.copies import CopyFailed

    settings = wraca_settings.load()
    configure_logs("error")
    configure_django(settings)
    try:
        with progress("Restoring", quiet=json) as advance:
            manifest = bring_back(_source(settings), file, _known_migrations(), advance, other_key=accept_other_key)
    except (BadBackup, CopyFailed) as problem:
        raise Failed(str(problem)) from problem
    migrate_database(settings)
    answer(
        {
            "file": str(file),
            "rows": sum(manifest.counts.values()),
            "shops": manifest.counts.get("shop", 0),
            "epoch": manifest.epoch + 1,
            "paused": True,
            "next": "Make sure that the old installation is off, then run `wraca resume`.",
        },
        json=json,
    )


def pause(reason: str = "", *, json: bool = False) -> None:
    """Stop all sending of all shops. Events still come in; messages wait, held."""
    with opened() as wraca:
        from wraca.app import pausing

        pausing.pause(reason, clock.wall())
        answer({"paused": True, "reason": wraca.register.paused()}, json=json)


def resume(*, json: bool = False) -> None:
    """Let messages out again after `wraca pause` or `wraca restore`."""
    with opened():
        from wraca.app import pausing

        was = pausing.resume()
        answer({"paused": False, "was_paused_because": was}, json=json)


def _source(settings: Settings) -> "Source":
    from wraca.app.backups import Source

    return Source(settings.database_url, settings.secret_key, version("wraca"))


def _keep_too(settings: Settings) -> str:
    if settings.sqlite_path is None:
        return "WRACA_SECRET_KEY"
    file = settings.sqlite_path.with_suffix(".secret")
    return str(file) if file.exists() else "WRACA_SECRET_KEY"


def _known_migrations() -> set[str]:
    from django.db.migrations.loader import MigrationLoader

    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


# The replay brings half of Wraca with it, so it is imported when somebody asks for it.
COMMANDS = (doctor, backup, restore, import_, "wraca.cli.replaying:replay", pause, resume)

"""Fresh, migrated databases for tests and benchmarks, made by copying one that was migrated before.

Migrations run in a process of their own: Django is set up once per process, for one database. They take a second; the copy takes
milliseconds.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wraca.storage.database import PostgresDatabase, SqliteDatabase, open_database
from wraca.testing.postgres import Cluster, locked

TEST_SECRET = "a-secret-for-tests-only-0123456789abcdef"
POSTGRES_TEMPLATE = "wraca_migrated"


def migrate(url: str) -> None:
    """Create all tables in the database of this url, in a process of its own. Raises CalledProcessError with what Django said."""
    environment = os.environ | {
        "WRACA_DATABASE_URL": url,
        "WRACA_SECRET_KEY": TEST_SECRET,
        "DJANGO_SETTINGS_MODULE": "wraca.storage.django_settings",
    }
    command = [sys.executable, "-m", "django", "migrate", "--verbosity=0", "--skip-checks"]
    subprocess.run(command, env=environment, check=True, capture_output=True, text=True)


def migrated_file(directory: Path) -> Path:
    """The migrated SQLite file in this directory, made by whichever process comes first."""
    file = directory / "migrated.db"
    with locked(directory / "migrated.lock"):
        if not file.exists():
            fresh = directory / "migrating.db"
            fresh.unlink(missing_ok=True)
            migrate(f"sqlite:///{fresh}")
            fresh.rename(file)
    return file


def new_file(template: Path, directory: Path, name: str = "wraca.db") -> str:
    """A copy of a migrated SQLite file; its url."""
    return f"sqlite:///{shutil.copyfile(template, directory / name)}"


def new_postgres(cluster: Cluster) -> str:
    """A migrated database on this server; its url. Drop it with `cluster.drop_database(url)`."""
    return cluster.new_database(cluster.template(POSTGRES_TEMPLATE, migrate))


@contextmanager
def opened(url: str) -> Iterator[SqliteDatabase | PostgresDatabase]:
    """The database, open for the length of the block."""
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()

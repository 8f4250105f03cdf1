"""Whole databases as one file, and back: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore of one snapshot.

What is in a copy is counted inside the very snapshot that is copied, so that a restore can be checked row by row count.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

_PAGES = 2_000  # of a SQLite file at a time: others may write in between
_INSTALLATION = "TABLE DATA public installation "
_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}

Progress = Callable[[int, int], None]  # done, of how much


class CopyFailed(Exception):
    """Nothing usable was written; the text says what happened and what to do."""


class Contents(msgspec.Struct, frozen=True):
    """What a database holds. `epoch` counts its restores; `migrations` are "app.name"."""

    counts: dict[str, int]
    migrations: tuple[str, ...]
    epoch: int


class Standing(msgspec.Struct, frozen=True):
    """Whether a restored database may send (it may not), and which life of the installation this is."""

    epoch: int
    paused_reason: str
    created_at: int


def copy_out(url: str, target: Path, progress: Progress) -> Contents:
    """Write a consistent copy of the running database into `target`. Raises CopyFailed."""
    if url.startswith("sqlite:///"):
        return _sqlite_out(Path(url.removeprefix("sqlite:///")), target, progress)
    return _postgres_out(url, target)


def copy_in(url: str, source: Path, standing: Standing, progress: Progress) -> Contents:
    """Fill the empty database with a copy that must not send before somebody says so; what it then holds. Raises CopyFailed."""
    if url.startswith("sqlite:///"):
        return _sqlite_in(source, Path(url.removeprefix("sqlite:///")), standing, progress)
    return _postgres_in(url, source, standing)


def is_empty(url: str) -> bool:
    """Whether nobody has begun to use this database: no tables, or no shop and no account in them."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        if not path.exists() or path.stat().st_size == 0:
            return True
        with closing(sqlite3.connect(path, timeout=15)) as connection:
            tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
            return not any(connection.execute(f"select 1 from {name} limit 1").fetchone() for name in _USED & tables)  # noqa: S608
    with _postgres(url) as connection:
        tables = set(_postgres_tables(connection))
        return not any(
            connection.execute(sql.SQL("select 1 from {} limit 1").format(sql.Identifier(name))).fetchone()
            for name in _USED & tables
        )


_USED = frozenset({"shop", "auth_user"})


def _sqlite_out(source: Path, target: Path, progress: Progress) -> Contents:
    if not source.exists():
        raise CopyFailed(f"There is no database at {source}. WRACA_DATABASE_URL says where it is.")
    with closing(sqlite3.connect(source, timeout=15, isolation_level=None)) as running, closing(sqlite3.connect(target)) as copy:
        # One snapshot for all steps: without it the copy begins again whenever another process writes, and may never end.
        running.execute("begin")
        running.execute("select count(*) from sqlite_master").fetchone()
        running.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
        # One file without a log beside it, whatever the running one uses.
        copy.execute("pragma journal_mode = delete")
        return _sqlite_contents(copy)


def _sqlite_in(source: Path, target: Path, standing: Standing, progress: Progress) -> Contents:
    with tempfile.TemporaryDirectory(dir=source.parent) as place:
        prepared = shutil.copyfile(source, Path(place) / "prepared.db")
        with closing(sqlite3.connect(prepared)) as copy:
            if (said := copy.execute("pragma integrity_check").fetchone()[0]) != "ok":
                raise CopyFailed(f"The copy of the database is damaged: {said}. Use another backup.")
            # Paused before anybody can see it.
            copy.execute("update installation set epoch = ?, paused_reason = ?", (standing.epoch, standing.paused_reason))
            copy.commit()
            target.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(target, timeout=15)) as running:
                copy.backup(running, pages=-1, progress=lambda _, left, total: progress(total - left, total))
                running.execute("pragma journal_mode = wal")
                return _sqlite_contents(running)


def _sqlite_contents(connection: sqlite3.Connection) -> Contents:
    names = [
        name for (name,) in connection.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    ]
    if "installation" not in names:
        raise CopyFailed("There are no tables of Wraca in this database. WRACA_DATABASE_URL says which one is meant.")
    counts = {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in sorted(names)}  # noqa: S608  (names of its own tables)
    migrations = connection.execute("select app || '.' || name from django_migrations order by 1").fetchall()
    epoch = connection.execute("select max(epoch) from installation").fetchone()[0] or 1
    return Contents(counts, tuple(name for (name,) in migrations), epoch)


def _postgres_out(url: str, target: Path) -> Contents:
    program = _program("pg_dump")
    with _postgres(url) as connection:
        connection.execute("begin isolation level repeatable read, read only")
        snapshot = _one(connection, "select pg_export_snapshot()")
        contents = _postgres_contents(connection)
        # --no-sync: the archive is read back and synced by whoever packs it.
        _run([program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"], url)
        return contents


def _postgres_in(url: str, source: Path, standing: Standing) -> Contents:
    """First the tables, then the pause, then the rows: a worker on this database never sees rows without the pause."""
    program = _program("pg_restore")
    restore = [program, "--no-owner", "--no-privileges", "--single-transaction", f"--dbname={conninfo_to_dict(url)['dbname']}"]
    with tempfile.TemporaryDirectory(dir=source.parent) as place:
        listed = _run([program, "--list", str(source)], url).splitlines()
        chosen = Path(place) / "chosen"
        chosen.write_text("\n".join(line for line in listed if _INSTALLATION not in line))
        _run([*restore, "--section=pre-data", "--clean", "--if-exists", str(source)], url)
        with _postgres(url) as connection:
            connection.execute(
                "insert into installation (id, epoch, paused_reason, created_at) values (1, %s, %s, %s)",
                (standing.epoch, standing.paused_reason, standing.created_at),
            )
        _run([*restore, "--section=data", "--section=post-data", f"--use-list={chosen}", str(source)], url)
    with _postgres(url) as connection:
        return _postgres_contents(connection)


def _postgres_contents(connection: "psycopg.Connection[tuple[object, ...]]") -> Contents:
    names = _postgres_tables(connection)
    if "installation" not in names:
        raise CopyFailed("There are no tables of Wraca in this database. WRACA_DATABASE_URL says which one is meant.")
    counts = {
        name: connection.execute(sql.SQL("select count(*)::int from {}").format(sql.Identifier(name))).fetchone() for name in names
    }
    migrations = connection.execute("select app || '.' || name from django_migrations order by 1").fetchall()
    epoch = int(_one(connection, "select coalesce(max(epoch), 1)::text from installation"))
    whole = {name: int(str(row[0])) if row else 0 for name, row in counts.items()}
    return Contents(whole, tuple(str(name) for (name,) in migrations), epoch)


def _postgres_tables(connection: "psycopg.Connection[tuple[object, ...]]") -> list[str]:
    rows = connection.execute("select tablename from pg_tables where schemaname = current_schema() order by 1")
    return [str(name) for (name,) in rows]


def _one(connection: "psycopg.Connection[tuple[object, ...]]", statement: "psycopg.sql.SQL | str") -> str:
    row = connection.execute(statement).fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _postgres(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    try:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            yield connection
    except psycopg.OperationalError as problem:
        raise CopyFailed(f"The database cannot be reached: {problem}") from problem


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CopyFailed(
            f"{name} is not installed here. On Debian or Ubuntu: apt-get install postgresql-client, not older than the server."
        )
    return found


def _run(command: list[str], url: str) -> str:
    """Run one of PostgreSQL's programs; the password goes through the environment, which other users cannot read."""
    given = {_ENVIRONMENT[name]: str(value) for name, value in conninfo_to_dict(url).items() if name in _ENVIRONMENT}
    done = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, check=False)  # noqa: S603  (found by _program)
    if done.returncode:
        raise CopyFailed(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout

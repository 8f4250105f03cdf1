"""Transactions on SQLite or PostgreSQL, for the hot path.

One transaction works in one bucket. On SQLite there is one writer at a time in the whole process (`writing.write_lock`), because
saturating writers starve each other and because SQLite before 3.51.3 can reset its log wrongly when two connections commit at once.
Columns come back alike on both engines: ids as 32 hexadecimal digits, JSON as text, instants as int.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec
import psycopg
from psycopg import errors
from psycopg.adapt import Loader
from psycopg_pool import ConnectionPool, PoolTimeout

from wraca.storage.statement import Statement
from wraca.storage.writing import write_lock

# Every hot statement brings few rows and meets large tables by their keys. The planner cannot know how few, and on a young or not
# yet analysed table it would read all of it; and planning anew each time costs more than the statement.
_PLANS = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
HOT_CONNECTION: dict[str, Any] = {"autocommit": True, "options": _PLANS}

Row: TypeAlias = tuple[Any, ...]
_json = msgspec.json.Encoder()


class DatabaseBusy(Exception):
    """The database cannot take this now (down, locked, full); nothing was written and the same work may be tried again."""


class DatabaseRace(DatabaseBusy):
    """Two transactions met over the same rows and this one was taken back; it may be tried again at once."""


class Transaction(Protocol):
    """What a use case may do inside one transaction."""

    @property
    def is_alone(self) -> bool:
        """Whether nobody else can write before it ends."""

    def all(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> list[Row]:
        """Run it and fetch every row that comes back."""

    def run(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> int:
        """Run it; how many rows it touched."""

    def each(self, statement: Statement, rows: Sequence[object], **values: object) -> list[int]:
        """Run it for one row after the other; how many rows each touched. Cheap where no network is crossed."""


class Database(Protocol):
    """An open database."""

    dialect: str

    def write(self) -> Any:  # noqa: ANN401  (a context manager of Transaction; Protocol cannot say so with the decorator)
        """A transaction that may write; commits at the end, rolls back on an exception."""

    def read(self) -> Any:  # noqa: ANN401
        """A transaction that only reads."""

    def close(self) -> None: ...


def open_database(url: str, *, pool_size: int = 8, durable: bool = True) -> "SqliteDatabase | PostgresDatabase":
    """Open the database of WRACA_DATABASE_URL. `durable=False` is for throw-away databases only."""
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), durable=durable)
    return PostgresDatabase(url, pool_size=pool_size)


def _with_rows(rows: Sequence[object] | None, values: dict[str, object]) -> dict[str, object]:
    if rows is not None:
        values["rows"] = _json.encode(rows).decode()
    return values


@lru_cache(maxsize=512)
def _columns_of(statement: Statement, kind: type[object]) -> Callable[[Any], tuple[Any, ...]]:
    """From a row (a Struct, or a dict) to the tuple of its columns, JSON encoded."""
    names = [column for column, _ in statement.columns]
    fetch = itemgetter(*names) if kind is dict else attrgetter(*names)
    nested = [place for place, (_, type_) in enumerate(statement.columns) if type_ == "json"]
    if len(names) == 1:
        return (lambda row: (_text(fetch(row)),)) if nested else (lambda row: (fetch(row),))
    if not nested:
        return fetch

    def columns(row: Any) -> tuple[Any, ...]:  # noqa: ANN401
        values = list(fetch(row))
        for place in nested:
            values[place] = _text(values[place])
        return tuple(values)

    return columns


def _text(value: object) -> str | None:
    return None if value is None else _json.encode(value).decode()


class _SqliteTransaction:
    __slots__ = ("_connection",)
    is_alone = True

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> list[Row]:
        return self._connection.execute(statement.sqlite, _with_rows(rows, values)).fetchall()

    def run(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> int:
        if rows and statement.sqlite_each:
            columns = _columns_of(statement, type(rows[0]))  # type: ignore[arg-type]  # mypy: a type is no Hashable
            rest = tuple(values[name] for name in statement.values)
            return self._connection.executemany(statement.sqlite_each, [columns(row) + rest for row in rows]).rowcount
        return self._connection.execute(statement.sqlite, _with_rows(rows, values)).rowcount

    def each(self, statement: Statement, rows: Sequence[object], **values: object) -> list[int]:
        if not rows or not statement.sqlite_each:
            return [self.run(statement, [row], **values) for row in rows]
        columns = _columns_of(statement, type(rows[0]))  # type: ignore[arg-type]  # mypy: a type is no Hashable
        rest = tuple(values[name] for name in statement.values)
        execute, sql = self._connection.cursor().execute, statement.sqlite_each
        return [execute(sql, columns(row) + rest).rowcount for row in rows]


class SqliteDatabase:
    """One file, one writing connection, a reading connection per thread."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        self._durable = durable
        self._lock = write_lock(path)
        self._writer = self._connect()
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = [self._writer]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=15, isolation_level=None, check_same_thread=False, cached_statements=256)
        # A throw-away database still has to take transactions back: a log in memory, not none.
        connection.execute(f"pragma journal_mode = {'wal' if self._durable else 'memory'}")
        connection.execute(f"pragma synchronous = {'full' if self._durable else 'off'}")
        connection.execute("pragma cache_size = -65536")
        connection.execute("pragma temp_store = memory")
        return connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with self._lock:
            try:
                self._writer.execute("begin immediate")
            except sqlite3.OperationalError as problem:
                raise DatabaseBusy(str(problem)) from problem
            try:
                yield _SqliteTransaction(self._writer)
                self._writer.execute("commit")
            except BaseException as problem:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                if isinstance(problem, sqlite3.OperationalError):  # locked, full disk, I/O error
                    raise DatabaseBusy(str(problem)) from problem
                raise

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        if not self._durable:  # without a log there are no snapshots beside the writer
            with self._lock:
                yield _SqliteTransaction(self._writer)
            return
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._connect()
            self._opened.append(connection)
        if connection.in_transaction:  # a read inside a read sees the same
            yield _SqliteTransaction(connection)
            return
        connection.execute("begin")
        try:
            yield _SqliteTransaction(connection)
        finally:
            connection.execute("rollback")

    def close(self) -> None:
        with self._lock:
            while self._opened:
                self._opened.pop().close()


class _HexLoader(Loader):
    """uuid -> 32 hexadecimal digits."""

    def load(self, data: Any) -> str:  # noqa: ANN401  (bytes or a memory view)
        return bytes(data).decode().replace("-", "")


class _TextLoader(Loader):
    """jsonb -> its text, for msgspec to decode into the type that is meant."""

    def load(self, data: Any) -> str:  # noqa: ANN401
        return bytes(data).decode()


def _prepare(connection: psycopg.Connection[Row]) -> None:
    connection.prepare_threshold = 2
    connection.adapters.register_loader("uuid", _HexLoader)
    connection.adapters.register_loader("jsonb", _TextLoader)


class _PostgresTransaction:
    __slots__ = ("_cursor",)
    is_alone = False

    def __init__(self, cursor: psycopg.Cursor[Row]) -> None:
        self._cursor = cursor

    def all(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> list[Row]:
        return self._cursor.execute(statement.postgres_bytes, _with_rows(rows, values)).fetchall()

    def run(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> int:
        return self._cursor.execute(statement.postgres_bytes, _with_rows(rows, values)).rowcount

    def each(self, statement: Statement, rows: Sequence[object], **values: object) -> list[int]:
        return [self.run(statement, [row], **values) for row in rows]


class PostgresDatabase:
    """A pool of connections; every process has its own."""

    dialect = "postgresql"

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = url
        self._pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            url, min_size=1, max_size=pool_size, configure=_prepare, timeout=10, kwargs=HOT_CONNECTION, open=True
        )
        self._own = threading.local()  # the transaction that this thread is in

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        try:
            with self._pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
                self._own.transaction = _PostgresTransaction(cursor)
                try:
                    yield self._own.transaction
                finally:
                    self._own.transaction = None
        except (errors.DeadlockDetected, errors.SerializationFailure) as problem:
            raise DatabaseRace(str(problem)) from problem
        except (psycopg.OperationalError, PoolTimeout) as problem:  # down, out of connections, out of space
            raise DatabaseBusy(str(problem)) from problem

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Each statement by itself: at READ COMMITTED a transaction around them shows nothing else, and costs two round trips.

        Inside a writing transaction of the same thread it reads there: twenty threads that each wait for a second connection while
        they hold their first wait for ever.
        """
        if (own := getattr(self._own, "transaction", None)) is not None:
            yield own
            return
        try:
            with self._pool.connection() as connection, connection.cursor() as cursor:
                yield _PostgresTransaction(cursor)
        except (psycopg.OperationalError, PoolTimeout) as problem:
            raise DatabaseBusy(str(problem)) from problem

    def close(self) -> None:
        self._pool.close()

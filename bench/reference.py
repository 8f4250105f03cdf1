"""The bare reference: the rows that intake wrote, written again by the same statements and nothing else.

`Recorder` stands between intake and the database and keeps every statement that writes, with its rows; `write_again` prepares them
(JSON encoded, tuples made) and then executes them raw, in transactions of the same size, on a fresh copy of the database.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg

from wraca.storage.database import HOT_CONNECTION, Database, PostgresDatabase, SqliteDatabase, Transaction
from wraca.storage.statement import Statement

Written = tuple[Statement, Sequence[object] | None, dict[str, object]]
_WRITES = ("insert", "update", "delete")


class _RecordingTransaction:
    def __init__(self, inner: Transaction, kept: list[Written]) -> None:
        self._inner = inner
        self._kept = kept
        self.is_alone = inner.is_alone

    def all(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> list[Any]:
        self._keep(statement, rows, values)
        return self._inner.all(statement, rows, **values)

    def run(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> int:
        self._keep(statement, rows, values)
        return self._inner.run(statement, rows, **values)

    def each(self, statement: Statement, rows: Sequence[object], **values: object) -> list[int]:
        self._keep(statement, rows, values)
        return self._inner.each(statement, rows, **values)

    def _keep(self, statement: Statement, rows: Sequence[object] | None, values: dict[str, object]) -> None:
        if statement.sqlite.startswith(_WRITES):
            self._kept.append((statement, rows, dict(values)))


class Recorder:
    """A database that remembers what was written, one list per transaction."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.dialect = inner.dialect
        self.transactions: list[list[Written]] = []

    @contextmanager
    def write(self) -> Iterator[_RecordingTransaction]:
        kept: list[Written] = []
        with self._inner.write() as tx:
            yield _RecordingTransaction(tx, kept)
        self.transactions.append(kept)

    def read(self) -> Any:  # noqa: ANN401
        return self._inner.read()

    def close(self) -> None:
        self._inner.close()


def write_again(database: SqliteDatabase | PostgresDatabase, transactions: Sequence[Sequence[Written]]) -> Callable[[], None]:
    """Prepare everything; the function returned does the bare work."""
    if isinstance(database, SqliteDatabase):
        return _on_sqlite(database, transactions)
    return _on_postgres(database, transactions)


def _on_sqlite(database: SqliteDatabase, transactions: Sequence[Sequence[Written]]) -> Callable[[], None]:
    from wraca.storage.database import _columns_of, _with_rows

    prepared: list[list[tuple[str, Any]]] = []
    for transaction in transactions:
        steps: list[tuple[str, Any]] = []
        for statement, rows, values in transaction:
            if rows and statement.sqlite_each:
                columns = _columns_of(statement, type(rows[0]))  # type: ignore[arg-type]  # mypy: a type is no Hashable
                rest = tuple(values[name] for name in statement.values)
                steps.append((statement.sqlite_each, [columns(row) + rest for row in rows]))
            else:
                steps.append((statement.sqlite, _with_rows(rows, dict(values))))
        prepared.append(steps)
    connection = sqlite3.connect(database.path, isolation_level=None)
    connection.execute("pragma synchronous = full")
    connection.execute("pragma cache_size = -65536")

    def work() -> None:
        for steps in prepared:
            connection.execute("begin immediate")
            for sql, parameters in steps:
                if isinstance(parameters, list):
                    connection.executemany(sql, parameters)
                else:
                    connection.execute(sql, parameters).fetchall()
            connection.execute("commit")

    return work


def _on_postgres(database: PostgresDatabase, transactions: Sequence[Sequence[Written]]) -> Callable[[], None]:
    prepared = [
        [
            (statement.postgres.encode(), values | ({} if rows is None else {"rows": msgspec.json.encode(rows).decode()}))
            for statement, rows, values in transaction
        ]
        for transaction in transactions
    ]
    connection = psycopg.connect(database.url, **HOT_CONNECTION)
    connection.prepare_threshold = 2

    def work() -> None:
        cursor = connection.cursor()
        for steps in prepared:
            with connection.transaction():
                for sql, parameters in steps:
                    cursor.execute(sql, parameters)

    return work

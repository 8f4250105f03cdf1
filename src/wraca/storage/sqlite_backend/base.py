"""The module name `base` is Django's: a database backend must be called so."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base as sqlite

from wraca.storage.writing import write_lock

_WRITES = ("insert", "update", "delete", "replace", "create", "alter", "drop")


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """Takes the process-wide write lock for the length of every transaction, and of every write outside one."""

    _held = False

    @property
    def _lock(self) -> Any:  # noqa: ANN401
        return write_lock(Path(str(self.settings_dict["NAME"])))

    def get_new_connection(self, conn_params: Any) -> Any:  # noqa: ANN401
        connection = super().get_new_connection(conn_params)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        self.execute_wrappers.append(self._queue) if self._queue not in self.execute_wrappers else None
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        self._lock.acquire()
        self._held = True
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self._lock.release()

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._let_go()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._let_go()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._let_go()

    def _queue(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:  # noqa: ANN401
        if self._held or not sql.lstrip()[:8].lower().startswith(_WRITES):
            return execute(sql, params, many, context)
        with self._lock:
            return execute(sql, params, many, context)

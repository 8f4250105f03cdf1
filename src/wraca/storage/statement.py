"""SQL of the hot path, written once for both engines.

A statement takes its rows as ONE JSON parameter: `{rows}` in its text becomes a row source named `r` whose columns the statement
declares. Everything else is standard SQL that PostgreSQL and SQLite both understand; `{lock}`, `{lock of p}` and `{skip}` are the
row locks that only PostgreSQL needs (SQLite has one writer at a time).

SQLite can also take a statement that only writes row by row, with plain parameters: that saves it from parsing JSON, and there is
no network to cross for each row. `sqlite_each` is that form.
"""

import re
from typing import ClassVar

_NAME = re.compile(r"(?<![:\w]):([a-z_]+)")
_LOCK_OF = re.compile(r"\{lock of (\w+)\}")
_WHOLE_SOURCE = re.compile(r"\s*\bfrom \{rows\}(?=\s+where\b|\))")
_ROWS_FIRST = re.compile(r"\bfrom \{rows\}\s+join\b")
_JOIN = re.compile(r"(?<!left )\bjoin\b")
_WRITES = ("insert", "update", "delete")
_COLUMN = re.compile(r"\br\.(\w+)")
_POSTGRES_TYPES = {"id": "uuid", "text": "text", "int": "bigint", "bool": "boolean", "json": "jsonb"}


class Statement:
    """Named SQL. `columns` declares what each row of the JSON parameter holds: "id id, shop_id id, at int, payload json"."""

    known: ClassVar[list["Statement"]] = []

    def __init__(self, name: str, sql: str, columns: str = "") -> None:
        self.name = name
        self.columns = tuple((column, kind) for column, kind in (pair.split() for pair in columns.split(",") if pair.strip()))
        self.postgres = _NAME.sub(r"%(\1)s", _fill(sql, self._recordset(), " for update", " for update skip locked"))
        self.postgres_bytes = self.postgres.encode()
        # SQLite knows nothing of how few rows come in, and would rather walk through a table: a cross join keeps the written order.
        in_order = _JOIN.sub("cross join", sql) if _ROWS_FIRST.search(sql) else sql
        self.sqlite = _fill(in_order, self._json_each(), "", "")
        self.sqlite_each, self.values = self._each(sql)
        Statement.known.append(self)

    def _recordset(self) -> str:
        columns = ", ".join(f"{column} {_POSTGRES_TYPES[kind]}" for column, kind in self.columns)
        return f"jsonb_to_recordset(:rows ::jsonb) as r({columns})"

    def _json_each(self) -> str:
        columns = ", ".join(f"value {'->' if kind == 'json' else '->>'} '{column}' as {column}" for column, kind in self.columns)
        return f"(select {columns} from json_each(:rows)) as r"  # noqa: S608  (our own column names)

    def _each(self, sql: str) -> tuple[str | None, tuple[str, ...]]:
        """The statement for one row, whose columns are parameters 1, 2, ... and the other values those behind them.

        None where it fetches, or joins its rows to something.
        """
        single = _WHOLE_SOURCE.sub("", sql)
        if (
            not self.columns
            or "{rows}" in single
            or "returning" in single
            or not sql.lower().startswith(("insert", "update", "delete"))
        ):
            return None, ()
        places = {column: number for number, (column, _) in enumerate(self.columns, 1)}
        values = tuple(dict.fromkeys(_NAME.findall(single)))
        others = {name: number for number, name in enumerate(values, len(places) + 1)}
        single = _COLUMN.sub(lambda found: f"?{places[found[1]]}", _fill(single, "", "", ""))
        return _NAME.sub(lambda found: f"?{others[found[1]]}", single), values


def _fill(sql: str, rows: str, lock: str, skip: str) -> str:
    filled = sql.replace("{rows}", rows).replace("{lock}", lock).replace("{skip}", skip)
    return _LOCK_OF.sub(rf"{lock} of \1" if lock else "", filled).strip()

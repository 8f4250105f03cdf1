"""SQL of the hot path, written once for both engines.

A statement takes its rows as ONE JSON parameter: `{rows}` in its text becomes a row source named `r` whose columns the statement
declares. Everything else is standard SQL that PostgreSQL and SQLite both understand; `{lock}`, `{lock of p}` and `{skip}` are the row
locks that only PostgreSQL needs (SQLite has one writer at a time).
"""

import re
from typing import ClassVar

_NAME = re.compile(r"(?<![:\w]):([a-z_]+)")
_LOCK_OF = re.compile(r"\{lock of (\w+)\}")
_POSTGRES_TYPES = {"id": "uuid", "text": "text", "int": "bigint", "bool": "boolean", "json": "jsonb"}


class Statement:
    """Named SQL. `columns` declares what each row of the JSON parameter holds: "id id, shop_id id, at int, payload json"."""

    known: ClassVar[list["Statement"]] = []

    def __init__(self, name: str, sql: str, columns: str = "") -> None:
        self.name = name
        self.columns = tuple((column, kind) for column, kind in (pair.split() for pair in columns.split(",") if pair.strip()))
        self.postgres = _NAME.sub(r"%(\1)s", _fill(sql, self._recordset(), " for update", " for update skip locked"))
        self.sqlite = _fill(sql, self._json_each(), "", "")
        Statement.known.append(self)

    def _recordset(self) -> str:
        columns = ", ".join(f"{column} {_POSTGRES_TYPES[kind]}" for column, kind in self.columns)
        return f"jsonb_to_recordset(:rows ::jsonb) as r({columns})"

    def _json_each(self) -> str:
        columns = ", ".join(f"value {'->' if kind == 'json' else '->>'} '{column}' as {column}" for column, kind in self.columns)
        return f"(select {columns} from json_each(:rows)) as r"


def _fill(sql: str, rows: str, lock: str, skip: str) -> str:
    filled = sql.replace("{rows}", rows).replace("{lock}", lock).replace("{skip}", skip)
    return _LOCK_OF.sub(rf"{lock} of \1" if lock else "", filled).strip()

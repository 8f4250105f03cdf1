"""The throw-away database of a replay: always a SQLite file. Made from the models, filled with one shop, read at the end.

Beside that, the reads of a shop's own past for a dry run, on either engine.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.db.utils import ConnectionHandler

from wraca.storage.planning import tell_planner
from wraca.storage.statement import Statement

# Indexes of the console's lists and of links that are followed: nobody looks at a throw-away database.
_FOR_PEOPLE_TO_LOOK = (
    "cart_by_activity",
    "person_by_email",
    "purchase_by_time",
    "run_by_start",
    "outbox_by_id",
    "outbox_by_time",
    "link_by_token",
    "link_by_message",
)

# What wakes the sender next.
NEXT_MESSAGE = Statement(
    "replay_next_message",
    "select min(due_at) from outbox where bucket = :bucket and state in ('planned', 'retry', 'held')",
)

# A shop's own past, for a dry run: all keys in order of time at once, then the events in portions.
PAST_KEYS = Statement("replay_past_keys", "select id, at from event where bucket = :bucket and shop_id = :shop order by at, id")
PAST_EVENTS = Statement(
    "replay_past_events",
    "select e.id, e.payload from {rows} join event e on e.bucket = :bucket and e.shop_id = :shop and e.id = r.id",
    "id id",
)
PAST_PRODUCTS = Statement("replay_products", "select key, body, updated_at from product where bucket = :bucket and shop_id = :shop")
PAST_SUPPRESSIONS = Statement(
    "replay_suppressions",
    "select channel, address_hash, reason, at from suppression where bucket = :bucket and shop_id = :shop",
)


def make_tables(file: Path) -> None:
    """Make all of Wraca's tables, from the models and without the history of migrations: a few ms instead of a second."""
    options = {"init_command": "pragma synchronous = off; pragma journal_mode = memory"}
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": options}})
    connection = handler["default"]
    try:
        # Not atomic: Django would open that transaction on its own database, by the name of the connection.
        with connection.schema_editor(atomic=False) as editor:
            for model in apps.get_app_config("wraca").get_models():
                editor.create_model(model)
    finally:
        connection.close()
    with _opened(file) as plain:
        for index in _FOR_PEOPLE_TO_LOOK:
            plain.execute(f"drop index {index}")
        tell_planner(plain)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("pragma synchronous = off")
        connection.execute("pragma journal_mode = memory")
        yield connection


def put_rows(file: Path, table: str, rows: Iterable[dict[str, object]]) -> None:
    """Write rows into a table; columns are the keys, alike in all rows."""
    with _opened(file) as connection:
        connection.execute("begin")
        for row in rows:
            names = ", ".join(row)
            places = ", ".join(f":{name}" for name in row)
            connection.execute(f"insert into {table} ({names}) values ({places})", row)  # noqa: S608  (our own names)
        connection.execute("commit")


class Ending:
    """The throw-away database after the last thing was done; only read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def people(self, since: int) -> int:
        """Everybody of whom there is an event since then."""
        sql = "select count(*) from person where first_seen > 0 and last_seen >= ?"
        return int(self._connection.execute(sql, (since,)).fetchone()[0])

    def carts(self) -> int:
        """Every cart that is not known from history alone."""
        sql = "select count(*) from cart where json_extract(body, '$.backfilled') is not 1"
        return int(self._connection.execute(sql).fetchone()[0])

    def orders(self, states: Sequence[str], since: int) -> int:
        """Orders in one of these states, placed since then."""
        marks = ", ".join("?" * len(states))
        sql = f"select count(*) from purchase where at >= ? and state in ({marks})"  # noqa: S608  (question marks only)
        return int(self._connection.execute(sql, (since, *states)).fetchone()[0])

    def recovered(self, within: int) -> int:
        """Orders of people who clicked, humanly, at most `within` ms before."""
        sql = """select count(distinct o.id) from purchase o join hit h on h.bucket = o.bucket and h.shop_id = o.shop_id
                 and h.person_id = o.person_id where h.verdict = 'human' and h.purpose in ('click', 'restore')
                 and o.at between h.at and h.at + ?"""
        return int(self._connection.execute(sql, (within,)).fetchone()[0])

    def runs(self) -> list[tuple[str, int]]:
        """(outcome, how many); an empty outcome: still under way."""
        return self._connection.execute("select outcome, count(*) from run group by outcome order by outcome").fetchall()

    def messages(self) -> list[tuple[str, str, str, str, str, str, str]]:
        """(id, person, cart, step, template, state, reasons as JSON) of everything in the outbox."""
        sql = "select id, person_id, cart_id, step, template, state, reasons from outbox order by planned_at, id"
        return self._connection.execute(sql).fetchall()

    def runs_of_carts(self) -> list[tuple[str, str, str]]:
        """(cart, person, outcome) of every run, the oldest first."""
        return self._connection.execute("select cart_id, person_id, outcome from run order by started_at, id").fetchall()

    def cart_starts(self) -> list[tuple[str, int]]:
        return self._connection.execute("select id, started_at from cart").fetchall()

    def people_of_carts(self) -> Iterator[tuple[str, str]]:
        """(person, body) of everybody who has a cart."""
        sql = "select id, body from person where id in (select person_id from cart) order by id"
        yield from self._connection.execute(sql)

    def names_of(self, people: Iterable[str]) -> dict[str, list[str]]:
        """The identities of these people, by person."""
        names: dict[str, list[str]] = {}
        for person in people:
            sql = "select key from identity where person_id = ? order by key"
            names[person] = [key for (key,) in self._connection.execute(sql, (person,))]
        return names

    def cart_events(self) -> Iterator[tuple[str, str]]:
        """(person, event) of all that touches a cart, person after person, in order of time."""
        sql = """select i.person_id, e.payload from event e join identity i on i.bucket = e.bucket and i.shop_id = e.shop_id
                 and i.key = e.anchor
                 where json_extract(e.payload, '$.body.type') not in ('seen', 'other', 'feed', 'named', 'landed')
                 order by i.person_id, e.at"""
        yield from self._connection.execute(sql)


@contextmanager
def ending(file: Path) -> Iterator[Ending]:
    """Read the throw-away database."""
    with _opened(file) as connection:
        yield Ending(connection)

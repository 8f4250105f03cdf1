"""The throw-away database of a replay: always a SQLite file. Made from the models, filled with one shop, read at the end.

Beside that, the reads of a shop's own past for a dry run, on either engine.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import msgspec
from django.apps import apps
from django.db.utils import ConnectionHandler

from wraca.domain.events import Event
from wraca.domain.people import Person
from wraca.storage.planning import tell_planner
from wraca.storage.statement import Statement

_event = msgspec.json.Decoder(Event)
_person = msgspec.json.Decoder(Person)
_words = msgspec.json.Decoder(list[str])

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

# A dry run that any process can show: the one that plays it says now and then how far it is.
RUNNING_REHEARSALS = Statement(
    "running_rehearsals",
    "select id from rehearsal where bucket = :bucket and shop_id = :shop and state = 'running' and seen_at > :alive_since",
)
ADD_REHEARSAL = Statement(
    "add_rehearsal",
    """insert into rehearsal (bucket, shop_id, id, journey, asked, state, progress, problem, started_at, seen_at)
       select :bucket, r.shop, r.id, r.journey, r.asked, 'running', 0, '', :now, :now from {rows} where true""",
    "shop id, id id, journey text, asked json",
)
SEE_REHEARSAL = Statement(
    "see_rehearsal",
    """update rehearsal set progress = :progress, seen_at = :now
       where bucket = :bucket and shop_id = :shop and id = :id and state = 'running'""",
)
END_REHEARSAL = Statement(
    "end_rehearsal",
    """update rehearsal set state = r.state, result = r.result, problem = r.problem, progress = 1, seen_at = :now from {rows}
       where rehearsal.bucket = :bucket and rehearsal.shop_id = r.shop and rehearsal.id = r.id and rehearsal.state = 'running'""",
    "shop id, id id, state text, result json, problem text",
)
REHEARSAL = Statement(
    "rehearsal",
    """select id, journey, asked, state, progress, result, problem, started_at, seen_at from rehearsal
       where bucket = :bucket and shop_id = :shop and id = :id""",
)
FORGET_REHEARSALS = Statement("forget_rehearsals", "delete from rehearsal where bucket = :bucket and started_at < :before")


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
    with opened(file) as plain:
        for index in _FOR_PEOPLE_TO_LOOK:
            plain.execute(f"drop index {index}")
        tell_planner(plain)


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """The throw-away database, past the use cases."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("pragma synchronous = off")
        connection.execute("pragma journal_mode = memory")
        yield connection


def put_rows(file: Path, table: str, rows: Iterable[dict[str, object]]) -> None:
    """Write rows into a table; columns are the keys, alike in all rows."""
    with opened(file) as connection:
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

    def orders(self, states: Collection[str], since: int) -> int:
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

    def messages(self) -> list[tuple[str, str, str, str, str, str, Sequence[str], str]]:
        """(id, person, cart, step, template, state, reasons, run) of everything in the outbox."""
        sql = "select id, person_id, cart_id, step, template, state, reasons, run_id from outbox order by planned_at, id"
        rows = self._connection.execute(sql)
        return [
            (one, person, cart, step, template, state, _words.decode(why), run)
            for one, person, cart, step, template, state, why, run in rows
        ]

    def offers(self) -> list[tuple[str, str, str, str, int]]:
        """(person, cart, step, terms as JSON, moment) of every offer made, the earliest first; not of who was held out."""
        sql = """select run.person_id, c.cart_id, c.step, c.terms, c.issued_at from coupon c join run on run.bucket = c.bucket
                 and run.shop_id = c.shop_id and run.id = c.run_id where not c.held_out
                 order by c.issued_at, run.person_id, c.step"""
        return self._connection.execute(sql).fetchall()

    def runs_of_carts(self) -> list[tuple[str, str, str]]:
        """(cart, person, outcome) of every run, the oldest first."""
        return self._connection.execute("select cart_id, person_id, outcome from run order by started_at, id").fetchall()

    def people_of_carts(self) -> Iterator[tuple[str, Person]]:
        """Everybody who has a cart."""
        sql = "select id, body from person where id in (select person_id from cart) order by id"
        for person, body in self._connection.execute(sql):
            yield person, _person.decode(body)

    def names_of(self, people: Iterable[str]) -> dict[str, list[str]]:
        """The identities of these people, by person."""
        names: dict[str, list[str]] = {}
        for person in people:
            sql = "select key from identity where person_id = ? order by key"
            names[person] = [key for (key,) in self._connection.execute(sql, (person,))]
        return names

    def cart_events(self) -> Iterator[tuple[str, list[Event]]]:
        """By person, all that touches a cart."""
        sql = """select i.person_id, e.payload from event e join identity i on i.bucket = e.bucket and i.shop_id = e.shop_id
                 and i.key = e.anchor
                 where json_extract(e.payload, '$.body.type') not in ('seen', 'other', 'feed', 'named', 'landed')
                 order by i.person_id, e.at"""
        for person, rows in groupby(self._connection.execute(sql), key=itemgetter(0)):
            yield person, [_event.decode(payload) for _, payload in rows]

"""What to show on a page: how long a decision takes among a million known visitors, beside one bare indexed read.

Every visitor is a person with an identity and an open cart; every tenth was shown something before. Five placements are on. A
question is what /v1/decide asks: who is it, what were they shown, what is in the cart, what fits, and the JSON of it.
The bare read is the person behind an identity, in a transaction of the same database.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from wraca.app.deciding import Asked, Pages
from wraca.app.register import Register
from wraca.channels.onsite import OnsiteChannel
from wraca.channels.onsite.library import ready_made
from wraca.storage.database import Database, open_database
from wraca.storage.hot import placements as sql
from wraca.storage.statement import Statement
from wraca.testing.databases import migrated_file, new_file, new_postgres
from wraca.testing.postgres import private_cluster
from wraca.testing.world import World

PEOPLE = 1_000_000
QUESTIONS = 500  # in a round
ROUNDS = 12
BAR_MS = 20.0  # the 99th percentile

_PLACE = Statement(
    "bench_place",
    """insert into placement (bucket, shop_id, name, version, kind, content, rules, is_active, created_at, author)
       select :bucket, :shop, r.name, 1, r.kind, r.content, r.rules, true, 0, '' from {rows} where true""",
    "name text, kind text, content json, rules json",
)

# The same rows on both engines; {n} counts from 1, {id} makes an id of it, {json} is the engine's JSON.
_SEED = (
    """insert into person (bucket, shop_id, id, email, body, first_seen, last_seen) select {bucket}, {shop}, {id}, '',
       {json}('id', {hex}, 'first_seen', {now} - 90000000, 'last_seen', {now}, 'language', 'pl'), {now} - 90000000, {now}
       from {source}""",
    """insert into identity (bucket, shop_id, key, person_id, links) select {bucket}, {shop}, 'anonymous:b' || n, {id}, '[]'
       from {source}""",
    """insert into cart (bucket, shop_id, id, person_id, state, stage, currency, total, started_at, last_activity, body)
       select {bucket}, {shop}, {id}, {id}, 'open', 1, 'PLN', 19900, {now}, {now}, {json}('id', {hex}, 'scope', 'anonymous:b' || n,
       'session', 'anonymous:b' || n, 'started_at', {now} - 7200000, 'last_activity', {now} - 7200000, 'currency', 'PLN', 'lines',
       {array}({json}('product_id', 'lamp', 'price', 19900, 'name', 'A lamp of brass', 'trusted', {true}))) from {source}""",
    """insert into shown (bucket, shop_id, person_id, name, times, last_at, refused_at) select {bucket}, {shop}, {id}, 'exit-form',
       1, {now} - 86400000, null from {source} where n % 10 = 0""",
)
_POSTGRES = {
    "id": "lpad(to_hex(n), 32, '0')::uuid",
    "hex": "lpad(to_hex(n), 32, '0')",
    "json": "jsonb_build_object",
    "array": "jsonb_build_array",
    "true": "true",
    "source": "generate_series(1, {people}) n",
}
_SQLITE = {
    "id": "printf('%032x', n)",
    "hex": "printf('%032x', n)",
    "json": "json_object",
    "array": "json_array",
    "true": "json('true')",
    "source": "(with recursive one(n) as (select 1 union all select n + 1 from one where n < {people}) select n from one) n",
}


def _statements(world: World, words: dict[str, str], shop: str) -> list[str]:
    values = {"bucket": str(world.bucket), "shop": shop, "now": str(world.now)}
    source = words["source"].format(people=PEOPLE)
    return [text.format(**values, **(words | {"source": source})) for text in _SEED]


def _places(world: World) -> None:
    rows = [
        {"name": name, "kind": ready.kind, "content": ready.panels, "rules": msgspec.structs.replace(ready.rules, pages=())}
        for name, ready in ready_made().items()
    ]
    with world.database.write() as tx:
        tx.run(_PLACE, rows, bucket=world.bucket, shop=world.shop)


def _took(act: Callable[[int], object], turn: int) -> list[float]:
    """Milliseconds of each question of a round, of visitors far from each other, other ones each time."""
    took = []
    for number in range(turn * QUESTIONS, (turn + 1) * QUESTIONS):
        visitor = number * 7_919 % PEOPLE + 1
        begun = time.perf_counter()
        act(visitor)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def _measure(database: Database, world: World) -> dict[str, float]:
    register = Register(database, {"onsite": OnsiteChannel()}, world.seal, lambda: world.now)
    pages = Pages(register)

    def decide(visitor: int) -> Any:  # noqa: ANN401
        answer = pages.decide(world.shop, Asked(f"b{visitor}", path="/p/lamp", device="phone", language="pl"), world.now)
        assert answer.show, "a cart that was left two hours ago is shown"
        return msgspec.json.encode(answer)

    def bare(visitor: int) -> None:
        with database.read() as tx:
            assert tx.all(sql.VISITOR, bucket=world.bucket, shop=world.shop, key=f"anonymous:b{visitor}")

    # By turns; the quietest round of each, for whatever else the machine does only ever adds.
    rounds = [(_took(decide, turn), _took(bare, turn)) for turn in range(ROUNDS)]
    return {
        "p50": min(statistics.median(decided) for decided, _ in rounds),
        "p99": min(statistics.quantiles(decided, n=100)[98] for decided, _ in rounds),
        "bare_p50": min(statistics.median(read) for _, read in rounds),
        "bare_p99": min(statistics.quantiles(read, n=100)[98] for _, read in rounds),
    }


def _on_sqlite(folder: Path) -> dict[str, float]:
    url = new_file(migrated_file(folder), folder)
    database = open_database(url, durable=False)
    world = World(database)
    _places(world)
    import sqlite3

    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("begin")
    for statement in _statements(world, _SQLITE, f"'{world.shop}'"):
        connection.execute(statement)
    connection.execute("commit")
    connection.execute("analyze")
    connection.close()
    found = _measure(database, world)
    database.close()
    return found


def _on_postgres() -> dict[str, float]:
    with private_cluster(options={"shared_buffers": "512MB", "max_wal_size": "8GB"}) as cluster:
        url = new_postgres(cluster)
        database = open_database(url)
        world = World(database)
        _places(world)
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in _statements(world, _POSTGRES, f"'{world.shop}'::uuid"):
                connection.execute(statement)
            for table in ("person", "identity", "cart", "shown"):
                connection.execute(f"vacuum analyze {table}")
        found = _measure(database, world)
        database.close()
    return found


def main() -> int:
    """Print the figures of both databases against the bar; the exit status."""
    with tempfile.TemporaryDirectory(prefix="wraca-bench-") as folder:
        measured = {"sqlite": _on_sqlite(Path(folder)), "postgresql": _on_postgres()}
    for engine, one in measured.items():
        print(
            f"{engine}, {PEOPLE:,} visitors: a decision takes {one['p50']:.2f} ms (p99 {one['p99']:.2f}), "
            f"a bare read {one['bare_p50']:.2f} ms (p99 {one['bare_p99']:.2f}), ratio {one['p50'] / one['bare_p50']:.1f}"
        )
    worst = max(one["p99"] for one in measured.values())
    result = {
        "name": "decide",
        "figure": round(worst, 2),
        "unit": "ms, the 99th percentile of a decision among a million visitors",
        "reference": round(max(one["bare_p99"] for one in measured.values()), 2),
        "ratio": round(max(one["p50"] / one["bare_p50"] for one in measured.values()), 1),
        "bar": BAR_MS,
        "ok": worst <= BAR_MS,
        "also": {engine: {name: round(value, 3) for name, value in one.items()} for engine, one in measured.items()},
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

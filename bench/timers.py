"""Journey steps among sleeping timers: what one costs beside the bare SQL of the same statements, and whether sleepers cost any.

One bucket holds them all, which is the worst case. A step is: its timer is claimed, everything a decision looks at is read, the
run moves, the decision is written down and a message is planned; 500 at a time. The reference replays the very statements and
parameters of such a batch, recorded in a transaction that was taken back, with nothing of ours around them.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import psutil
import psycopg

from wraca.app.working import BATCH, work_timers
from wraca.storage.database import Database, Row, Transaction, open_database
from wraca.storage.hot import timers as sql
from wraca.storage.statement import Statement
from wraca.testing.databases import new_postgres
from wraca.testing.postgres import Cluster, private_cluster
from wraca.testing.world import HOUR, World

SIZES = (100_000, 1_000_000, 10_000_000)
ROUNDS = 8  # batches of each kind at each size
POLLS = 2000
BARS = {"ratio": 2.0, "growth": 2.0, "idle_poll_ms": 0.1, "claim_under_snapshot_ms": 5.0}

_SERVER = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "16GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",  # it would work in one half of the comparison and not in the other
}

# Sleepers are never read, so they need no cart behind them. Their index pages are what matters.
_SLEEPERS = """insert into timer (bucket, shop_id, subject, kind, due_at)
    select %(bucket)s, %(shop)s::uuid, lpad(to_hex(n), 32, '0')::uuid, 2, %(from)s + (n * 7919::bigint) %% 864000000
    from generate_series(%(first)s::bigint, %(last)s::bigint) n"""

_WAITING_RUNS = (
    """insert into person (bucket, shop_id, id, email, body, first_seen, last_seen)
       select %(bucket)s, %(shop)s::uuid, md5('p' || n)::uuid, n || '@example.com', jsonb_build_object('id', md5('p' || n),
       'first_seen', %(now)s, 'last_seen', %(now)s, 'email', n || '@example.com', 'user', 'u' || n, 'first_name', 'Anna',
       'language', 'pl', 'country', 'PL', 'consents', jsonb_build_object('email', jsonb_build_object('given', true, 'at', %(now)s,
       'event', md5('e' || n)))), %(now)s, %(now)s from generate_series(%(first)s::bigint, %(last)s::bigint) n""",
    """insert into cart (bucket, shop_id, id, person_id, state, stage, currency, total, started_at, last_activity, body)
       select %(bucket)s, %(shop)s::uuid, md5('c' || n)::uuid, md5('p' || n)::uuid, 'open', 1, 'PLN', 59700, %(now)s, %(now)s,
       jsonb_build_object('id', md5('c' || n), 'scope', 'user:u' || n, 'session', 'user:u' || n, 'started_at', %(now)s,
       'last_activity', %(now)s, 'currency', 'PLN', 'lines', (select jsonb_agg(jsonb_build_object('product_id', 'lamp-' || k,
       'price', 19900, 'name', 'A lamp of brass, number ' || k, 'url', 'https://shop.example/p/lamp-' || k, 'image_url',
       'https://shop.example/i/lamp-' || k || '.jpg', 'trusted', true)) from generate_series(1, 3) k))
       from generate_series(%(first)s::bigint, %(last)s::bigint) n""",
    """insert into run (bucket, shop_id, id, journey, version, person_id, cart_id, at, entered_at, started_at, last_sent_at, turn,
       held_out, outcome) select %(bucket)s, %(shop)s::uuid, md5('r' || n)::uuid, 'standard', 1, md5('p' || n)::uuid,
       md5('c' || n)::uuid, '0', %(now)s, %(now)s, 0, 0, false, '' from generate_series(%(first)s::bigint, %(last)s::bigint) n""",
    """insert into timer (bucket, shop_id, subject, kind, due_at) select %(bucket)s, %(shop)s::uuid, md5('r' || n)::uuid, 2,
       %(now)s + 3600000 + n from generate_series(%(first)s::bigint, %(last)s::bigint) n""",
)


class _TakenBack(BaseException):
    """Ends a recording: nothing of it stays."""


class _Recording:
    """A transaction that remembers what was asked of it."""

    is_alone = False

    def __init__(self, inner: Transaction, heard: list[tuple[Statement, Any, dict[str, object]]]) -> None:
        self._inner, self._heard = inner, heard

    def all(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> list[Row]:
        self._heard.append((statement, rows, dict(values)))
        return self._inner.all(statement, rows, **values)

    def run(self, statement: Statement, rows: Sequence[object] | None = None, **values: object) -> int:
        self._heard.append((statement, rows, dict(values)))
        return self._inner.run(statement, rows, **values)

    def each(self, statement: Statement, rows: Sequence[object], **values: object) -> list[int]:
        return [self.run(statement, [row], **values) for row in rows]


class _Bench:
    def __init__(self, database: Database, url: str, cluster: Cluster) -> None:
        self.database = database
        self.cluster = cluster
        self.url = url
        self.world = World(database)
        self.now = self.world.now + 2 * HOUR
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=2)
        self.runs = 0
        self.sleepers = 0

    def values(self, first: int, last: int) -> dict[str, object]:
        return {"bucket": self.world.bucket, "shop": self.world.shop, "now": self.world.now, "first": first, "last": last}

    def put_to_sleep(self, total: int) -> None:
        """Sleepers up to this many, due from tomorrow on; the indexes are built afterwards where that is quicker."""
        values = self.values(self.sleepers + 1, total) | {"from": self.now + 24 * HOUR}
        self.connection.execute("alter table timer drop constraint timer_pkey; drop index timer_due")
        self.connection.execute(_SLEEPERS, values)
        self.connection.execute("alter table timer add primary key (bucket, shop_id, subject, kind)")
        self.connection.execute("create index timer_due on timer (bucket, due_at)")
        self.sleepers = total

    def add_runs(self, batches: int) -> None:
        """So many batches of runs whose first wait is over."""
        values = self.values(self.runs + 1, self.runs + batches * BATCH)
        for statement in _WAITING_RUNS:
            self.connection.execute(statement, values)
        self.runs += batches * BATCH

    def settle_down(self) -> None:
        for table in ("timer", "person", "cart", "run", "outbox", "decision"):
            self.connection.execute(f"vacuum analyze {table}")
        self.connection.execute("checkpoint")

    def step(self) -> float:
        """Seconds for one batch through our code."""
        begun = time.perf_counter()
        assert work_timers(self.world.register, self.world.bucket, self.now) == BATCH
        return time.perf_counter() - begun

    def bare(self) -> float:
        """Seconds for the statements of one batch by themselves."""
        heard = self._heard()
        prepared = [(one.postgres.encode(), _parameters(rows, values)) for one, rows, values in heard]
        begun = time.perf_counter()
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for text, parameters in prepared:
                cursor.execute(text, parameters)
                if cursor.description:
                    cursor.fetchall()
        return time.perf_counter() - begun

    def _heard(self) -> list[tuple[Statement, Any, dict[str, object]]]:
        heard: list[tuple[Statement, Any, dict[str, object]]] = []
        register = self.world.register
        register.database = _Overheard(self.database, heard)
        with suppress(_TakenBack):
            work_timers(register, self.world.bucket, self.now)
        register.database = self.database
        return heard

    def claim(self, low: int) -> float:
        """Seconds for one claim of a full batch."""
        with self.database.write() as tx:
            begun = time.perf_counter()
            claimed = tx.all(sql.CLAIM, bucket=self.world.bucket, now=self.now, low=low, most=BATCH)
            took = time.perf_counter() - begun
        assert len(claimed) == BATCH
        return took

    def idle_poll(self) -> tuple[float, float]:
        """Seconds for a look that finds nothing due: by the clock, and of CPU, here and in the server together.

        By the clock it is the quickest tenth: whatever else the machine does only ever adds.
        """
        took = []
        cpu = self.cpu()
        for _ in range(POLLS):
            begun = time.perf_counter()
            assert work_timers(self.world.register, self.world.bucket, self.now) == 0
            took.append(time.perf_counter() - begun)
        return statistics.quantiles(took, n=10)[0], (self.cpu() - cpu) / POLLS

    def cpu(self) -> float:
        """Seconds of CPU that this process and its server have used so far."""
        server = psutil.Process(self.cluster.postmaster())
        every = [server, *server.children(recursive=True)]
        return time.process_time() + sum(sum(one.cpu_times()[:2]) for one in every)


class _Overheard:
    """The database, with every writing transaction recorded and taken back."""

    dialect = "postgresql"

    def __init__(self, inner: Database, heard: list[tuple[Statement, Any, dict[str, object]]]) -> None:
        self._inner, self._heard = inner, heard
        self.read = inner.read
        self.close = inner.close

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with self._inner.write() as tx:
            yield _Recording(tx, self._heard)
            raise _TakenBack


def _parameters(rows: Sequence[object] | None, values: dict[str, object]) -> dict[str, object]:
    return values if rows is None else values | {"rows": msgspec.json.encode(rows).decode()}


class _Figures(msgspec.Struct):
    """At one number of sleepers, in ms; the quickest batch of each kind, because whatever else the machine does only ever adds."""

    sleepers: int
    step: float
    bare: float
    idle_poll: float
    idle_cpu: float
    claim: float  # of a batch behind 5,000 rows that are deleted and, for an open snapshot, still there
    cpu_per_second: float  # steps per second of this process's CPU

    @property
    def ratio(self) -> float:
        return self.step / self.bare


def _measure(bench: _Bench, sleepers: int) -> _Figures:
    bench.put_to_sleep(sleepers)
    bench.add_runs(2 * ROUNDS + 4)
    bench.settle_down()
    for _ in range(2):  # plans, caches
        bench.step()
        bench.bare()
    steps, bares = [], []
    cpu = time.process_time()
    spent = 0.0
    for _ in range(ROUNDS):
        steps.append(bench.step())
        spent += time.process_time() - cpu
        bares.append(bench.bare())
        cpu = time.process_time()
    idle, idle_cpu = bench.idle_poll()
    claim = _claim_under_snapshot(bench)
    step, bare = (min(values) * 1000 for values in (steps, bares))
    return _Figures(sleepers, step, bare, idle * 1000, idle_cpu * 1000, claim * 1000, ROUNDS * BATCH / spent)


def _claim_under_snapshot(bench: _Bench) -> float:
    """The worker's way through a backlog while somebody's report keeps every dead row alive."""
    batches = 14
    first = bench.runs + 1
    bench.add_runs(batches)
    bench.connection.execute("analyze timer")
    base = bench.world.now + HOUR
    with psycopg.connect(bench.url) as reader:
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select count(*) from shop").fetchall()
        took = [bench.claim(base + first + done * BATCH) for done in range(batches)]
    return min(took[-4:])


def main() -> int:
    """Print the figures of every size, and the worst of each against its bar; the exit status."""
    with private_cluster(options=_SERVER) as cluster:
        url = new_postgres(cluster)
        database = open_database(url)
        bench = _Bench(database, url, cluster)
        measured = []
        for sleepers in SIZES:
            begun = time.monotonic()
            one = _measure(bench, sleepers)
            measured.append(one)
            print(
                f"{sleepers:>10,} sleepers: batch of {BATCH} {one.step:.1f} ms, bare SQL {one.bare:.1f} ms, ratio {one.ratio:.2f}; "
                f"idle poll {one.idle_poll:.3f} ms ({one.idle_cpu:.3f} ms of CPU); claim under a snapshot {one.claim:.2f} ms; "
                f"{one.cpu_per_second:,.0f} steps per CPU-second here ({time.monotonic() - begun:.0f} s to measure)",
                flush=True,
            )
        bench.connection.close()
        database.close()
    figures = {
        "ratio": max(one.ratio for one in measured),
        "growth": measured[-1].step / measured[-2].step,
        "idle_poll_ms": measured[1].idle_poll,
        "claim_under_snapshot_ms": max(one.claim for one in measured),
    }
    missed = [name for name, bar in BARS.items() if figures[name] > bar]
    result = {
        "name": "timers",
        "figure": round(measured[-1].step / BATCH * 1000, 1),
        "unit": "us per journey step at 10 M sleeping timers",
        "reference": round(measured[-1].bare / BATCH * 1000, 1),
        "ratio": round(figures["ratio"], 2),
        "bar": BARS["ratio"],
        "ok": not missed,
        "also": {name: round(value, 3) for name, value in figures.items()},
        "missed": missed,
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

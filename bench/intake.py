"""Intake: CPU of all processes per 1,000 events, in batches of 10 and 100, by function call and over HTTP, on both databases.

The reference is a bare loop that writes the very same rows by the same statements, prepared beforehand (reference.py). At most 2.0.
Run it alone: `python bench/intake.py`.
"""

import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median

import msgspec
import psutil
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.reference import Recorder, write_again
from wraca.app.intake import Idle, take_in
from wraca.domain.events import Event
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.platforms.segment import read_batch
from wraca.ports.platform import ShopFacts
from wraca.storage.database import Database, PostgresDatabase, SqliteDatabase, open_database
from wraca.storage.statement import Statement
from wraca.testing.databases import TEST_SECRET, migrated_file, new_file, new_postgres
from wraca.testing.postgres import Cluster, private_cluster
from wraca.testing.shops import ShopRow, new_shop

EVENTS = 3_000
WARM_UP = 600
TURNS = 3
BAR = 2.0
SHOP = ShopId(derived_id("bench"))
BUCKET = bucket_of(SHOP)
KEY = "wk_bench"
START = 1_790_000_000_000
LATEST = START + 24 * 3600 * 1000  # after all visits: what claims to be of the future would be taken to happen on arrival
ADD_KEY = Statement(
    "bench_add_key",
    """insert into api_key (bucket, shop_id, key_hash, kind, shown, origins, created_at)
       values (:bucket, :shop, :hash, 'server', :key, '[]', 0)""",
)


def visits(events: int) -> list[dict[str, object]]:
    """What visitors of a shop do, interleaved: look, add, give an address, buy. Segment calls."""
    chance = random.Random(1)
    calls: list[tuple[int, dict[str, object]]] = []
    visitor = 0
    while len(calls) < events * 2:
        visitor += 1
        at = START + chance.randrange(events * 400)
        who = f"visitor-{visitor:07d}-9a77"
        for step, (name, properties) in enumerate(_visit(chance, visitor)):
            call: dict[str, object] = {"type": "track", "event": name, "anonymousId": who, "properties": properties}
            if name == "identify":
                call = {"type": "identify", "anonymousId": who, "traits": properties}
            calls.append((at + step * 15_000, call | {"messageId": f"m-{visitor}-{step}"}))
    calls.sort(key=lambda call: call[0])
    return [call | {"timestamp": at} for at, call in calls[:events]]


def _visit(chance: random.Random, visitor: int) -> Iterator[tuple[str, dict[str, object]]]:
    product = chance.randrange(500)
    line = {
        "product_id": f"sku-{product}",
        "name": f"Trail shoe number {product}",
        "price": "249.90",
        "currency": "PLN",
        "quantity": 1,
        "url": f"https://shop.example/products/{product}",
        "image_url": f"https://shop.example/pictures/{product}.jpg",
        "category": "Shoes",
        "brand": "Wraca",
    }
    for _ in range(chance.randint(1, 4)):
        yield "Product Viewed", line
    if chance.random() < 0.5:
        for _ in range(chance.randint(1, 3)):
            yield "Product Added", line
        if chance.random() < 0.4:
            yield "Checkout Started", {"products": [line], "currency": "PLN", "value": "249.90"}
            yield "identify", {"email": f"v{visitor}@example.com", "first_name": "Anna"}
            if chance.random() < 0.5:
                yield "Order Completed", {"order_id": f"o-{visitor}", "currency": "PLN", "total": "249.90"}


class Meter:
    """CPU seconds of these processes and of all below them; those of PostgreSQL stay while their connections do."""

    def __init__(self, roots: Sequence[int], *, own: bool) -> None:
        self._roots = [psutil.Process(pid) for pid in roots]
        self._own = own

    def read(self) -> float:
        total = time.process_time() if self._own else 0.0
        for root in self._roots:
            for process in (root, *root.children(recursive=True)):
                try:
                    used = process.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += used.user + used.system
        return total

    def of(self, work: Callable[[], None]) -> float:
        before = self.read()
        work()
        return self.read() - before


class Engine:
    """Fresh databases of one kind."""

    def __init__(self, name: str, directory: Path, cluster: Cluster | None) -> None:
        self.name = name
        self._template = migrated_file(directory) if cluster is None else None
        self._directory = directory
        self._cluster = cluster
        self.processes = [] if cluster is None else [cluster.postmaster()]
        self._made = 0

    def fresh(self) -> str:
        self._made += 1
        if self._cluster is not None:
            return new_postgres(self._cluster)
        assert self._template is not None
        return new_file(self._template, self._directory, f"bench-{self._made}.db")


def prepared(url: str) -> SqliteDatabase | PostgresDatabase:
    database = open_database(url)
    new_shop(database, ShopRow(id=SHOP, currency="PLN"))
    with database.write() as tx:
        tx.run(ADD_KEY, bucket=BUCKET, shop=SHOP, hash=sha256(KEY.encode()).hexdigest(), key=KEY[:6])
    return database


def take_all(database: Database, batches: Sequence[Sequence[Event]]) -> None:
    for batch in batches:
        take_in(database, BUCKET, [(SHOP, batch)], batch[-1].received_at, lambda _: Idle())


def analyze(database: SqliteDatabase | PostgresDatabase) -> None:
    """What PostgreSQL does by itself a minute later."""
    if isinstance(database, PostgresDatabase):
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("analyze")


def per_thousand(seconds: float) -> float:
    return round(seconds / EVENTS * 1e6, 2)  # ms per 1,000 events


def direct(engine: Engine, size: int, bodies: Sequence[bytes]) -> tuple[float, float]:
    """CPU of intake, called as a function, and of the bare writes: medians of turns that alternate."""
    facts = ShopFacts(SHOP, "shop.example", "PLN")
    batches = [list(read_batch(body, facts, "server", LATEST).events) for body in bodies]
    skip = WARM_UP // size
    recorder = Recorder(prepared(engine.fresh()))
    take_all(recorder, batches)
    recorder.close()
    turns = [(taken(engine, batches, skip), written(engine, recorder, skip)) for _ in range(TURNS)]
    return median(ours for ours, _ in turns), median(bare for _, bare in turns)


def taken(engine: Engine, batches: Sequence[Sequence[Event]], skip: int) -> float:
    database = prepared(engine.fresh())
    take_all(database, batches[:skip])
    analyze(database)
    spent = Meter(engine.processes, own=True).of(lambda: take_all(database, batches[skip:]))
    database.close()
    return spent


def written(engine: Engine, recorder: Recorder, skip: int) -> float:
    database = prepared(engine.fresh())
    write_again(database, recorder.transactions[:skip])()
    analyze(database)
    spent = Meter(engine.processes, own=True).of(write_again(database, recorder.transactions[skip:]))
    database.close()
    return spent


def over_http(engine: Engine, size: int, bodies: Sequence[bytes]) -> float:
    """CPU of the web process and of the database, for the same events sent by eight connections."""
    url = engine.fresh()
    prepared(url).close()
    skip = WARM_UP // size
    with served(url) as (process, port):
        meter = Meter([process, *engine.processes], own=False)
        send_all(port, bodies[:skip])
        analyze(open_database(url))
        return meter.of(lambda: send_all(port, bodies[skip:]))


def send_all(port: int, bodies: Sequence[bytes]) -> None:
    headers = {"Authorization": "Basic " + _basic(KEY), "Content-Type": "application/json"}
    lanes = 8

    def lane(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for body in bodies[number::lanes]:
            connection.request("POST", "/v1/batch", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        connection.close()

    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(lane, range(lanes)))


def _basic(key: str) -> str:
    from base64 import b64encode

    return b64encode(f"{key}:".encode()).decode()


@contextmanager
def served(url: str) -> Iterator[tuple[int, int]]:
    """The public edge in a process of its own."""
    environment = os.environ | {"WRACA_DATABASE_URL": url, "WRACA_SECRET_KEY": TEST_SECRET}
    server = subprocess.Popen([sys.executable, __file__, "--serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        for _ in range(200):
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.05)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(10)


def serve() -> None:
    import socket

    import uvicorn

    from wraca import bootstrap, settings

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print(port, flush=True)
    loaded = settings.load()
    bootstrap.configure_logs("error")
    bootstrap.configure_django(loaded)
    wraca = bootstrap.Wraca(loaded)
    uvicorn.run(bootstrap.edge(wraca), host="127.0.0.1", port=port, log_level="error", access_log=False)


def main() -> int:
    directory = Path(tempfile.mkdtemp(prefix="wraca-bench-"))
    calls = visits(EVENTS + WARM_UP)
    results = []
    try:
        with private_cluster() as cluster:
            for engine in (Engine("sqlite", directory, None), Engine("postgresql", directory, cluster)):
                for size in (10, 100):
                    bodies = [msgspec.json.encode({"batch": calls[at : at + size]}) for at in range(0, len(calls), size)]
                    ours, reference = direct(engine, size, bodies)
                    results.append(result(f"intake {engine.name} call batch {size}", ours, reference))
                    print(json.dumps(results[-1]), flush=True)
                    results.append(result(f"intake {engine.name} http batch {size}", over_http(engine, size, bodies), reference))
                    print(json.dumps(results[-1]), flush=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    worst = max(results, key=lambda one: float(str(one["ratio"])))
    print(
        json.dumps(worst | {"name": f"intake: worst of {len(results)} ({worst['name']})", "ok": all(one["ok"] for one in results)})
    )
    return 0 if all(one["ok"] for one in results) else 1


def result(name: str, spent: float, reference: float) -> dict[str, object]:
    ratio = round(spent / reference, 2)
    figures = {"figure": per_thousand(spent), "unit": "ms CPU per 1,000 events", "reference": per_thousand(reference)}
    return {"name": name, **figures, "ratio": ratio, "bar": BAR, "ok": ratio <= BAR}


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve()
    else:
        sys.exit(main())

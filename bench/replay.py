"""How long a replay of a million past events takes, on one core.

    python bench/replay.py [--events 120000] [--keep FILE.csv]

The past is made up with a fixed seed, in the shape of a real shop's log: six of ten rows are views, a quarter of the people fill a
cart, a quarter of the carts are bought in the same visit. The reference is the least that a database could do with the same rows:
read them and keep them, in batches of 1,000, with the same two indexes. Figure and reference are microseconds of CPU per event.
"""

import argparse
import csv
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

# In times the reference, so that a busy machine judges alike: where the reference is 7 us, a million events take about a minute.
BAR = 9.0
SEED = 20221201
BEGIN = 1_669_852_800  # 2022-12-01
PER_DAY = 135_000  # rows
HEADER = ("event_time", "event_type", "product_id", "price", "user_id", "user_session")
_BATCH = 1_000

Row = tuple[int, str, int, str, int, str]


def past(events: int) -> list[Row]:
    """So many rows of a shop's log, in order of time (seconds since 1970 first)."""
    chance = random.Random(SEED)
    length = int(events / PER_DAY * 86_400) or 1
    rows: list[Row] = []
    user = 400_000_000
    while len(rows) < events:
        user += chance.randrange(1, 9)
        fills = chance.random() < 0.24
        for _ in range(min(8, 1 + int(chance.expovariate(0.6)))):
            rows.extend(_visit(chance, user, BEGIN + int(chance.random() * length), fills=fills))
    return sorted(rows[:events], key=lambda row: row[0])


def _visit(chance: random.Random, user: int, at: int, *, fills: bool) -> Iterator[Row]:
    session = f"{chance.getrandbits(64):016x}"
    cart: list[tuple[int, str]] = []
    for _ in range(1 + int(chance.expovariate(0.12 if fills else 0.5))):
        at += 1 + int(chance.expovariate(1 / 40))
        product = (chance.randrange(5_000, 60_000), f"{chance.randrange(0, 3000) / 100:.2f}")
        kind = chance.random()
        if not fills or kind < 0.33:
            yield (at, "view", *product, user, session)
        elif kind < 0.75 or not cart:
            cart.append(product)
            yield (at, "cart", *product, user, session)
        else:
            yield (at, "remove_from_cart", *cart.pop(), user, session)
    if cart and chance.random() < 0.25:
        for product in cart:
            yield (at + 60, "purchase", *product, user, session)


def write(rows: list[Row], file: Path) -> None:
    """The log as the shop would export it."""
    with file.open("w", newline="") as out:
        table = csv.writer(out)
        table.writerow(HEADER)
        for at, *rest in rows:
            table.writerow((datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), *rest))


def bare(file: Path, folder: Path) -> float:
    """Seconds of CPU to read the rows and keep them."""
    start = time.process_time()
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("pragma synchronous = off")
    connection.execute("pragma journal_mode = memory")
    connection.execute("create table event (shop text, id text, at int, anchor text, payload text, primary key (shop, id))")
    connection.execute("create index by_anchor on event (shop, anchor, at)")
    with file.open(newline="") as text:
        rows = enumerate(csv.reader(text))
        while batch := list(islice(rows, _BATCH)):
            connection.execute("begin")
            connection.executemany(
                "insert into event values ('one', ?, ?, ?, ?)",
                [
                    (f"{hash(tuple(row)) & (1 << 64) - 1:016x}{number:08x}", number, row[4], json.dumps(row))
                    for number, row in batch
                ],
            )
            connection.execute("commit")
    connection.close()
    return time.process_time() - start


def replayed(file: Path) -> tuple[float, dict[str, object]]:
    """Seconds of CPU for the whole replay, and its report."""
    import msgspec

    from wraca.cli.past import replayed as play

    start = time.process_time()
    report = play(file, "rees46", "standard")
    return time.process_time() - start, msgspec.to_builtins(report)


def main() -> None:
    """Print the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=120_000)
    parser.add_argument("--keep", type=Path, help="write the made-up past here and end")
    asked = parser.parse_args()
    rows = past(asked.events)
    if asked.keep:
        write(rows, asked.keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "past.csv"
        write(rows, file)
        reference = bare(file, Path(folder)) / len(rows) * 1e6
        few = Path(folder) / "few.csv"
        write(rows[:100], few)
        replayed(few)  # modules are loaded and Django is set up before the clock runs
        taken, report = replayed(file)
    figure = taken / len(rows) * 1e6
    print(f"{report['events']} events, {report['carts']} carts, {report['messages']} messages, "
          f"{report['messages_after_purchase']} after a purchase, look every {report['look_every']} ms")  # fmt: skip
    print(
        json.dumps(
            {
                "name": "replay",
                "figure": round(figure, 1),
                "unit": "us CPU per event",
                "reference": round(reference, 1),
                "ratio": round(figure / reference, 2),
                "bar": BAR,
                "ok": figure <= BAR * reference and report["messages_after_purchase"] == 0,
            }
        )
    )


if __name__ == "__main__":
    main()

"""`wraca offer`: single-use codes into pools, and how far they reach."""

import sys
from pathlib import Path

from cyclopts import App

from wraca import clock
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, out, table_of

app = App(name="offer", help="Codes for offers: put them into pools, see how many are left.")

_FAULTS = {"long": "longer than 100 characters", "spaces": "a space inside", "signs": "unreadable characters"}


@app.command
def codes(shop: str, pool: str, file: str, *, json: bool = False) -> None:
    """Put single-use codes into a pool: each is given to one person, by a journey's step `offer`.

    Parameters
    ----------
    pool
        The name that journeys use: small letters, digits and dashes.
    file
        One code a line, or a CSV file with the codes in its first column; - reads standard input.
    """
    with opened():
        from wraca.app.pools import BadPool, add_codes

        bucket, found = shop_named(shop)
        try:
            done = add_codes(bucket, found, pool, _read(file), clock.wall())
        except BadPool as problem:
            raise Failed(str(problem)) from problem
        answer({"shop": found, "pool": pool, "added": done.added, "doubles": done.doubles, "bad_lines": done.bad_count}, json=json)
    if not json:
        for line in done.bad:
            out.print(f"[dim]line {line.number}: {_FAULTS[line.why]}[/]")


@app.command
def show(shop: str, *, json: bool = False) -> None:
    """The pools of a shop: codes that are free, given, and used in an order."""
    with opened():
        from wraca.storage.queries.offers import pools
        from wraca.storage.queries.shops import Key

        bucket, found = shop_named(shop)
        rows = [
            {"pool": pool.name, "free": pool.free, "given": pool.given, "used": pool.used, "missed": pool.missed}
            for pool in pools(Key(bucket, found), clock.wall())
        ]
    table_of(rows, ("pool", "free", "given", "used", "missed"), json=json, empty="No pool yet: `wraca offer codes SHOP POOL FILE`.")


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise Failed(f"{file} cannot be read as text: {problem}") from problem

"""`wraca import`: catalogues, reviews, contacts and past events from files."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from wraca import clock
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, as_json, out, table_of
from wraca.cli.waiting import progress
from wraca.domain.ids import ShopId

if TYPE_CHECKING:
    from wraca.app.importing.contacts import Take
    from wraca.app.importing.outcome import Outcome
    from wraca.bootstrap import Wraca

Format = Literal["catalogue-csv", "catalogue-json", "reviews-csv", "contacts-csv", "segment"]
Advance = Callable[[int, int], None]


def import_(
    file: Path,
    *,
    shop: str,
    format: Annotated[Format, Parameter(name="--format")],  # noqa: A002  (the option's name)
    base: str = "",
    dry_run: bool = False,
    json: bool = False,
) -> int:
    """Bring a catalogue, reviews, contacts or past events into a shop. Every row that is refused is counted, with its reason.

    Parameters
    ----------
    format
        catalogue-csv and catalogue-json: products. reviews-csv: what was said of them. contacts-csv: people and what they allowed.
        segment: past events, one call in each line; they start no journey.
    base
        Where relative addresses of pages and pictures in a catalogue begin; the shop's own address if not given.
    dry_run
        Read and judge every row, and write nothing.
    """
    if not file.is_file():
        raise Failed(f"There is no file {file}.")
    with opened() as wraca:
        from wraca.app.importing.outcome import Unreadable

        _, found = shop_named(shop)
        try:
            with progress("Importing", quiet=json) as advance:
                outcome = _READERS[format](wraca, found, file, base, dry_run, advance)
        except Unreadable as problem:
            raise Failed(str(problem)) from problem
        if not dry_run:
            wraca.register.forget()
    _tell(file, outcome, dry_run=dry_run, json=json)
    return 1 if outcome.rows and outcome.refused == outcome.rows else 0


def _catalogue(wraca: "Wraca", shop: ShopId, file: Path, base: str, dry_run: bool, advance: Advance, *, csv: bool) -> "Outcome":  # noqa: FBT001
    from wraca.app.importing.catalogue import Terms, import_csv, import_json
    from wraca.app.interests import products_changed

    facts = wraca.register.shop(shop)
    read = import_csv if csv else import_json
    waits = wraca.register.idle(shop).products
    terms = Terms(facts.currency, base or f"{facts.home}/", products_changed if waits else None)
    return read(None if dry_run else wraca.database, shop, file, terms, clock.wall(), advance)


def _catalogue_csv(wraca: "Wraca", shop: ShopId, file: Path, base: str, dry_run: bool, advance: Advance) -> "Outcome":  # noqa: FBT001
    return _catalogue(wraca, shop, file, base, dry_run, advance, csv=True)


def _catalogue_json(wraca: "Wraca", shop: ShopId, file: Path, base: str, dry_run: bool, advance: Advance) -> "Outcome":  # noqa: FBT001
    return _catalogue(wraca, shop, file, base, dry_run, advance, csv=False)


def _reviews(wraca: "Wraca", shop: ShopId, file: Path, _base: str, dry_run: bool, advance: Advance) -> "Outcome":  # noqa: FBT001
    from wraca.app.importing.reviews import import_reviews

    return import_reviews(None if dry_run else wraca.database, shop, file, clock.wall(), advance)


def _contacts(wraca: "Wraca", shop: ShopId, file: Path, _base: str, dry_run: bool, advance: Advance) -> "Outcome":  # noqa: FBT001
    from wraca.app.importing.contacts import import_contacts

    now = clock.wall()
    return import_contacts(shop, wraca.register.shop(shop).country, file, _taking(wraca, shop, now, dry_run=dry_run), now, advance)


def _history(wraca: "Wraca", shop: ShopId, file: Path, _base: str, dry_run: bool, advance: Advance) -> "Outcome":  # noqa: FBT001
    from wraca.app.importing.history import import_history
    from wraca.platforms.segment import read_batch
    from wraca.ports.platform import ShopFacts

    now = clock.wall()
    facts = wraca.register.shop(shop)
    about = ShopFacts(shop, facts.domain, facts.currency)
    take = _taking(wraca, shop, now, dry_run=dry_run)
    return import_history(file, lambda body: read_batch(body, about, "server", now), take, advance)


def _taking(wraca: "Wraca", shop: ShopId, now: int, *, dry_run: bool) -> "Take":
    from wraca.app.intake import take_in
    from wraca.domain.ids import bucket_of

    if dry_run:
        return lambda _events: 0
    return lambda events: take_in(wraca.database, bucket_of(shop), [(shop, events)], now, wraca.register.idle)[0]


_READERS: dict[Format, "Callable[[Wraca, ShopId, Path, str, bool, Advance], Outcome]"] = {
    "catalogue-csv": _catalogue_csv,
    "catalogue-json": _catalogue_json,
    "reviews-csv": _reviews,
    "contacts-csv": _contacts,
    "segment": _history,
}


def _tell(file: Path, outcome: "Outcome", *, dry_run: bool, json: bool) -> None:
    told = {
        "file": str(file),
        "dry_run": dry_run,
        "rows": outcome.rows,
        "taken": outcome.taken,
        "known_already": outcome.known,
        "refused": outcome.refused,
        "mended": outcome.mended,
        "columns_not_understood": outcome.ignored,
    }
    if json:
        as_json({**told, "reasons": dict(outcome.frequent()), "refusals": outcome.refusals})
        return
    answer({**told, "columns_not_understood": ", ".join(outcome.ignored) or "none"}, json=False)
    if outcome.refusals:
        out.print("\n[bold]Not as they stand[/]")
        rows = [{"rows": count, "reason": reason} for reason, count in outcome.frequent()]
        table_of(rows, ("rows", "reason"), json=False, empty="")
        first = outcome.refusals[0]
        out.print(f"The first is line {first.row}; --json lists up to 100 of them.")

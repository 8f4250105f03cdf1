"""The console's dry run: a shop's own past, on either engine, and nothing of the shop changes."""

from wraca.app.dry_run import dry_run
from wraca.domain.events import Consent, Identified, Line, LineAdded
from wraca.domain.journeys.presets import preset
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World, identities

_ROWS = {
    table: Statement(f"testing_rows_of_{table}", f"select count(*) from {table} where bucket = :bucket")
    for table in ("event", "person", "cart", "purchase", "run", "outbox", "timer", "link")
}


def rows(world: World) -> dict[str, int]:
    with world.database.read() as tx:
        return {table: tx.all(statement, bucket=world.bucket)[0][0] for table, statement in _ROWS.items()}


def lived(database: Database) -> World:
    """A month ago Old left a cart; in the last days Anna left one, Ben left one and bought it, Cleo bought at once."""
    world = World(database)
    world.leaves_cart("old")
    world.pass_time(days=30)
    world.leaves_cart("anna")
    world.leaves_cart("ben")
    world.pass_time(hours=3)
    world.buys("ben")
    world.leaves_cart("cleo")
    world.buys("cleo")
    world.pass_time(days=1)
    return world


def test_a_dry_run_plays_the_last_days_and_changes_nothing(database: Database) -> None:
    world = lived(database)
    before = rows(world)

    report = dry_run(world.register, world.shop, preset("standard"), 7, world.now)

    assert rows(world) == before
    assert (report.carts, report.abandoned, report.orders, report.returned) == (3, 2, 2, 1)
    assert report.by_step == [("reminder", "cart-reminder", 2), ("second", "cart-second", 1)]
    assert (report.messages, report.messages_after_purchase, report.runs) == (3, 0, 2)
    assert sum(count for _, count in report.by_hour) == 3
    assert dict(report.ends) == {"completed": 1, "ordered": 1}


def test_a_dry_run_over_all_days_knows_the_old_cart_too(database: Database) -> None:
    world = lived(database)

    report = dry_run(world.register, world.shop, preset("standard"), 90, world.now)

    assert (report.carts, report.abandoned, report.messages) == (4, 3, 5)


def test_a_dry_run_of_a_shop_without_a_past_is_all_zeros(database: Database) -> None:
    world = World(database)

    report = dry_run(world.register, world.shop, preset("standard"), 30, world.now)

    assert (report.events, report.carts, report.messages, report.by_day) == (0, 0, 0, [])


def test_who_opted_out_long_ago_is_not_reachable_in_a_dry_run(database: Database) -> None:
    world = World(database)
    world.happens(Identified(), *identities("anna"), consents=(Consent("email", given=False),))
    world.pass_time(days=20)
    world.happens(LineAdded(Line("lamp", 1, 19_900, name="Lamp", trusted=True), currency="PLN"), *identities("anna"))
    world.pass_time(hours=5)

    report = dry_run(world.register, world.shop, preset("standard"), 7, world.now)

    assert (report.abandoned, report.reachable, report.messages) == (1, 0, 0)

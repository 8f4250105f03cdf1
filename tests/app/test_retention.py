"""Nothing is kept longer than it may be, and nothing that is still needed goes."""

from wraca.app.retention import forget_old
from wraca.domain.events import Identity, IdentityKind, Line, LineAdded, Seen
from wraca.domain.retention import Ages
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.world import World

DAY = 24 * 3600 * 1000
TABLES = ("event", "cart", "identity", "person", "decision", "purchase", "consent", "link")
_COUNT = {table: Statement(f"testing_count_{table}", f"select count(*) from {table} where bucket = :bucket") for table in TABLES}
_BODIES = Statement("testing_bodies", "select body from outbox where bucket = :bucket")


def counted(world: World, table: str) -> int:
    with world.database.read() as tx:
        return int(tx.all(_COUNT[table], bucket=world.bucket)[0][0])


def test_what_is_young_stays(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(days=3)
    before = {table: counted(world, table) for table in TABLES}

    gone = forget_old(world.database, world.bucket, world.now)

    assert set(gone.values()) == {0}
    assert {table: counted(world, table) for table in TABLES} == before


def test_a_stranger_is_forgotten_after_a_month_and_a_named_person_is_not(database: Database) -> None:
    world = World(database)
    stranger = Identity(IdentityKind.ANONYMOUS, "somebody")
    world.happens(LineAdded(Line("lamp", 1, 100), currency="PLN"), stranger)
    world.happens(Seen("lamp"), stranger)
    world.leaves_cart("anna")
    people = counted(world, "person")
    world.pass_time(days=31)

    gone = forget_old(world.database, world.bucket, world.now)

    assert gone["strangers"] == 1
    assert counted(world, "person") == people - 1
    assert forget_old(world.database, world.bucket, world.now)["strangers"] == 0


def test_old_events_go_but_orders_and_proofs_stay(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.buys("anna")
    world.pass_time(days=400)
    orders, consents = counted(world, "purchase"), counted(world, "consent")

    gone = forget_old(world.database, world.bucket, world.now)

    assert gone["events"] >= 1
    assert (counted(world, "purchase"), counted(world, "consent")) == (orders, consents)
    world.buys("anna")  # and the person can still be folded
    assert counted(world, "purchase") == orders + 1


def test_a_message_forgets_what_it_said_but_not_that_it_went(database: Database) -> None:
    world = World(database)
    world.leaves_cart("anna")
    world.pass_time(days=3)
    sent = len(world.letters)

    gone = forget_old(world.database, world.bucket, world.now, Ages(messages=0, decisions=0))

    assert gone["messages"] >= sent > 0
    assert counted(world, "decision") == 0
    with world.database.read() as tx:
        assert {body for (body,) in tx.all(_BODIES, bucket=world.bucket)} == {"{}"}

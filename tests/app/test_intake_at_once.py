"""Many intakes at once over the same people: nothing lost, nothing twice, nobody waits in a circle."""

import random
from concurrent.futures import ThreadPoolExecutor

from wraca.app.intake import Idle, take_in
from wraca.domain.events import Body, Event, Identified, Identity, IdentityKind, Line, LineAdded, OrderPlaced, Source
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement

SHOP = ShopId(derived_id("a busy shop"))
BUCKET = bucket_of(SHOP)
THREADS = 8
TABLES = {
    table: Statement(f"test_busy_{table}", f"select {columns} from {table} where bucket = :bucket order by 1")
    for table, columns in {
        "person": "id, email, body",
        "identity": "key, person_id, links",
        "cart": "id, person_id, state, body",
        "purchase": "id, person_id, state",
    }.items()
}
EVENTS = Statement(
    "test_busy_events", "select count(*) from event where bucket = :bucket and anchor <> '' and anchor not like 'named:%'"
)
CLEAR = [
    Statement(f"test_busy_clear_{table}", f"delete from {table} where bucket = :bucket")
    for table in (*TABLES, "event", "timer", "consent", "feed")
]


def busy_log(chance: random.Random, size: int) -> list[Event]:
    """Few people, many ways of naming them: most batches have somebody in common with another."""
    log = []
    for number in range(size):
        browser = Identity(IdentityKind.ANONYMOUS, f"a{chance.randrange(30)}")
        mail = Identity(IdentityKind.EMAIL, f"e{chance.randrange(12)}@x.pl")
        user = Identity(IdentityKind.USER, f"u{chance.randrange(6)}")
        token = f"t{chance.randrange(20)}"
        source: Source = "server"
        claims: tuple[Identity, ...] = ()
        who: tuple[Identity, ...]
        body: Body
        kind = chance.randrange(10)
        if kind < 6:
            body, who, source = LineAdded(Line("p1", 1, 100), token, "PLN"), (browser,), "browser"
            claims = (mail,) if kind == 0 else ()
        elif kind < 8:
            body, who = Identified(first_name="Anna"), (browser, chance.choice((mail, user)))
        else:
            body, who = OrderPlaced(f"o{chance.randrange(40)}", cart=token), chance.choice(((mail,), (browser, mail), (user,), ()))
        log.append(Event(EventId(derived_id("busy", str(number))), "x", 1_000 + number, 2_000, body, who, claims, source=source))
    return log


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as tx:
        return {table: tx.all(statement, bucket=BUCKET) for table, statement in TABLES.items()}


def test_eight_intakes_at_once_end_as_one_would(database: Database) -> None:
    chance = random.Random(7)
    log = busy_log(chance, 400)
    deliveries = log + chance.sample(log, 60)  # some arrive twice, in different hands
    chance.shuffle(deliveries)
    batches = [deliveries[start : start + 5] for start in range(0, len(deliveries), 5)]

    def deliver(batch: list[Event]) -> int:
        return take_in(database, BUCKET, [(SHOP, batch)], 5_000, lambda _: Idle())[0]

    with ThreadPoolExecutor(THREADS) as pool:
        duplicates = sum(pool.map(deliver, batches))
    at_once = rows(database)

    with database.write() as tx:
        for clear in CLEAR:
            tx.run(clear, bucket=BUCKET)
    deliver(log)

    assert duplicates == len(deliveries) - len(log)
    assert at_once == rows(database)

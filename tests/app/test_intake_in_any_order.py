"""Whatever arrives in whatever order, twice, and in whatever batches: the same people, carts and orders come out."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wraca.app.intake import Idle, take_in
from wraca.domain.events import (
    Body,
    CartReplaced,
    Consent,
    Event,
    Identified,
    Identity,
    IdentityKind,
    Line,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderState,
    Seen,
    Source,
    Stage,
    StageReached,
)
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.storage.database import Database, open_database
from wraca.storage.statement import Statement

SHOP = ShopId(derived_id("the shop"))
BUCKET = bucket_of(SHOP)
TABLES = ("person", "identity", "cart", "purchase")
ALL_ROWS = {table: Statement(f"test_all_{table}", f"select * from {table} where bucket = :bucket") for table in TABLES}
CLEAR = [
    Statement(f"test_clear_{table}", f"delete from {table} where bucket = :bucket")
    for table in (*TABLES, "event", "timer", "consent", "feed")
]
TIMERS = Statement("test_timers", "select subject from timer where bucket = :bucket")

browsers = st.sampled_from([Identity(IdentityKind.ANONYMOUS, one) for one in ("a1", "a2", "a3")])
people = st.sampled_from(
    [Identity(IdentityKind.USER, one) for one in ("u1", "u2")]
    + [Identity(IdentityKind.EMAIL, one) for one in ("e1@x.pl", "e2@x.pl", "e1@x.lp")]
    + [Identity(IdentityKind.PHONE, "+48123456789"), Identity(IdentityKind.DEVICE, "d1"), Identity(IdentityKind.CART, "t1")]
)
tokens = st.sampled_from(["", "", "t1", "t2"])
lines = st.builds(Line, st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 3), st.sampled_from([None, 100, 250]))
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(LineAdded, lines, tokens, st.sampled_from(["", "PLN"])),
    st.builds(LineRemoved, lines, tokens),
    st.builds(CartReplaced, st.lists(lines, max_size=2).map(tuple), tokens, stage=st.sampled_from([Stage.CART, Stage.PAYMENT])),
    st.builds(StageReached, st.sampled_from(list(Stage)[:4]), tokens, shipping=st.sampled_from([None, 900])),
    st.builds(OrderPlaced, st.sampled_from(["o1", "o2"]), st.sampled_from(OrderState), tokens, total=st.sampled_from([None, 500])),
    st.builds(Identified, st.sampled_from(["", "Anna"]), attributes=st.sampled_from([{}, {"size": "M"}, {"a": 1, "vip": True}])),
    st.builds(Seen),
)


@st.composite
def events(draw: st.DrawFn, number: int, source: Source) -> Event:
    """A browser speaks for itself and names others; a server speaks for all whom it names."""
    at = draw(st.integers(1_000, 1_006))
    body = draw(bodies)
    browser = draw(browsers)
    others = tuple(draw(st.lists(people, max_size=2, unique=True)))
    if source == "browser":
        identities: tuple[Identity, ...] = (browser,)
        claims = tuple(one for one in others if one.kind in {IdentityKind.EMAIL, IdentityKind.PHONE})
    else:
        identities, claims = (others if draw(st.booleans()) else (browser, *others)), ()
    consents = (Consent("email", draw(st.booleans())),) if draw(st.integers(0, 9)) == 0 else ()
    identity = EventId(derived_id("event", str(number)))
    backfill = draw(st.integers(0, 9)) == 0
    return Event(identity, "x", at, at, body, identities, claims, consents, source, draw(st.integers(0, 1)), backfill)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    size = draw(st.integers(1, 12))
    return [draw(events(number, draw(st.sampled_from(["browser", "server"])))) for number in range(size)]


@st.composite
def deliveries(draw: st.DrawFn, log: Sequence[Event]) -> list[list[Event]]:
    """The log in another order, some of it twice, cut into batches."""
    order = draw(st.permutations(log))
    order += draw(st.lists(st.sampled_from(list(log)), max_size=3))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    return [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def outcome(database: Database, batches: Sequence[Sequence[Event]]) -> dict[str, list[Any]]:
    """All rows that are left after these deliveries, in an empty database."""
    with database.write() as tx:
        for clear in CLEAR:
            tx.run(clear, bucket=BUCKET)
    for batch in batches:
        take_in(database, BUCKET, [(SHOP, batch)], 2_000, lambda _: Idle())
    with database.read() as tx:
        rows = {table: sorted(map(_readable, tx.all(statement, bucket=BUCKET))) for table, statement in ALL_ROWS.items()}
        timers = {subject for (subject,) in tx.all(TIMERS, bucket=BUCKET)}
    carts = [msgspec.json.decode(row[-1]) for row in rows["cart"]]
    waiting = {c["id"] for c in carts if c.get("state", "open") == "open" and not c.get("backfilled")}
    assert waiting <= timers, "an abandoned cart would never be noticed"
    assert not {c["id"] for c in carts if c.get("state") == "ordered"} & timers, "an ordered cart is still waited for"
    return rows


def _readable(row: tuple[Any, ...]) -> tuple[str, ...]:
    """JSON in one spelling: PostgreSQL keeps it in its own."""
    return tuple(
        msgspec.json.encode(msgspec.json.decode(cell), order="sorted").decode() if str(cell).startswith(("{", "[")) else str(cell)
        for cell in row
    )


@pytest.fixture
def scratch(database_url: str) -> Iterator[Database]:
    """A database that need not survive a power cut: thousands of small transactions go through it."""
    database = open_database(database_url, durable=False)
    yield database
    database.close()


def assert_same(database: Database, log: Sequence[Event], batches: Sequence[Sequence[Event]]) -> None:
    in_order = outcome(database, [sorted(log, key=lambda event: event.order)])
    one_by_one = outcome(database, [[event] for event in sorted(log, key=lambda event: event.order)])
    shuffled = outcome(database, batches)
    assert one_by_one == in_order
    assert shuffled == in_order


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_any_order_of_arrival_ends_the_same(scratch: Database, data: st.DataObject) -> None:
    log = data.draw(logs())
    assert_same(scratch, log, data.draw(deliveries(log)))

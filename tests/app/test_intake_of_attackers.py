"""Nothing that a browser says changes a row of somebody else, however many of their names it knows."""

from itertools import count
from typing import Any

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
    OrderPlaced,
    OrderState,
    StageReached,
)
from wraca.domain.events import Stage as Stages
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement

VICTIM = (Identity(IdentityKind.ANONYMOUS, "victim"), Identity(IdentityKind.USER, "v"), Identity(IdentityKind.EMAIL, "victim@x.pl"))
EVIL = Identity(IdentityKind.ANONYMOUS, "evil")
TABLES = {
    table: Statement(f"test_victim_{table}", f"select * from {table} where bucket = :bucket and shop_id = :shop order by 3")
    for table in ("person", "identity", "cart", "purchase", "consent", "timer")
}

shops = count()  # each try is another shop of the same database
lines = st.builds(Line, st.sampled_from(["p1", "p2"]), st.integers(1, 3), st.just(1))
tokens = st.sampled_from(["", "victims-cart", "order/o1"])
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(LineAdded, lines, tokens),
    st.builds(CartReplaced, st.lists(lines, max_size=1).map(tuple), tokens),
    st.builds(StageReached, st.sampled_from(list(Stages)[:4]), tokens, payment_failed=st.booleans()),
    st.builds(OrderPlaced, st.sampled_from(["o1", "o2"]), st.sampled_from(OrderState), tokens, total=st.just(1)),
    st.builds(Identified, st.just("Mallory")),
)


def rows(database: Database, shop: ShopId) -> set[tuple[str, Any]]:
    with database.read() as tx:
        return {
            (table, tuple(map(str, row))) for table, one in TABLES.items() for row in tx.all(one, bucket=bucket_of(shop), shop=shop)
        }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(
    st.lists(st.tuples(bodies, st.booleans(), st.booleans(), st.integers(900, 1_100)), min_size=1, max_size=6),
    st.booleans(),
)
def test_a_browser_changes_nobody_else(database: Database, said: list[tuple[Body, bool, bool, int]], has_ordered: bool) -> None:
    shop = ShopId(derived_id("attacked", str(next(shops))))
    known: list[Body] = [LineAdded(Line("p1", 1, 1999), "victims-cart", "PLN")]
    known += [OrderPlaced("o1", OrderState.PAID, "victims-cart", total=1999)] if has_ordered else []
    theirs = [
        Event(EventId(derived_id("v", str(at))), "x", 1_000 + at, 1_000, body, VICTIM, consents=(Consent("email", given=True),))
        for at, body in enumerate(known)
    ]
    take_in(database, bucket_of(shop), [(shop, theirs)], 1_000, lambda _: Idle())
    before = rows(database, shop)

    for place, (body, claims, refuses, at) in enumerate(said):
        names = VICTIM[2:] if claims else ()
        words = (Consent("email", given=False),) if refuses else ()
        event = Event(EventId(derived_id("e", str(place))), "x", at, at, body, (EVIL,), names, words, "browser")
        take_in(database, bucket_of(shop), [(shop, [event])], 1_200, lambda _: Idle())

    assert before <= rows(database, shop)

"""A purchase is seen by whatever name it is known, and only by names: what a browser merely says changes nobody else."""

import msgspec
import pytest

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
    Source,
    Stage,
)
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import new_shop

CARTS = Statement("test_carts", "select body from cart where bucket = :bucket order by id")
TIMERS = Statement("test_cart_timers", "select subject from timer where bucket = :bucket and kind = 1")
ORDERS = Statement("test_orders", "select number, state, person_id, total from purchase where bucket = :bucket order by id")
OUTBOX = Statement("test_outbox", "select state, reasons from outbox where bucket = :bucket")
ADD_RUN = Statement(
    "test_add_run",
    """insert into run (bucket, shop_id, id, journey, version, person_id, cart_id, at, turn, entered_at, started_at, last_sent_at,
                        held_out, outcome)
       select :bucket, c.shop_id, c.id, 'j', 1, c.person_id, c.id, 'first', 0, 0, 0, 0, :no, ''
       from cart c where c.bucket = :bucket""",
)
ADD_MESSAGE = Statement(
    "test_add_message",
    """insert into outbox (bucket, shop_id, run_id, step, channel, id, person_id, cart_id, journey, template, held_out, state,
                           planned_at, due_at, deadline_at, lease_owner, attempts, reasons, body)
       select :bucket, c.shop_id, c.id, 'first', 'email', c.id, c.person_id, c.id, 'j', 't', :no, 'planned',
              0, 0, 0, '', 0, '[]', '{}' from cart c where c.bucket = :bucket""",
)
HOUR = 3_600_000
NOW = 100 * HOUR

A, B = (Identity(IdentityKind.ANONYMOUS, one) for one in ("a", "b"))
ANNA, OTHER = (Identity(IdentityKind.EMAIL, one) for one in ("anna@x.pl", "other@x.pl"))
USER = Identity(IdentityKind.USER, "7")
PHONE = Identity(IdentityKind.PHONE, "+48123456789")
DEVICE = Identity(IdentityKind.DEVICE, "d")
CART = Identity(IdentityKind.CART, "t")
CHECKOUT = Identity(IdentityKind.CART, "checkout")


class Till:
    """A shop that rings up one event after the other, a second apart."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.shop: ShopId = new_shop(database)
        self.bucket = bucket_of(self.shop)
        self.at = NOW

    def rings(
        self, body: Body, *who: Identity, source: Source = "server", claims: tuple[Identity, ...] = (), **said: object
    ) -> Event:
        self.at += 1_000
        event = Event(EventId(derived_id(str(self.at))), "x", self.at, self.at, body, who, claims, source=source)
        event = msgspec.structs.replace(event, **said)
        take_in(self.database, self.bucket, [(self.shop, [event])], self.at, lambda _: Idle())
        return event

    def rows(self, statement: Statement) -> list[tuple[object, ...]]:
        with self.database.read() as tx:
            found: list[tuple[object, ...]] = tx.all(statement, bucket=self.bucket)
            return found

    def carts(self) -> list[dict[str, object]]:
        return [msgspec.json.decode(str(body)) for (body,) in self.rows(CARTS)]

    def states(self) -> list[object]:
        return [cart.get("state", "open") for cart in self.carts()]

    def plans_a_message_for_each_cart(self) -> None:
        with self.database.write() as tx:
            tx.run(ADD_RUN, bucket=self.bucket, no=False)
            tx.run(ADD_MESSAGE, bucket=self.bucket, no=False)


@pytest.fixture
def till(database: Database) -> Till:
    return Till(database)


ADDED = LineAdded(Line("p1", 1, 1999), currency="PLN")
NAMED = LineAdded(Line("p1", 1, 1999), cart="t", currency="PLN")
ORDER = OrderPlaced("o1", currency="PLN", total=1999)

# What happened before the order (body, identities, source, claims), and the order.
PATHS: dict[
    str, tuple[list[tuple[Body, tuple[Identity, ...], Source, tuple[Identity, ...]]], OrderPlaced, tuple[Identity, ...], Source]
] = {
    "the same browser": ([(ADDED, (A,), "browser", ())], ORDER, (A,), "browser"),
    "the browser, by the server": ([(ADDED, (A,), "browser", ())], ORDER, (A,), "server"),
    "the customer": ([(ADDED, (USER,), "server", ())], ORDER, (USER,), "server"),
    "the customer on another device": ([(ADDED, (A, USER), "server", ())], ORDER, (B, USER), "server"),
    "the e-mail of the order": ([(ADDED, (A, ANNA), "server", ())], ORDER, (ANNA,), "server"),
    "the phone of the order": ([(ADDED, (A, PHONE), "server", ())], ORDER, (PHONE,), "server"),
    "the app's installation": ([(ADDED, (DEVICE,), "browser", ())], ORDER, (DEVICE,), "server"),
    "the cart id": ([(ADDED, (A, CART), "server", ())], OrderPlaced("o1", cart="t"), (CART,), "server"),
    "the checkout id": ([(ADDED, (A, CHECKOUT), "server", ())], ORDER, (CHECKOUT,), "server"),
    "a cart id that only the browser named": ([(NAMED, (A,), "browser", ())], OrderPlaced("o1", cart="t"), (OTHER, CART), "server"),
    "a cart id in the order's body only": ([(NAMED, (A,), "browser", ())], OrderPlaced("o1", cart="t"), (), "server"),
    "an address that was only typed": ([(ADDED, (A,), "browser", (ANNA,))], ORDER, (ANNA,), "server"),
    "a guest who registers in the checkout": (
        [(ADDED, (A,), "browser", ()), (Identified(), (A, ANNA), "server", ()), (Identified(), (A, USER), "server", ())],
        ORDER,
        (USER,),
        "server",
    ),
    "an e-mail known by another session": (
        [(ADDED, (A, ANNA), "server", ()), (Identified(), (B, ANNA), "server", ())],
        ORDER,
        (B,),
        "server",
    ),
    "a browser that somebody else used since": (
        [(ADDED, (B, ANNA), "server", ()), (Identified(), (A, ANNA), "server", ()), (Identified(), (A, OTHER), "server", ())],
        ORDER,
        (A, ANNA),
        "server",
    ),
    "a number alone, known from the pending order": (
        [(ADDED, (A, ANNA), "server", ()), (OrderPlaced("o1", OrderState.FAILED), (ANNA,), "server", ())],
        OrderPlaced("o1", OrderState.PAID),
        (),
        "server",
    ),
}


@pytest.mark.parametrize("path", PATHS)
def test_a_purchase_is_known_by(path: str, till: Till) -> None:
    before, order, who, source = PATHS[path]
    for body, known, sender, claims in before:
        till.rings(body, *known, source=sender, claims=claims)
    assert till.states() == ["open"]
    till.plans_a_message_for_each_cart()

    till.rings(order, *who, source=source)

    assert till.states() == ["ordered"]
    assert not till.rows(TIMERS)
    assert [(state, msgspec.json.decode(str(reasons))) for state, reasons in till.rows(OUTBOX)] == [("skipped", ["ordered"])]


@pytest.mark.parametrize("path", PATHS)
def test_a_purchase_is_known_though_it_arrives_before_its_cart_by(path: str, till: Till) -> None:
    before, order, who, source = PATHS[path]

    till.rings(order, *who, source=source, at=NOW + 10 * HOUR)
    for body, known, sender, claims in before:
        till.rings(body, *known, source=sender, claims=claims)

    assert till.states() == ["ordered"]
    assert not till.rows(TIMERS)


def test_a_browser_cannot_touch_the_order_of_another(till: Till) -> None:
    till.rings(ORDER, USER)
    theirs = till.rows(ORDERS)

    till.rings(OrderPlaced("o1", OrderState.CANCELLED, total=1), A, source="browser")

    assert set(theirs) < set(till.rows(ORDERS))


def test_the_shops_report_takes_the_place_of_what_the_browser_said(till: Till) -> None:
    till.rings(OrderPlaced("o1", total=1), A, source="browser")
    till.rings(OrderPlaced("o1", OrderState.PAID, total=1999), A, ANNA)

    assert [(number, state, total) for number, state, _, total in till.rows(ORDERS)] == [("o1", "paid", 1999)]


def test_a_cancelled_order_leaves_its_cart_ordered_and_counts_no_more(till: Till) -> None:
    till.rings(ADDED, A, ANNA)
    till.rings(ORDER, ANNA)
    till.rings(OrderPlaced("o1", OrderState.CANCELLED), ANNA)

    assert till.states() == ["ordered"]
    assert [state for _, state, *_ in till.rows(ORDERS)] == ["cancelled"]


def test_a_failed_payment_leaves_the_cart_open_at_payment(till: Till) -> None:
    till.rings(ADDED, A, ANNA)
    till.rings(OrderPlaced("o1", OrderState.FAILED), ANNA)

    assert [(cart.get("state", "open"), cart["stage"], cart["payment_failed"]) for cart in till.carts()] == [
        ("open", Stage.PAYMENT, True)
    ]


def test_the_ordered_cart_reported_once_more_is_an_echo(till: Till) -> None:
    till.rings(ADDED, A, ANNA)
    till.rings(ORDER, ANNA)
    till.rings(CartReplaced((Line("p1", 1, 1999),)), A)

    assert till.states() == ["ordered"]


def test_a_cart_filled_after_the_order_can_be_emptied_at_once(till: Till) -> None:
    till.rings(ADDED, A)
    till.rings(ORDER, A)
    till.rings(ADDED, A)
    till.rings(CartReplaced(()), A)

    assert sorted(map(str, till.states())) == ["emptied", "ordered"]


def test_an_order_of_the_same_millisecond_comes_after_its_cart(till: Till) -> None:
    till.rings(ORDER, A, at=NOW)
    till.rings(ADDED, A, at=NOW)

    assert till.states() == ["ordered"]


def test_history_sets_no_timers(till: Till) -> None:
    till.rings(ADDED, A, backfill=True)

    assert till.states() == ["open"]
    assert not till.rows(TIMERS)


def test_a_timer_is_never_set_for_the_past(till: Till) -> None:
    due = Statement("test_due", "select due_at from timer where bucket = :bucket")

    till.rings(ADDED, A, at=NOW - 50 * HOUR)

    assert till.rows(due) == [(till.at,)]


def test_one_event_of_two_shops_is_two_events(till: Till) -> None:
    other = ShopId(next(one for n in range(9_999) if bucket_of(ShopId(one := derived_id(str(n)))) == till.bucket))
    event = Event(EventId(derived_id("same")), "x", NOW, NOW, ADDED, (A,), consents=(Consent("email", given=True),))

    assert take_in(till.database, till.bucket, [(till.shop, [event])], NOW, lambda _: Idle()) == [0]
    assert take_in(till.database, till.bucket, [(till.shop, [event]), (other, [event, event])], NOW, lambda _: Idle()) == [1, 1]

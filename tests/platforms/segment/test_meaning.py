"""What each Segment event means, and what is kept of those that mean nothing to us."""

import json

import msgspec
import pytest

from tests.platforms.segment.calls import SAMPLES, one, read, track, why
from wraca.domain.events import (
    CartReplaced,
    Event,
    FeedChecked,
    Identity,
    IdentityKind,
    Landed,
    Line,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderState,
    Other,
    Seen,
    Stage,
    StageReached,
)
from wraca.platforms.segment import Sender
from wraca.platforms.segment.meanings import MEANINGS


def test_a_product_put_into_the_cart() -> None:
    event = one(
        track(
            "Product Added",
            cart_id="c1",
            product_id="p1",
            sku="S-1",
            name="Kubek",
            variant="niebieski",
            price="18.99",
            quantity=3,
            url="https://sklep.pl/kubek",
            image_url="https://sklep.pl/kubek.jpg",
            category="Kubki",
            brand="Bolesław",
            position=4,
        ),
    )

    line = Line(
        "p1",
        3,
        1899,
        "Kubek",
        "niebieski",
        "https://sklep.pl/kubek",
        "https://sklep.pl/kubek.jpg",
        "Kubki",
        "Bolesław",
        trusted=True,
    )
    assert event.body == LineAdded(line, "c1", "PLN")
    assert event.raw == {"sku": "S-1", "position": 4}
    assert event.identities == (Identity(IdentityKind.ANONYMOUS, "a1"), Identity(IdentityKind.CART, "c1"))


@pytest.mark.parametrize(
    ("properties", "product"),
    [({"product_id": 7}, "7"), ({"sku": "S"}, "S"), ({"variant": "v"}, "v"), ({"product_id": None, "sku": "S"}, "S")],
)
def test_a_product_is_known_by_what_there_is(properties: dict[str, object], product: str) -> None:
    body = one(track("Product Removed", **properties)).body

    assert isinstance(body, LineRemoved)
    assert body.line.product_id == product


def test_the_whole_cart() -> None:
    products = [{"product_id": "p1", "price": 5, "quantity": 2}, {"product_id": "p2"}]

    assert one(
        track("Cart Updated", cart_id="c", products=products, total=10, currency="eur", shipping="4.50", coupon="X")
    ).body == (CartReplaced((Line("p1", 2, 500, trusted=True), Line("p2", trusted=True)), "c", "EUR", 1000, 450, "X"))
    assert one(track("Cart Updated", products=[])).body == CartReplaced((), "", "PLN")
    assert why(track("Cart Updated")) == "properties.products"
    assert one(track("Cart Viewed", url="https://sklep.pl/koszyk")).body == Seen("", "https://sklep.pl/koszyk")


@pytest.mark.parametrize(
    ("step", "stage"),
    [
        (1, Stage.CONTACT),
        (2, Stage.SHIPPING),
        ("3", Stage.PAYMENT),
        (9, Stage.PAYMENT),
        ("Shipping method", Stage.SHIPPING),
        ("payment", Stage.PAYMENT),
        ("Dostawa", Stage.SHIPPING),
        ("Płatność", Stage.PAYMENT),
        ("Плащане", Stage.PAYMENT),
        ("Contact information", Stage.CONTACT),
        (None, Stage.CONTACT),
        ([], Stage.CONTACT),
    ],
)
def test_checkout_steps_have_stages(step: object, stage: Stage) -> None:
    for name in ("Checkout Step Viewed", "Checkout Step Completed"):
        body = one(track(name, step=step)).body
        assert isinstance(body, StageReached)
        assert body.stage is stage


def test_the_checkout_and_the_payment() -> None:
    assert one(track("Checkout Started", cart_id="c")).body == StageReached(Stage.CONTACT, "c")
    assert one(track("Payment Info Entered", payment_method="BLIK")).body == StageReached(Stage.PAYMENT, payment_method="BLIK")
    assert one(track("Payment Failed", payment_method="card")).body == StageReached(
        Stage.PAYMENT, payment_method="card", payment_failed=True
    )
    assert one(track("Payment Failed", order_id="o1")).body == OrderPlaced("o1", OrderState.FAILED, currency="PLN")
    assert one(track("Coupon Applied", coupon_id="TEN")).body == StageReached(Stage.CART, coupon="TEN")


@pytest.mark.parametrize(
    ("event", "properties", "state"),
    [
        ("Order Completed", {}, OrderState.COMPLETED),
        ("Order Completed", {"status": "on-hold"}, OrderState.ON_HOLD),
        ("Order Completed", {"payment_status": "pending"}, OrderState.PENDING),
        ("Order Completed", {"status": "completed", "payment_status": "paid"}, OrderState.PAID),
        ("Order Updated", {"status": "processing"}, OrderState.PAID),
        ("Order Updated", {"status": "Failed"}, OrderState.FAILED),
        ("Order Updated", {"status": "cancelled", "payment_status": "paid"}, OrderState.CANCELLED),
        ("Order Updated", {"status": "something new"}, OrderState.COMPLETED),
        ("Order Refunded", {}, OrderState.REFUNDED),
        ("Order Refunded", {"partial": True, "total": 5}, OrderState.COMPLETED),
        ("Order Cancelled", {"status": "completed"}, OrderState.CANCELLED),
    ],
)
def test_orders_have_states(event: str, properties: dict[str, object], state: OrderState) -> None:
    body = one(track(event, order_id="o1", **properties)).body

    assert isinstance(body, OrderPlaced)
    assert (body.order, body.state) == ("o1", state)


def test_an_order_without_a_number_is_still_an_order() -> None:
    event = one(track("Order Completed", revenue=5))

    assert event.body == OrderPlaced(event.id, currency="PLN", total=500)


@pytest.mark.parametrize("bad", [{"total": "much"}, {"products": [{"price": 3}]}, {"products": 5}, {"currency": "zł"}])
def test_a_purchase_is_never_lost_to_a_bad_amount(bad: dict[str, object]) -> None:
    delivery = read(track("Order Completed", order_id="o1", status="paid", **bad))

    assert [event.body for event in delivery.events] == [OrderPlaced("o1", OrderState.PAID, currency="PLN")]
    assert len(delivery.rejected) == 1
    assert "order itself was kept" in delivery.rejected[0].reason
    assert delivery.events[0].raw == bad


def test_a_browser_cannot_undo_a_purchase_nor_vouch_for_the_order_feed() -> None:
    assert isinstance(one(track("Order Cancelled", order_id="o1"), "browser").body, Other)
    assert isinstance(one(track("Order Refunded", order_id="o1"), "browser").body, OrderPlaced)
    assert one(track("Payment Failed", order_id="o1"), "browser").body == StageReached(Stage.PAYMENT, payment_failed=True)
    assert why(track("Order Feed Checked"), "browser") == "event"
    assert one(track("Order Feed Checked")).body == FeedChecked()


def test_our_own_events() -> None:
    assert one(track("Message Landed", hit="h1"), "browser").body == Landed("h1")
    assert why(track("Message Landed")) == "properties.hit"


def test_what_we_do_not_know_is_kept_as_it_came() -> None:
    event = one(track("Quiz Answered", answer={"colour": ["red"]}, email="ann@x.pl", phone="not a phone"))

    assert event.body == Other()
    assert event.raw == {"answer": {"colour": ["red"]}, "phone": "not a phone"}


@pytest.mark.parametrize(
    ("call", "name"),
    [("page", "Page Viewed"), ("screen", "Screen Viewed"), ("alias", "Aliased"), ("group", "Grouped"), ("identify", "Identified")],
)
def test_calls_without_an_event_name_get_one(call: str, name: str) -> None:
    assert one({"type": call, "userId": "u1", "messageId": "m"}).name == name


def test_every_event_of_the_specification_is_understood() -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"the captured samples are not beside this repository ({SAMPLES})")
    for file in sorted(SAMPLES.glob("*.json")):
        sources: tuple[Sender, ...] = ("server", "browser")
        for source in sources:
            event = one({**json.loads(file.read_text()), "messageId": file.name, "anonymousId": "a"}, source)
            assert event.name in MEANINGS
            assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event

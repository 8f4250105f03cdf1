"""Times, ids, money and quantities: read as what they should be, or refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platforms.segment.calls import DAY, MINUTE, NOW, iso, one, read, track, why
from wraca.domain.events import (
    LineAdded,
)
from wraca.domain.money import minor_units
from wraca.platforms.segment.values import amount
from wraca.ports.platform import ShopFacts


@pytest.mark.parametrize("skew", [0, -10 * 365 * DAY, 10 * 365 * DAY, 3_600_000])
def test_a_wrong_clock_tells_the_right_distance(skew: int) -> None:
    event = one({**track("Quiz"), "timestamp": iso(NOW + skew - 90_000)}, batch={"sentAt": iso(NOW + skew)})

    assert (event.at, event.backfill) == (NOW - 90_000, False)


@pytest.mark.parametrize(
    "timestamp", [iso(NOW + 6 * MINUTE), iso(NOW + 3650 * DAY), "yesterday", "", None, True, {}, -5, "0001-01-01"]
)
def test_a_time_that_cannot_be_is_now(timestamp: object) -> None:
    assert one({**track("Quiz"), "timestamp": timestamp}).at == NOW


def test_a_time_a_little_ahead_is_kept() -> None:
    assert one({**track("Quiz"), "timestamp": iso(NOW + 4 * MINUTE)}).at == NOW + 4 * MINUTE


@pytest.mark.parametrize(("timestamp"), [NOW - 60_000, (NOW - 60_000) // 1000, iso(NOW - 60_000), "2026-11-18T11:05:40"])
def test_times_come_in_several_forms(timestamp: object) -> None:
    assert one({**track("Quiz"), "timestamp": timestamp}).at == NOW - 60_000


def test_an_event_older_than_a_week_is_history() -> None:
    old = one({**track("Quiz"), "timestamp": iso(NOW - 8 * DAY)})
    late = one({**track("Quiz"), "timestamp": iso(NOW - 6 * DAY)})

    assert (old.at, old.backfill) == (NOW - 8 * DAY, True)
    assert (late.at, late.backfill) == (NOW - 6 * DAY, False)


@pytest.mark.parametrize(
    "where",
    [
        {"integrations": {"backfill": True}},
        {"context": {"backfill": True}},
        {"context": {"wraca": {"backfill": True}}},
    ],
)
def test_history_can_be_declared(where: dict[str, object]) -> None:
    assert one({**track("Quiz"), **where}).backfill
    assert one(track("Quiz"), batch=where).backfill
    assert not one({**track("Quiz"), "integrations": {"All": True, "backfill": "no"}}).backfill


def test_the_same_message_has_the_same_id_and_other_shops_others() -> None:
    twin = ShopFacts("6" * 32, "x.pl", "PLN", "")

    assert one(track("Quiz")).id == one(track("Other Quiz")).id
    assert one(track("Quiz")).id != read(track("Quiz"), shop=twin).events[0].id


def test_a_browser_cannot_take_the_place_of_a_servers_message() -> None:
    assert one(track("Order Completed", order_id="1"), "browser").id != one(track("Order Completed", order_id="1")).id


def test_without_a_message_id_content_and_time_make_one() -> None:
    first = {"type": "track", "event": "Quiz", "userId": "u", "timestamp": iso(NOW), "properties": {"a": 1, "b": 2}}
    again = {"properties": {"b": 2, "a": 1}, **{key: first[key] for key in ("timestamp", "userId", "event", "type")}}

    assert one(first).id == one(again).id
    assert one(first).id != one({**first, "timestamp": iso(NOW - 1000)}).id
    assert one(first).id != one({**first, "properties": {"a": 1, "b": 3}}).id


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        ("19.99", "PLN", 1999),
        (19.99, "PLN", 1999),
        (20, "PLN", 2000),
        ("1500", "JPY", 1500),
        (1.5, "KWD", 1500),
        ("0", "EUR", 0),
        ("", "EUR", None),
    ],
)
def test_money_in_major_units(price: object, currency: str, minor: int | None) -> None:
    body = one(track("Product Added", product_id="p", price=price, currency=currency)).body

    assert isinstance(body, LineAdded)
    assert body.line.price == minor


@pytest.mark.parametrize(
    "call",
    [
        track("Product Added", product_id="p", price=1999, money="minor"),
        track("Product Added", {"money": "minor"}, product_id="p", price="1999"),
    ],
)
def test_money_in_minor_units_when_the_sender_says_so(call: dict[str, object]) -> None:
    body = one(call).body

    assert isinstance(body, LineAdded)
    assert body.line.price == 1999


@pytest.mark.parametrize(
    "price", ["19,99", "19.99 zł", "free", -1, "-0.01", True, [], {}, "NaN", "Infinity", 1e300, "1e400", 10**30]
)
def test_what_is_not_money_is_refused(price: object) -> None:
    assert why(track("Product Added", product_id="p", price=price)) == "properties.price"


@given(st.floats(0, 1e8) | st.integers(0, 10**9).map(lambda cents: cents / 100) | st.decimals(0, 10**5, places=3).map(float))
def test_the_short_way_to_minor_units_gives_what_the_exact_one_gives(price: float) -> None:
    for currency in ("PLN", "JPY", "KWD"):
        assert amount(price, currency, "price", minor=False) == minor_units(price, currency)


@pytest.mark.parametrize("price", [19.99, "19.99", "x", -1])
def test_minor_units_are_whole(price: object) -> None:
    assert why(track("Product Added", product_id="p", price=price, money="minor")) == "properties.price"


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "two", True, [], 100_001, "1e9", 1e300])
def test_what_is_not_a_quantity_is_refused(quantity: object) -> None:
    assert why(track("Product Added", product_id="p", quantity=quantity)) == "properties.quantity"


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (track("Product Added"), "properties.product_id"),
        (track("Product Added", product_id="x" * 201), "properties.product_id"),
        (track("Product Added", product_id="p", currency="zł"), "properties.currency"),
        (track("Cart Updated", products=[{"product_id": "p"}, {"product_id": "q", "price": "x"}]), "properties.products[1].price"),
        (track("Cart Updated", products=["p"]), "properties.products[0]"),
        (track(""), "event"),
        ({"type": "track"}, "event"),
        ({"type": "delete", "userId": "u"}, "type"),
        ({"userId": "u"}, "type"),
        ({"type": "track", "event": "Quiz", "properties": [1]}, "properties"),
        ({"type": "identify", "userId": "u", "traits": "x"}, "traits"),
        ({"type": "identify", "traits": {"email": "not an address"}}, "traits.email"),
        (track("Quiz", deep=[[[[[[[[[[1]]]]]]]]]]), "properties"),
        (track("Quiz", long="x" * 33_000), ""),
        ("text", ""),
        (None, ""),
        ([], ""),
    ],
)
def test_what_is_refused_is_named(item: object, field: str) -> None:
    assert why(item) == field

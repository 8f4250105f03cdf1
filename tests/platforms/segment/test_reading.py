"""Segment calls -> events: meaning, times, money, people, consent, and what is refused."""

import hmac
import json
from hashlib import sha1, sha256
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.events import (
    CartReplaced,
    Consent,
    Event,
    FeedChecked,
    Identified,
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
from wraca.platforms.segment import SegmentPlatform, Sender, read_batch, read_call
from wraca.platforms.segment.meanings import MEANINGS
from wraca.ports.platform import Delivery, Forged, ShopFacts

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
MINUTE, DAY = 60_000, 86_400_000
SHOP = ShopFacts("5" * 32, "sklep.pl", "PLN", "identity-secret")
SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "segment"


def read(*items: object, source: Sender = "server", shop: ShopFacts = SHOP, **batch: object) -> Delivery:
    return read_batch(json.dumps({"batch": items, **batch}).encode(), shop, source, NOW)


def one(item: object, source: Sender = "server", **batch: object) -> Event:
    delivery = read(item, source=source, **batch)
    assert list(delivery.rejected) == []
    [event] = delivery.events
    return event


def track(event: str, _context: object = None, **properties: object) -> dict[str, object]:
    call = {"type": "track", "event": event, "messageId": "m1", "anonymousId": "a1", "properties": properties}
    return call if _context is None else {**call, "context": _context}


def proof(message: str, secret: str = SHOP.secret) -> str:
    return hmac.new(secret.encode(), message.encode(), sha256).hexdigest()


def why(item: object, source: Sender = "server") -> str:
    delivery = read(item, source=source)
    assert list(delivery.events) == []
    [rejection] = delivery.rejected
    assert rejection.reason.endswith(".")
    return rejection.field


# --- meaning -----------------------------------------------------------------------------------------------------------------


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
        "p1", 3, 1899, "Kubek", "niebieski", "https://sklep.pl/kubek", "https://sklep.pl/kubek.jpg", "Kubki", "Bolesław", True
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
        for source in ("server", "browser"):
            event = one({**json.loads(file.read_text()), "messageId": file.name, "anonymousId": "a"}, source)  # type: ignore[arg-type]
            assert event.name in MEANINGS
            assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


# --- times -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [0, -10 * 365 * DAY, 10 * 365 * DAY, 3_600_000])
def test_a_wrong_clock_tells_the_right_distance(skew: int) -> None:
    def iso(at: int) -> str:
        return msgspec.json.encode(at).decode() if at < 0 else _iso(at)

    event = one({**track("Quiz"), "timestamp": iso(NOW + skew - 90_000)}, sentAt=iso(NOW + skew))

    assert (event.at, event.backfill) == (NOW - 90_000, False)


def _iso(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


@pytest.mark.parametrize(
    "timestamp", [_iso(NOW + 6 * MINUTE), _iso(NOW + 3650 * DAY), "yesterday", "", None, True, {}, -5, "0001-01-01"]
)
def test_a_time_that_cannot_be_is_now(timestamp: object) -> None:
    assert one({**track("Quiz"), "timestamp": timestamp}).at == NOW


def test_a_time_a_little_ahead_is_kept() -> None:
    assert one({**track("Quiz"), "timestamp": _iso(NOW + 4 * MINUTE)}).at == NOW + 4 * MINUTE


@pytest.mark.parametrize(("timestamp"), [NOW - 60_000, (NOW - 60_000) // 1000, _iso(NOW - 60_000), "2026-11-18T11:05:40"])
def test_times_come_in_several_forms(timestamp: object) -> None:
    assert one({**track("Quiz"), "timestamp": timestamp}).at == NOW - 60_000


def test_an_event_older_than_a_week_is_history() -> None:
    old = one({**track("Quiz"), "timestamp": _iso(NOW - 8 * DAY)})
    late = one({**track("Quiz"), "timestamp": _iso(NOW - 6 * DAY)})

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
    assert one(track("Quiz"), **where).backfill
    assert not one({**track("Quiz"), "integrations": {"All": True, "backfill": "no"}}).backfill


# --- ids ---------------------------------------------------------------------------------------------------------------------


def test_the_same_message_has_the_same_id_and_other_shops_others() -> None:
    twin = ShopFacts("6" * 32, "x.pl", "PLN", "")

    assert one(track("Quiz")).id == one(track("Other Quiz")).id
    assert one(track("Quiz")).id != read(track("Quiz"), shop=twin).events[0].id


def test_a_browser_cannot_take_the_place_of_a_servers_message() -> None:
    assert one(track("Order Completed", order_id="1"), "browser").id != one(track("Order Completed", order_id="1")).id


def test_without_a_message_id_content_and_time_make_one() -> None:
    first = {"type": "track", "event": "Quiz", "userId": "u", "timestamp": _iso(NOW), "properties": {"a": 1, "b": 2}}
    again = {"properties": {"b": 2, "a": 1}, **{key: first[key] for key in ("timestamp", "userId", "event", "type")}}

    assert one(first).id == one(again).id
    assert one(first).id != one({**first, "timestamp": _iso(NOW - 1000)}).id
    assert one(first).id != one({**first, "properties": {"a": 1, "b": 3}}).id


# --- money and quantities ----------------------------------------------------------------------------------------------------


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


# --- people ------------------------------------------------------------------------------------------------------------------


def identify(traits: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "identify", "messageId": "m", "traits": traits, **more}


def test_a_server_speaks_for_people() -> None:
    event = one(
        identify(
            {"email": " Ann@Example.COM ", "phone": "601 234 567"},
            userId=42,
            anonymousId="a1",
            context={"device": {"id": "d1"}},
        ),
    )

    assert {one.key for one in event.identities} == {
        "user:42",
        "email:ann@example.com",
        "phone:+48601234567",
        "anonymous:a1",
        "device:d1",
    }
    assert event.claims == ()


def test_addresses_are_read_where_clients_put_them() -> None:
    places = [
        identify({"email": "ann@x.pl"}),
        track("Quiz", email="ann@x.pl"),
        track("Quiz", {"traits": {"email": "ann@x.pl"}}),
    ]
    for place in places:
        assert Identity(IdentityKind.EMAIL, "ann@x.pl") in one(place).identities


def test_a_browser_only_claims() -> None:
    event = one(identify({"email": "victim@x.pl", "phone": "+48601234567"}, userId="u1", anonymousId="a1"), "browser")

    assert event.identities == (Identity(IdentityKind.ANONYMOUS, "a1"),)
    assert {claim.key for claim in event.claims} == {"email:victim@x.pl", "phone:+48601234567"}
    assert event.raw == {"userId": "u1"}


def test_a_browser_with_a_proof_speaks_for_what_is_proven_only() -> None:
    def shown(*proofs: object) -> set[str]:
        call = identify({"email": "Ann@x.pl", "phone": "+48601234567"}, userId="u1", context={"wraca": {"proof": list(proofs)}})
        return {identity.key for identity in one(call, "browser").identities}

    assert shown(proof("ann@x.pl")) == {"email:ann@x.pl"}
    assert shown(proof("user:u1")) == {"user:u1"}
    assert shown(proof("user:u1"), proof("ann@x.pl"), proof("phone:+48601234567")) == {
        "user:u1",
        "email:ann@x.pl",
        "phone:+48601234567",
    }
    assert shown(proof("ann@x.pl", "another secret")) == set()
    assert shown(proof("bob@x.pl"), "", None, "ż", 5) == set()


def test_without_a_secret_nothing_is_proven() -> None:
    bare = ShopFacts("7" * 32, "x.pl", "PLN", "")
    call = identify({"email": "ann@x.pl"}, context={"wraca": {"proof": proof("ann@x.pl", "")}})

    assert read(call, source="browser", shop=bare).events[0].identities == ()


@given(st.lists(st.tuples(st.text(max_size=80), st.sampled_from(["identify", "track", "page", "alias", "group"])), max_size=1_000))
def test_forged_identities_are_never_believed(forgeries: list[tuple[str, str]]) -> None:
    items = [
        {
            "type": kind,
            "event": "Product Added",
            "messageId": f"m{number}",
            "userId": "victim",
            "previousId": "victim",
            "traits": {"email": "victim@x.pl"},
            "properties": {"product_id": "p", "email": "victim@x.pl", "cart_id": "victims-cart"},
            "context": {"wraca": {"proof": forged}, "traits": {"email": "victim@x.pl", "phone": "+48601234567"}},
        }
        for number, (forged, kind) in enumerate(forgeries)
    ]

    assert [event.identities for event in read(*items, source="browser").events] == [()] * len(items)


def test_a_thousand_forged_identifies_give_no_identity() -> None:
    items = [identify({"email": "victim@x.pl"}, userId="victim", context={"wraca": {"proof": f"{n:064x}"}}) for n in range(1_000)]

    assert {event.identities for event in read(*items, source="browser").events} == {()}


@pytest.mark.parametrize(
    "nobody", ["", "null", "undefined", "0", "NaN", "[object Object]", "anonymous", None, False, {}, "x" * 201]
)
def test_ids_that_name_nobody_melt_nobody_together(nobody: object) -> None:
    assert one({"type": "page", "messageId": "m", "userId": nobody, "anonymousId": nobody}).identities == ()


def test_an_alias_joins_both_ids() -> None:
    event = one({"type": "alias", "userId": "u1", "previousId": "a1", "messageId": "m"})

    assert {identity.key for identity in event.identities} == {"user:u1", "user:a1", "anonymous:a1"}


def test_traits_become_facts() -> None:
    traits = {
        "firstName": "Ann",
        "last_name": "Nowak",
        "gender": "Female",
        "locale": "pl-PL",
        "address": {"country": "pl"},
        "plan": "gold",
        "visits": 3,
        "nested": {"a": 1},
    }

    event = one(identify(traits, context={"timezone": "Europe/Warsaw"}))

    assert event.body == Identified("Ann", "Nowak", "f", "pl", "Europe/Warsaw", "PL", {"plan": "gold", "visits": 3})
    assert event.raw == {"nested": {"a": 1}, "address": {"country": "pl"}}


def test_the_browsers_settings_speak_where_traits_do_not() -> None:
    event = one(identify({"timezone": "../../etc/passwd"}, context={"locale": "bg-BG", "timezone": "Europe/Sofia"}))

    assert event.body == Identified(language="bg", country="BG")


def test_attributes_are_bounded() -> None:
    body = one(identify({f"t{n}": n for n in range(80)})).body

    assert isinstance(body, Identified)
    assert len(body.attributes) == 50


# --- consent -----------------------------------------------------------------------------------------------------------------


def test_consent_comes_with_its_proof() -> None:
    said = {
        "channel": "email",
        "text": "Tak, piszcie do mnie.",
        "version": "3",
        "language": "pl",
        "mechanism": "checkbox",
        "page": "https://sklep.pl/kasa",
        "basis": "double_opt_in",
    }
    full = Consent("email", True, "double_opt_in", "Tak, piszcie do mnie.", "3", "pl", "checkbox", "https://sklep.pl/kasa")

    assert one(track("Consent Given", **said)).consents == (full,)
    assert one(track("Consent Given", **said), "browser").consents == (msgspec.structs.replace(full, basis="consent"),)
    assert one(track("Consent Withdrawn", channel="sms")).consents == (Consent("sms", False),)
    assert why(track("Consent Given")) == "properties.channel"
    assert why(track("Consent Given", channel="email", basis="because")) == "properties.basis"
    assert why(track("Consent Given", channel="email", text="x" * 4001)) == "properties.text"


@pytest.mark.parametrize(
    ("said", "consents"),
    [
        ({"accepts_marketing": True}, {("email", True)}),
        ({"newsletter": False, "sms_consent": True}, {("email", False), ("sms", True)}),
        ({"newsletter": True, "subscribed": False}, {("email", False)}),
        ({"accepts_marketing": "yes", "newsletter": 1}, set()),
    ],
)
def test_short_ways_of_saying_yes_and_no(said: dict[str, object], consents: set[tuple[str, bool]]) -> None:
    for call in (identify(dict(said)), track("Quiz", **said), track("Quiz", {"traits": said})):
        assert {(consent.channel, consent.given) for consent in one(call).consents} == consents


def test_a_cookie_banner_is_no_permission_to_write() -> None:
    event = one(
        track("Quiz", {"consent": {"categoryPreferences": {"marketing": True, "advertising": False, "x": True}}}), "browser"
    )

    assert {(consent.channel, consent.given) for consent in event.consents} == {("tracking", True), ("audiences", False)}


# --- never -------------------------------------------------------------------------------------------------------------------

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = [
    "product_id",
    "sku",
    "price",
    "quantity",
    "products",
    "total",
    "currency",
    "email",
    "phone",
    "step",
    "order_id",
    "status",
    "money",
    "hit",
]
_calls = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "alias", "group"]), "event": st.sampled_from(sorted(MEANINGS))},
    optional={
        "messageId": st.text(min_size=1, max_size=8),
        "userId": _json,
        "anonymousId": _json,
        "timestamp": _json,
        "sentAt": _json,
        "properties": st.dictionaries(st.sampled_from(_FIELDS), _json, max_size=6),
        "traits": st.dictionaries(
            st.sampled_from([*_FIELDS, "firstName", "locale", "timezone", "country", "address"]), _json, max_size=6
        ),
        "context": st.dictionaries(st.sampled_from(["traits", "device", "page", "locale", "consent", "wraca"]), _json, max_size=4),
    },
)


@given(st.lists(_json | _calls, max_size=6), st.sampled_from(["server", "browser"]))
def test_whatever_is_sent_each_item_is_an_event_or_has_a_reason(items: list[object], source: Sender) -> None:
    delivery = read(*items, source=source)

    kept = {event.seq for event in delivery.events}
    refused = {rejection.index for rejection in delivery.rejected}
    assert kept | refused == set(range(len(items)))
    for event in delivery.events:
        assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event
        assert 0 < event.at <= NOW + 5 * MINUTE


@given(st.lists(_calls, min_size=1, max_size=6, unique_by=lambda call: json.dumps(call, sort_keys=True)), st.data())
def test_order_and_repetition_change_no_event(items: list[dict[str, object]], data: st.DataObject) -> None:
    named = [{**item, "messageId": f"m{number}"} for number, item in enumerate(items)]
    mixed = data.draw(st.permutations(named + data.draw(st.lists(st.sampled_from(named), max_size=4))))

    def values(sent: list[dict[str, object]]) -> dict[str, Event]:
        return {event.id: msgspec.structs.replace(event, seq=0) for event in read(*sent).events}

    assert values(named) == values(mixed)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_batch_raise_one_kind_of_error(body: bytes) -> None:
    for read_it in (lambda: read_batch(body, SHOP, "browser", NOW), lambda: read_call("track", body, SHOP, "browser", NOW)):
        try:
            read_it()
        except ValueError as problem:
            assert str(problem)


# --- the webhook destination -------------------------------------------------------------------------------------------------


def test_a_signed_webhook_is_read_and_a_forged_one_is_not() -> None:
    body = json.dumps(track("Product Viewed", product_id="p")).encode()
    signature = hmac.new(SHOP.secret.encode(), body, sha1).hexdigest()

    assert [event.name for event in SegmentPlatform().receive(SHOP, body, {"x-signature": signature}, NOW).events] == [
        "Product Viewed"
    ]
    for headers in ({}, {"x-signature": ""}, {"x-signature": signature[:-1] + "x"}, {"x-signature": "ż"}):
        with pytest.raises(Forged):
            SegmentPlatform().receive(SHOP, body, headers, NOW)
    with pytest.raises(Forged):
        SegmentPlatform().receive(SHOP, body + b" ", {"x-signature": signature}, NOW)

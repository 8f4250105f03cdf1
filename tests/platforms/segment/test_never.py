"""What must never happen, whatever is sent; and the signature of the webhook destination."""

import hmac
import json
from contextlib import suppress
from hashlib import sha1

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.platforms.segment.calls import MINUTE, NOW, SHOP, read, track
from wraca.domain.events import (
    Event,
)
from wraca.platforms.segment import SegmentPlatform, Sender, read_batch, read_call
from wraca.platforms.segment.meanings import MEANINGS
from wraca.ports.platform import Forged

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
    for kind in (None, "track"):
        with suppress(ValueError):
            read_batch(body, SHOP, "browser", NOW) if kind is None else read_call("track", body, SHOP, "browser", NOW)


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

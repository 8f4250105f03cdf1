"""A purchase reaches everybody whom it names, not only the person on whom it hangs.

A server's order names an e-mail address, a customer, a cart. Whoever has one of these identities, or whose browser named one (typed
the address, mentioned the cart's token), has bought as far as we can know, and must not be asked to buy. But naming proves nothing:
it joins no people and shows nothing of one to the other. So the order leaves copies of itself, `OrderSeen`, with all who are named.
They are events like others and fold in their place, whichever came first, the order or the name.
"""

from collections.abc import Iterable, Sequence

import msgspec

from wraca.domain.events import Event, Identity, IdentityKind, Named, OrderPlaced, OrderSeen, Other
from wraca.domain.identity import is_known_purchase, names_in_order, names_only
from wraca.domain.ids import EventId, ShopId, derived_id
from wraca.storage.database import Transaction
from wraca.storage.hot import intake as sql
from wraca.storage.hot.rows import EventRow

_event = msgspec.json.Decoder(Event)

_Key = tuple[ShopId, str]


class _Id(msgspec.Struct):
    shop: ShopId
    id: str


class _Anchor(msgspec.Struct):
    shop: ShopId
    anchor: str


def add_events(tx: Transaction, bucket: int, rows: Iterable[EventRow]) -> list[EventRow]:
    """Keep these events; return those that were not known, in the order of their keys."""
    ordered = sorted(rows, key=lambda row: (row.shop, row.id))
    if not ordered:
        return []
    if tx.is_alone:  # an answer to each row is cheaper there than looking first, or than rows that come back
        written = tx.each(sql.ADD_EVENTS, ordered, bucket=bucket)
        return [row for row, is_new in zip(ordered, written, strict=True) if is_new]
    added = set(tx.all(sql.ADD_NEW_EVENTS, ordered, bucket=bucket))
    return ordered if len(added) == len(ordered) else [row for row in ordered if (row.shop, row.id) in added]


def witness(tx: Transaction, bucket: int, new: Sequence[EventRow]) -> list[EventRow]:
    """Keep what follows from orders that name somebody and from browsers that name something; return what is to be folded."""
    orders = [row for row in new if is_known_purchase(row.payload)]
    naming = _new_namings(tx, bucket, new)
    in_orders = [(row, name) for row in orders for name in names_in_order(row.payload)]
    copies = [
        _copy(row.shop, row.payload, identity.key, _number(row.payload)) for row in orders for identity in row.payload.identities
    ]
    if names := {(row.shop, name) for row, name in (*in_orders, *naming.values())}:
        _meet(tx, bucket, names)
        records = [
            _record(row, name, OrderSeen(_number(row.payload)), derived_id(row.shop, "seen", row.id, name))
            for row, name in in_orders
        ]
        records += [_record(row, name, Named(row.anchor), key) for key, (row, name) in naming.items()]
        add_events(tx, bucket, records)
        copies += _copies_for_browsers(tx, bucket, names)
    return add_events(tx, bucket, {(row.shop, row.id): row for row in copies}.values())


def _new_namings(tx: Transaction, bucket: int, new: Sequence[EventRow]) -> dict[str, tuple[EventRow, str]]:
    """What browsers name for the first time, by the id under which that is kept."""
    naming = {derived_id(row.shop, "named", name, row.anchor): (row, name) for row in new for name in names_only(row.payload)}
    if naming:
        rows = [_Id(row.shop, key) for key, (row, _) in naming.items()]
        for _, known in tx.all(sql.KNOWN_EVENTS, rows, bucket=bucket):
            del naming[known]
    return naming


def _meet(tx: Transaction, bucket: int, names: set[_Key]) -> None:
    """Wait for any other transaction that is at these names: whoever comes second sees what the first one wrote."""
    if tx.is_alone:
        return
    places = [
        EventRow(shop, EventId(derived_id(shop, "meeting", name)), 0, "", Event(EventId(""), "Meeting", 0, 0, Other()))
        for shop, name in names
    ]
    if len(add_events(tx, bucket, places)) < len(places):
        tx.all(sql.HOLD_EVENTS, [_Id(row.shop, row.id) for row in places], bucket=bucket)


def _copies_for_browsers(tx: Transaction, bucket: int, names: set[_Key]) -> list[EventRow]:
    """For each of these names: each order that it was in, for each browser that named it."""
    browsers: dict[_Key, list[str]] = {}
    orders: dict[_Key, list[tuple[Event, str]]] = {}
    rows = [_Anchor(shop, _at(name)) for shop, name in sorted(names)]
    for shop, place, payload in tx.all(sql.EVENTS_AT, rows, bucket=bucket):
        event = _event.decode(payload)
        if isinstance(event.body, Named):
            browsers.setdefault((shop, place), []).append(event.body.by)
        elif isinstance(event.body, OrderSeen):
            orders.setdefault((shop, place), []).append((event, event.body.order))
    return [
        _copy(place[0], event, browser, number)
        for place, seen in orders.items()
        for event, number in seen
        for browser in browsers.get(place, ())
    ]


def _record(row: EventRow, name: str, body: OrderSeen | Named, key: str) -> EventRow:
    """What is written down at a name. Nobody owns that place: it is looked up, never folded."""
    said = row.payload
    event = Event(
        EventId(key), said.name, said.at, said.received_at, body, source=said.source, seq=said.seq, backfill=said.backfill
    )
    return EventRow(row.shop, event.id, event.at, _at(name), event)


def _copy(shop: ShopId, order: Event, key: str, number: str) -> EventRow:
    kind, _, value = key.partition(":")
    event = Event(
        EventId(derived_id(shop, "seen", number, str(order.at), str(order.seq), key)),
        "Order Seen",
        order.at,
        order.received_at,
        OrderSeen(number),
        (Identity(IdentityKind(kind), value),),
        seq=order.seq,
        backfill=order.backfill,
    )
    return EventRow(shop, event.id, event.at, key, event)


def _number(order: Event) -> str:
    return order.body.order if isinstance(order.body, OrderPlaced) else ""


def _at(name: str) -> str:
    return f"named:{name}"

"""What happened is told to the shop's webhooks: written in the transaction in which it happened, sent later (app/hooksending.py).

A shop without endpoints pays nothing: who listens is in the register, and where nobody does no statement is run. No row holds an
address or a name; an endpoint that may have them gets them looked up at the moment of sending, when an erased person is gone.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId, derived_id
from wraca.domain.webhooks import Hearer, Topic
from wraca.storage.database import Transaction
from wraca.storage.hot import webhooks as sql

Hearers: TypeAlias = Callable[[ShopId], Sequence[Hearer]]


class Happening(msgspec.Struct, frozen=True):
    """Something to tell. `key` names it among those of its topic: noticed again, it is told no second time."""

    shop: ShopId
    topic: Topic
    key: str
    at: Instant
    facts: dict[str, object]


class _DeliveryRow(msgspec.Struct):
    shop: ShopId
    endpoint: str
    id: str
    event: str
    at: Instant
    payload: dict[str, object]


def tell(tx: Transaction, bucket: int, hearers: Hearers, happened: Iterable[Happening], now: Instant) -> int:
    """Write a delivery for every endpoint that wants to hear of it; how many."""
    rows = [
        _DeliveryRow(
            one.shop,
            hearer.endpoint,
            derived_id(one.shop, "webhook", one.topic, one.key),
            one.topic,
            one.at,
            {"type": one.topic, "timestamp": moment(one.at), "data": one.facts},
        )
        for one in happened
        for hearer in hearers(one.shop)
        if hearer.wants(one.topic)
    ]
    if not rows:
        return 0
    rows.sort(key=lambda row: (row.shop, row.endpoint, row.id))
    return tx.run(sql.ADD_DELIVERIES, rows, bucket=bucket, now=now)


def listened(hearers: Hearers, shops: Iterable[ShopId]) -> frozenset[ShopId]:
    """Those of the shops to which anybody listens."""
    return frozenset(shop for shop in set(shops) if hearers(shop))


def moment(at: Instant) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    written = dt.datetime.fromtimestamp(at / 1000, dt.UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


def cart_facts(person: PersonId, cart: Cart) -> dict[str, object]:
    """A cart as webhooks tell it: what is in it by the shop's own ids, amounts in minor units."""
    total = cart.total
    return {
        "person_id": person,
        "cart_id": cart.id,
        "stage": cart.stage.name.lower(),
        "currency": cart.currency,
        "total": total.minor if total else None,
        "last_activity": moment(cart.last_activity),
        "lines": [
            {"product_id": line.product_id, "variant": line.variant, "quantity": line.quantity, "price": line.price}
            for line in cart.lines
        ],
    }


def abandoned(shop: ShopId, person: PersonId, cart: Cart, now: Instant) -> Happening:
    """Once for each time the cart was left: later looks at the same silence say nothing new."""
    return Happening(shop, Topic.CART_ABANDONED, f"{cart.id}/{cart.last_activity}", now, cart_facts(person, cart))


Moved: TypeAlias = tuple[ShopId, PersonId, str]  # somebody, and the audience


def audience_happenings(topic: Topic, moved: Iterable[Moved], now: Instant) -> list[Happening]:
    """Who came into audiences, or left them."""
    return [
        Happening(shop, topic, f"{audience}/{person}/{now}", now, {"person_id": person, "audience": audience})
        for shop, person, audience in moved
    ]


def hit_happenings(hits: Iterable[tuple[ShopId, PersonId, str, str]], now: Instant) -> list[Happening]:
    """Human hits, (shop, person, message, purpose) each: a message is told as opened and as clicked once each."""
    return [
        Happening(shop, topic, message, now, {"person_id": person, "message_id": message})
        for shop, person, message, purpose in hits
        if (topic := _TOPIC_OF_HIT.get(purpose))
    ]


_TOPIC_OF_HIT = {"open": Topic.MESSAGE_OPENED, "click": Topic.MESSAGE_CLICKED, "restore": Topic.MESSAGE_CLICKED}

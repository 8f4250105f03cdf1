"""What follows from events at once, in the transaction that took them in: timers, proofs of permission, human clicks, purchases."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from wraca.app.catalogue import OnChanges, take_told
from wraca.app.hearing import tell_of_events
from wraca.app.hooksout import hit_happenings, tell
from wraca.app.interests import Wishes, heed, products_changed
from wraca.app.opinions import keep_answers
from wraca.app.reviewing import keep_reviews
from wraca.app.shoppers import Shoppers
from wraca.domain.carts import Cart, CartState
from wraca.domain.events import Answered, Consent, Event, FeedChecked, Instant, Landed
from wraca.domain.identity import anchor
from wraca.domain.ids import CartId, PersonId, ShopId, derived_id
from wraca.domain.products import Change
from wraca.storage.database import Transaction
from wraca.storage.hot import intake as sql
from wraca.storage.hot.rows import CART_TIMER, TimerRow

Taken = Sequence[tuple[ShopId, Event]]
_Changed = tuple[ShopId, PersonId, Cart]


class IdleTimes(Wishes, Protocol):
    """What a shop's journeys want of intake: see intake.Idle."""

    def wait_for(self, cart: Cart) -> int: ...


class _FeedRow(msgspec.Struct):
    shop: ShopId
    until: Instant
    heartbeat: bool


class _Subject(msgspec.Struct):
    shop: ShopId
    subject: CartId


class _OrderedCart(msgspec.Struct):
    shop: ShopId
    person: PersonId
    cart: CartId


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _HitKey(msgspec.Struct):
    shop: ShopId
    hit: str


class _ConsentRow(msgspec.Struct):
    shop: ShopId
    id: str
    person: PersonId
    channel: str
    given: bool
    at: Instant
    body: Consent
    previous_hash: str
    hash: str


def follow(
    tx: Transaction, bucket: int, shoppers: Shoppers, taken: Taken, now: Instant, idle: Callable[[ShopId], IdleTimes]
) -> None:
    """Do all of it, set-based."""
    changed = _changed_carts(shoppers)
    _watch(tx, bucket, changed, now, idle)
    _stop_after_purchase(tx, bucket, shoppers, changed, now)
    _prove_clicks(tx, bucket, taken, now, idle)
    _prove_consents(tx, bucket, shoppers, taken, now)
    keep_answers(tx, bucket, shoppers, taken, now)
    keep_reviews(tx, bucket, taken)
    take_told(tx, bucket, taken, now, _on_changes(idle))
    heed(tx, bucket, shoppers, taken, changed, now, idle)
    tell_of_events(tx, bucket, shoppers, taken, now, lambda shop: idle(shop).hearers)
    _advance_feed(tx, bucket, taken)  # last: all intakes of a shop meet in its one row


def _on_changes(idle: Callable[[ShopId], IdleTimes]) -> OnChanges:
    """Tell of changed products only where somebody may wait for them."""

    def tell(tx: Transaction, bucket: int, shop: ShopId, changed: Sequence[Change], now: Instant) -> None:
        if idle(shop).products:
            products_changed(tx, bucket, shop, changed, now)

    return tell


def _changed_carts(shoppers: Shoppers) -> list[_Changed]:
    """In the order of their ids, in which rows about them are written."""
    changed = [
        (shop, person, shopper.carts[cart]) for (shop, person), shopper in shoppers.people.items() for cart in shopper.changed
    ]
    return sorted(changed, key=lambda one: (one[0], one[2].id))


def _watch(tx: Transaction, bucket: int, changed: Iterable[_Changed], now: Instant, idle: Callable[[ShopId], IdleTimes]) -> None:
    timers = []
    for shop, _, cart in changed:
        if cart.is_waiting() and not cart.backfilled:
            timers.append(TimerRow(shop, cart.id, CART_TIMER, max(cart.last_activity + idle(shop).wait_for(cart), now)))
    if timers:
        tx.run(sql.SET_TIMERS, timers, bucket=bucket)


def _stop_after_purchase(tx: Transaction, bucket: int, shoppers: Shoppers, changed: Iterable[_Changed], now: Instant) -> None:
    ordered = [_OrderedCart(shop, person, cart.id) for shop, person, cart in changed if cart.state is CartState.ORDERED]
    if ordered:
        tx.run(sql.DROP_TIMERS, [_Subject(row.shop, row.cart) for row in ordered], bucket=bucket)
        tx.run(sql.CLOSE_MESSAGES, ordered, bucket=bucket, now=now)
    buyers = [_PersonKey(shop, person) for (shop, person), shopper in sorted(shoppers.people.items()) if shopper.bought]
    if buyers:
        tx.run(sql.WAKE_RUNS, buyers, bucket=bucket, now=now)


def _advance_feed(tx: Transaction, bucket: int, taken: Taken) -> None:
    """A heartbeat says how far the orders are known; before the first one, any event shows that reports come through."""
    until: dict[ShopId, _FeedRow] = {}
    for shop, event in taken:
        if event.backfill or isinstance(event.body, Answered):
            continue  # an answer comes over our own page: it shows nothing of the shop's reports
        beat = isinstance(event.body, FeedChecked) and event.source != "browser"
        said = _FeedRow(shop, event.at if beat else event.received_at, beat)
        known = until.get(shop)
        if known is None or (said.heartbeat, said.until) > (known.heartbeat, known.until):
            until[shop] = said
    if until:
        tx.run(sql.SAVE_FEED, [until[shop] for shop in sorted(until)], bucket=bucket)


def _prove_clicks(tx: Transaction, bucket: int, taken: Taken, now: Instant, idle: Callable[[ShopId], IdleTimes]) -> None:
    landed = [_HitKey(shop, event.body.hit) for shop, event in taken if isinstance(event.body, Landed)]
    if landed and (proven := tx.all(sql.PROVE_HITS, landed, bucket=bucket)):
        people = sorted({(shop, person) for shop, person, _, _ in proven})
        tx.run(sql.WAKE_RUNS, [_PersonKey(shop, person) for shop, person in people], bucket=bucket, now=now)
        tell(tx, bucket, lambda shop: idle(shop).hearers, hit_happenings(proven, now), now)


def _prove_consents(tx: Transaction, bucket: int, shoppers: Shoppers, taken: Taken, now: Instant) -> None:
    """Write each word on permission down for good, chained to the person's previous one."""
    said = [(shop, event) for shop, event in taken if event.consents and anchor(event)]
    if not said:
        return
    owners = {(shop, event.id): shoppers.owner(shop, anchor(event)) for shop, event in said}
    people = [_PersonKey(shop, person) for shop, person in sorted({(shop, owners[shop, event.id]) for shop, event in said})]
    last = {(shop, person): hashed for shop, person, hashed in tx.all(sql.LAST_CONSENTS, people, bucket=bucket)}
    rows = []
    for shop, event in sorted(said, key=lambda one: one[1].order):
        person = owners[shop, event.id]
        for word in event.consents:
            previous = last.get((shop, person), "")
            content = b"|".join((previous.encode(), event.id.encode(), str(event.at).encode(), msgspec.json.encode(word)))
            chained = last[shop, person] = sha256(content).hexdigest()
            identity = derived_id(shop, event.id, word.channel)
            rows.append(_ConsentRow(shop, identity, person, word.channel, word.given, event.at, word, previous, chained))
    tx.run(sql.ADD_CONSENTS, rows, bucket=bucket, now=now)

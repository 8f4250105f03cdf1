"""What events mean to journeys that no cart begins: who wants which product, who is to be looked at, who waits for what happened.

Everything here is skipped for a shop that has no such journey: its intake costs what it did.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from wraca.app.audiences import AudienceRow, join_audiences, leave_audiences, leave_those_of_journeys, name_of
from wraca.app.hooksout import audience_happenings, tell
from wraca.app.shoppers import Place, Shoppers
from wraca.domain.carts import Cart
from wraca.domain.events import AudienceChanged, Event, Instant, OrderPlaced, Other, Seen
from wraca.domain.identity import anchor
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.journeys.occasions import WANTED
from wraca.domain.products import Change
from wraca.domain.webhooks import Hearer, Topic
from wraca.storage.database import Transaction
from wraca.storage.hot import occasions as sql
from wraca.storage.hot.intake import SET_TIMERS, WAKE_RUNS
from wraca.storage.hot.rows import PERSON_TIMER, TimerRow

_LOOKS_AFTER = 30 * 60 * 1000  # ms after a cart changed: whether its last pieces are worth a word
_LONGEST_PRODUCT = 200
_JOINED_WITHIN = 60_000  # ms: products that change within this time are told of together
_EACH = 200  # ms of work that a crowd's wake-ups are spread over, for each person
_LONGEST_SPREAD = 30 * 60_000  # ms
FEW = 20  # pieces: what is more is nobody's last chance, whatever a journey says


class Wishes(Protocol):
    """What a shop's journeys want to be told of: see intake.Idle."""

    @property
    def after_view(self) -> int | None: ...
    @property
    def products(self) -> bool: ...
    @property
    def low_stock(self) -> int: ...
    @property
    def orders(self) -> bool: ...
    @property
    def audiences(self) -> bool: ...
    @property
    def awaits(self) -> frozenset[str]: ...
    @property
    def hearers(self) -> tuple[Hearer, ...]: ...
    @property
    def is_wide(self) -> bool: ...


_Changed = Sequence[tuple[ShopId, PersonId, Cart]]
_Taken = Sequence[tuple[ShopId, Event]]


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _ProductId(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    product: str


class _InterestRow(msgspec.Struct):
    shop: ShopId
    product: str
    person: PersonId
    at: Instant


def heed(
    tx: Transaction,
    bucket: int,
    shoppers: Shoppers,
    taken: _Taken,
    changed: _Changed,
    now: Instant,
    wishes: Callable[[ShopId], Wishes],
) -> None:
    """Do all of it, set-based; in the transaction that took the events in."""
    _move_audiences(tx, bucket, shoppers, taken, now, wishes)
    wide = {shop: wish for shop in {shop for shop, _ in taken} if (wish := wishes(shop)).is_wide}
    if not wide:
        return
    fresh = [
        (shop, shoppers.owner(shop, anchor(event)), event)
        for shop, event in taken
        if shop in wide and not event.backfill and anchor(event)
    ]
    carts = [one for one in changed if one[0] in wide and one[2].is_waiting() and not one[2].backfilled]
    _keep_interests(tx, bucket, wide, fresh, carts)
    _look_at_people(tx, bucket, wide, fresh, carts, now)
    _wake_waiting(tx, bucket, wide, fresh, changed, now)
    _leave(tx, bucket, wide, shoppers, fresh, now)


def _move_audiences(
    tx: Transaction, bucket: int, shoppers: Shoppers, taken: _Taken, now: Instant, wishes: Callable[[ShopId], Wishes]
) -> None:
    """The newest word on each membership. A page cannot put its visitor into an audience; the shop's own tools can."""
    newest: dict[tuple[ShopId, str, PersonId], tuple[Event, AudienceChanged]] = {}
    for shop, event in taken:
        if type(event.body) is AudienceChanged and event.source != "browser" and anchor(event):
            place = (shop, name_of(event.body.audience), shoppers.owner(shop, anchor(event)))
            if place[1] and (place not in newest or newest[place][0].order < event.order):
                newest[place] = (event, event.body)
    if not newest:
        return
    rows = [(AudienceRow(*place, at=min(event.at, now)), body.joined) for place, (event, body) in newest.items()]
    left = leave_audiences(tx, bucket, [row for row, joined in rows if not joined], now)
    joined = join_audiences(tx, bucket, [row for row, joined in rows if joined], now)
    happened = audience_happenings(Topic.AUDIENCE_LEFT, left, now) + audience_happenings(Topic.AUDIENCE_JOINED, joined, now)
    tell(tx, bucket, lambda shop: wishes(shop).hearers, happened, now)


_Fresh = Sequence[tuple[ShopId, PersonId, Event]]
_Wide = Mapping[ShopId, Wishes]


def _keep_interests(tx: Transaction, bucket: int, wide: _Wide, fresh: _Fresh, carts: _Changed) -> None:
    newest: dict[tuple[ShopId, str, PersonId], Instant] = {}

    def note(shop: ShopId, product: str, person: PersonId, at: Instant) -> None:
        place = (shop, product[:_LONGEST_PRODUCT], person)
        newest[place] = max(at, newest.get(place, 0))

    for shop, person, event in fresh:
        if wide[shop].products and type(event.body) is Seen and event.body.product:
            note(shop, event.body.product, person, event.at)
    for shop, person, cart in carts:
        for line in cart.lines if wide[shop].products else ():
            note(shop, line.product_id, person, cart.last_activity)
    if newest:
        rows = [_InterestRow(*place, at) for place, at in sorted(newest.items())]
        tx.run(sql.SAVE_INTERESTS, rows, bucket=bucket)


def _look_at_people(tx: Transaction, bucket: int, wide: _Wide, fresh: _Fresh, carts: _Changed, now: Instant) -> None:
    looks: dict[Place, Instant] = {}

    def look(shop: ShopId, person: PersonId, at: Instant) -> None:
        looks[shop, person] = min(max(at, now), looks.get((shop, person), at))

    for shop, person, event in fresh:
        wish, body = wide[shop], event.body
        if wish.after_view is not None and type(body) is Seen and body.product:
            look(shop, person, event.at + wish.after_view)
        elif wish.orders and type(body) is OrderPlaced and body.state.is_bought:
            look(shop, person, now)
    for shop, person, cart in carts:
        if wide[shop].low_stock:
            look(shop, person, cart.last_activity + _LOOKS_AFTER)
    if looks:
        rows = [TimerRow(shop, person, PERSON_TIMER, max(at, now)) for (shop, person), at in sorted(looks.items())]
        tx.run(SET_TIMERS, rows, bucket=bucket)


def _wake_waiting(tx: Transaction, bucket: int, wide: _Wide, fresh: _Fresh, changed: _Changed, now: Instant) -> None:
    """Runs that wait for a visit, a change of the cart, or an event of the shop's own. Clicks and answers wake them elsewhere."""
    woken = {_PersonKey(shop, person) for shop, person, event in fresh if _is_awaited(wide[shop].awaits, event)}
    woken |= {_PersonKey(shop, person) for shop, person, _ in changed if shop in wide and "cart_changed" in wide[shop].awaits}
    if woken:
        tx.run(WAKE_RUNS, sorted(woken), bucket=bucket, now=now)


def _is_awaited(awaits: frozenset[str], event: Event) -> bool:
    return bool(awaits) and ("visit" in awaits or (type(event.body) is Other and event.name in awaits))


def _leave(tx: Transaction, bucket: int, wide: _Wide, shoppers: Shoppers, fresh: _Fresh, now: Instant) -> None:
    """Whoever bought, or said no to anything, leaves what journeys put them into."""
    gone: set[Place] = {place for place, shopper in shoppers.people.items() if shopper.bought and place[0] in wide}
    gone |= {(shop, person) for shop, person, event in fresh if any(not word.given for word in event.consents)}
    left = leave_those_of_journeys(tx, bucket, _minding(wide, gone), now)
    tell(tx, bucket, lambda shop: wide[shop].hearers, audience_happenings(Topic.AUDIENCE_LEFT, left, now), now)


def _minding(wide: _Wide, places: Iterable[Place]) -> list[Place]:
    return [place for place in places if wide[place[0]].audiences]


# --- products change ----------------------------------------------------------------------------------------------------------


def products_changed(tx: Transaction, bucket: int, shop: ShopId, changed: Sequence[Change], now: Instant) -> int:
    """Whoever wants one of these products, and may be glad of the news, is looked at soon; how many people.

    Not at once, so that products that change together are told of together; and a crowd not all in one moment.
    """
    products = sorted({one.product.partition("/")[0] for one in changed if _is_news(one)})
    if not products:
        return 0
    keys = [_ProductId(shop, product) for product in products]
    people = sorted({person for (person,) in tx.all(sql.INTERESTED, keys, bucket=bucket, since=now - WANTED)})
    if people:
        spread = min(len(people) * _EACH, _LONGEST_SPREAD)
        rows = [TimerRow(shop, person, PERSON_TIMER, now + _JOINED_WITHIN + int(person[:8], 16) % spread) for person in people]
        tx.run(SET_TIMERS, rows, bucket=bucket)
    return len(people)


def _is_news(change: Change) -> bool:
    fell = change.was_price is not None and change.price is not None and change.price < change.was_price
    came_back = change.was_stock == 0 and bool(change.stock)
    runs_out = change.stock is not None and change.stock != change.was_stock and 0 < change.stock < FEW
    return fell or came_back or runs_out

"""Folding events, in their order, into a shopper: the person, their carts and their orders.

The fold is pure. Intake folds the few new events of a person onto what it has stored; whenever an event comes late, or identities
turn out to be one person, everything of that person is folded again from the first event: any order of arrival ends the same.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

import msgspec

from wraca.domain.carts import Cart, CartState, Order, order_id, with_line, without_line
from wraca.domain.events import (
    Answered,
    Body,
    CartReplaced,
    Event,
    Identified,
    IdentityKind,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderSeen,
    OrderState,
    Other,
    PushChanged,
    Seen,
    Stage,
    StageReached,
)
from wraca.domain.identity import anchor, session
from wraca.domain.ids import CartId, ShopId, derived_id
from wraca.domain.people import Answer, Permission, Person, View

_ECHO = 60 * 60 * 1000  # ms after an order in which the shop may still report the ordered cart
_MOST_CLAIMS = 10
_MOST_ATTRIBUTES = 200
_MOST_LINES = 100
_MOST_SEEN = 5
_MOST_VIEWS = 12
_MOST_ANSWERS = 10
_MOST_DEEDS = 20
_MOST_BROWSERS = 10
_replace = msgspec.structs.replace
_Value = TypeVar("_Value")


def _sorted(mapping: Mapping[str, _Value]) -> dict[str, _Value]:
    """The same in the order of its keys: a person is written in one way only."""
    return dict(sorted(mapping.items()))


def _newest(numbers: tuple[str, ...], number: str) -> tuple[str, ...]:
    return (*(one for one in numbers if one != number), number)[-_MOST_SEEN:]


def _latest(cart: Cart) -> tuple[int, CartId]:
    return (cart.last_activity, cart.id)


class Shopper:
    """A person with their carts and orders, while events are folded in. Mutable on purpose: one fold touches it many times."""

    __slots__ = ("bought", "carts", "changed", "changed_orders", "orders", "person", "replaced", "shop")

    def __init__(self, shop: ShopId, person: Person, carts: Iterable[Cart] = (), orders: Iterable[Order] = ()) -> None:
        self.shop = shop
        self.person = person
        self.carts = {cart.id: cart for cart in carts}
        self.orders = {order.number: order for order in orders}
        self.changed: set[CartId] = set()  # carts that the fold touched
        self.changed_orders: set[str] = set()  # numbers of the orders that the fold touched
        self.replaced: set[str] = set()  # ids of orders that only a browser had said, and that the shop has reported since
        self.bought = False  # whether the fold saw a new order that counts as bought

    def fold(self, events: Iterable[Event]) -> None:
        """Take these events in, which must be in order and newer than all that went in before."""
        first_seen, last_seen, folded = self.person.first_seen, self.person.last_seen, self.person.folded
        for event in events:
            if act := _ACTS.get(type(event.body)):
                act(self, event, event.body)
            self._fold_person(event)
            folded = event.order
            first_seen = min(first_seen or event.at, event.at)
            last_seen = max(last_seen, event.at)
        self.person = _replace(self.person, first_seen=first_seen, last_seen=last_seen, folded=folded)

    def is_late(self, event: Event) -> bool:
        """Whether this event belongs before one that was folded already."""
        return event.order < self.person.folded

    # --- the person ---------------------------------------------------------------------------------------------------------

    def _fold_person(self, event: Event) -> None:
        """What an event says of the person beside its body. Most say nothing new: nothing is copied then."""
        person = self.person
        changes: dict[str, object] = {}
        for identity in event.identities:
            match identity.kind:
                case IdentityKind.EMAIL if identity.value != person.email:
                    changes |= {"email": identity.value, "email_event": event.id}
                case IdentityKind.PHONE if identity.value != person.phone:
                    changes |= {"phone": identity.value, "phone_event": event.id}
                case IdentityKind.USER if identity.value != person.user:
                    changes["user"] = identity.value
                case _:
                    pass
        if event.claims:
            changes["claims"] = tuple(sorted({*person.claims, *(claim.key for claim in event.claims)}))[:_MOST_CLAIMS]
        if event.consents:
            words = {word.channel: Permission(word.given, event.at, event.id, word.basis, word.language) for word in event.consents}
            changes["consents"] = _sorted(person.consents | words)
        if changes:
            self.person = _replace(person, **changes)

    def _identified(self, event: Event, body: Identified) -> None:
        said: dict[str, object] = {
            name: value
            for name in ("first_name", "last_name", "gender", "language", "timezone", "country")
            if (value := getattr(body, name))
        }
        if body.may_be_minor is not None:
            said["may_be_minor"] = body.may_be_minor
        if body.attributes:
            attributes = _sorted(self.person.attributes | body.attributes)
            said["attributes"] = dict(islice(attributes.items(), _MOST_ATTRIBUTES))
        if said:
            self.person = _replace(self.person, **said)
        self._contact(event)

    def _seen(self, event: Event, body: Seen) -> None:
        if body.product:
            others = tuple(view for view in self.person.views if view.product != body.product)
            self.person = _replace(self.person, views=(*others, View(body.product, event.at, body.url))[-_MOST_VIEWS:])

    def _answered(self, event: Event, body: Answered) -> None:
        """The newest word on the same message counts: people correct themselves."""
        others = tuple(one for one in self.person.answers if not (body.message and one.message == body.message))
        answer = Answer(body.reason, event.at, body.text, body.cart, body.message)
        self.person = _replace(self.person, answers=(*others, answer)[-_MOST_ANSWERS:])

    def _pushed(self, _event: Event, body: PushChanged) -> None:
        others = tuple(one for one in self.person.push if one != body.subscription)
        self.person = _replace(self.person, push=others if body.gone else (*others, body.subscription)[-_MOST_BROWSERS:])

    def _did(self, event: Event, _body: Other) -> None:
        newest = sorted((self.person.did | {event.name: event.at}).items(), key=lambda deed: (deed[1], deed[0]))[-_MOST_DEEDS:]
        self.person = _replace(self.person, did=dict(sorted(newest)))

    # --- carts --------------------------------------------------------------------------------------------------------------

    def _added(self, event: Event, body: LineAdded) -> None:
        cart = self._cart(event, body.cart) or self._new_cart(event, body.cart)
        lines = with_line(cart.lines, body.line)
        self._put(event, cart, lines=lines, currency=body.currency or cart.currency, stated_total=None)

    def _removed(self, event: Event, body: LineRemoved) -> None:
        if cart := self._cart(event, body.cart):
            self._put(event, cart, lines=without_line(cart.lines, body.line), stated_total=None)

    def _replaced(self, event: Event, body: CartReplaced) -> None:
        cart = self._cart(event, body.cart)
        if cart is None:
            if not body.lines or self._is_echo(event, body):
                return
            cart = self._new_cart(event, body.cart)
        self._put(
            event,
            cart,
            lines=body.lines,
            currency=body.currency or cart.currency,
            stated_total=body.total,
            shipping=cart.shipping if body.shipping is None else body.shipping,
            coupon=body.coupon or cart.coupon,
            stage=max(cart.stage, body.stage),
            checkout_url=body.checkout_url or cart.checkout_url,
        )

    def _stage(self, event: Event, body: StageReached) -> None:
        if (cart := self._cart(event, body.cart)) is None:
            return
        self._put(
            event,
            cart,
            stage=max(cart.stage, body.stage),
            shipping=cart.shipping if body.shipping is None else body.shipping,
            shipping_method=body.shipping_method or cart.shipping_method,
            payment_method=body.payment_method or cart.payment_method,
            payment_failed=body.payment_failed,
            coupon=body.coupon or cart.coupon,
        )

    def _contact(self, event: Event) -> None:
        """Contact data given while a cart is open is a stage of its own."""
        reached = any(identity.kind in {IdentityKind.EMAIL, IdentityKind.PHONE} for identity in (*event.identities, *event.claims))
        if reached and (cart := self._cart(event, "")) and cart.stage < Stage.CONTACT:
            self._put(event, cart, stage=Stage.CONTACT)

    def _ordered(self, event: Event, body: OrderPlaced) -> None:
        known = self.orders.get(body.order)
        the_shops = order_id(self.shop, body.order)
        if event.source != "browser":
            identity = the_shops
        elif known is None:
            identity = order_id(self.shop, body.order, anchor(event))
        elif known.id == the_shops:
            return  # the shop itself reported it: a browser has nothing to add
        else:
            identity = known.id
        if known and known.id != identity:
            self.replaced.add(known.id)
        was_bought = known is not None and OrderState(known.state).is_bought
        self.orders[body.order] = Order(
            identity,
            body.order,
            known.at if known else event.at,
            body.state.value,
            body.currency or (known.currency if known else ""),
            body.total if body.total is not None else (known.total if known else 0),
            body.coupon or (known.coupon if known else ""),
        )
        self.changed_orders.add(body.order)
        if not body.state.is_bought:
            self._not_bought(event, body, was_bought=was_bought)
        elif not was_bought:
            self._bought(event, body)

    def _not_bought(self, event: Event, body: OrderPlaced, *, was_bought: bool) -> None:
        if was_bought:  # cancelled later: the count goes back, the cart stays ordered
            self.person = _replace(self.person, orders_count=max(0, self.person.orders_count - 1))
        elif body.state is OrderState.FAILED and (cart := self._cart(event, body.cart)):
            self._put(event, cart, stage=Stage.PAYMENT, payment_failed=True)

    def _bought(self, event: Event, body: OrderPlaced) -> None:
        self.bought = True
        self._end_carts(event, body.order, {line.key for line in body.lines})
        self.person = _replace(
            self.person,
            orders_count=self.person.orders_count + 1,
            orders_seen=_newest(self.person.orders_seen, body.order),
        )

    def _ordered_by_another(self, event: Event, body: OrderSeen) -> None:
        """Somebody's order named this person, or what their browser had named: their carts are bought too, by all we can know."""
        if body.order in self.person.orders_seen:
            return
        self.person = _replace(self.person, orders_seen=_newest(self.person.orders_seen, body.order))
        if any(cart.state is not CartState.ORDERED for cart in self.carts.values()):
            self.bought = True
            self._end_carts(event, body.order, set())

    def _end_carts(self, event: Event, order: str, lines: set[str]) -> None:
        ended = dict(self.person.ended)
        for cart in list(self.carts.values()):
            if cart.state is not CartState.ORDERED:
                lines |= {line.key for line in cart.lines}
                ended[cart.scope] = ended.get(cart.scope, 0) + 1
                self.changed.add(cart.id)
                self.carts[cart.id] = _replace(cart, state=CartState.ORDERED, stage=Stage.ORDERED, ordered_at=event.at, order=order)
        self.person = _replace(
            self.person, ended=_sorted(ended), last_order_at=event.at, last_order_lines=tuple(sorted(lines))[:_MOST_LINES]
        )

    def _is_echo(self, event: Event, body: CartReplaced) -> bool:
        """Shops report the ordered cart once more after the order: it must not look like a new one."""
        recent = self.person.last_order_at and event.at - self.person.last_order_at <= _ECHO
        return bool(recent) and {line.key for line in body.lines} <= set(self.person.last_order_lines)

    def _cart(self, event: Event, token: str) -> Cart | None:
        """The open cart an event speaks of: by the shop's token, else the session's latest."""
        open_carts = [cart for cart in self.carts.values() if cart.state is not CartState.ORDERED]
        if token and open_carts:
            if named := [cart for cart in open_carts if cart.token == token]:
                return max(named, key=_latest)
            # A cart that began before the shop gave it a name takes the name.
            open_carts = [cart for cart in open_carts if not cart.token]
        if not open_carts:
            return None
        where = session(event)
        mine = [cart for cart in open_carts if cart.session == where]
        if not mine and where.startswith(("user:", "email:", "phone:")):
            mine = open_carts
        return max(mine, key=_latest, default=None)

    def _new_cart(self, event: Event, token: str) -> Cart:
        where = session(event)
        scope = f"{anchor(event)}|{token or where}"  # two customers on one browser never share a cart
        ordinal = self.person.ended.get(scope, 0)
        return Cart(
            CartId(derived_id(self.shop, "cart", scope, str(ordinal))),
            scope,
            where,
            event.at,
            event.at,
            ordinal,
            token,
            backfilled=event.backfill,
        )

    def _put(self, event: Event, cart: Cart, **changes: object) -> None:
        changes["last_activity"] = event.at
        token = getattr(event.body, "cart", "")
        if token and not cart.token:
            changes["token"] = token
        if not event.backfill:
            changes["backfilled"] = False
        cart = _replace(cart, **changes)
        state = CartState.OPEN if cart.lines else CartState.EMPTIED
        self.carts[cart.id] = cart if cart.state is state else _replace(cart, state=state)
        self.changed.add(cart.id)


# What each kind of event does. Those not named here are signs of life only, or are followed elsewhere.
_ACTS: dict[type[Body], Callable[[Shopper, Event, Any], None]] = {
    LineAdded: Shopper._added,  # noqa: SLF001
    LineRemoved: Shopper._removed,  # noqa: SLF001
    CartReplaced: Shopper._replaced,  # noqa: SLF001
    StageReached: Shopper._stage,  # noqa: SLF001
    OrderPlaced: Shopper._ordered,  # noqa: SLF001
    OrderSeen: Shopper._ordered_by_another,  # noqa: SLF001
    Identified: Shopper._identified,  # noqa: SLF001
    Seen: Shopper._seen,  # noqa: SLF001
    Answered: Shopper._answered,  # noqa: SLF001
    PushChanged: Shopper._pushed,  # noqa: SLF001
    Other: Shopper._did,  # noqa: SLF001
}
_WITHOUT_CARTS = frozenset({Seen, Answered, Other})


def touches_carts(event: Event) -> bool:
    """Whether folding this event may ask for the carts: most events are looks around the shop, and do not."""
    return type(event.body) in _ACTS and type(event.body) not in _WITHOUT_CARTS

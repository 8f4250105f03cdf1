"""Folding events, in their order, into a shopper: the person, their carts and their orders.

The fold is pure. Intake folds the few new events of a person onto what it has stored; whenever an event comes late, or identities turn
out to be one person, everything of that person is folded again from the first event, so that any order of arrival ends the same.
"""

from collections.abc import Iterable

import msgspec

from wraca.domain.carts import Cart, CartState, Order, with_line, without_line
from wraca.domain.events import (
    CartReplaced,
    Event,
    FeedChecked,
    Identified,
    IdentityKind,
    Landed,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderState,
    Other,
    Seen,
    Stage,
    StageReached,
)
from wraca.domain.identity import anchor, session
from wraca.domain.ids import CartId, ShopId, derived_id
from wraca.domain.people import Permission, Person

_ECHO = 60 * 60 * 1000  # ms after an order in which the shop may still report the ordered cart
_replace = msgspec.structs.replace


class Shopper:
    """A person with their carts and orders, while events are folded in. Mutable on purpose: one fold touches it many times."""

    __slots__ = ("bought", "carts", "changed", "orders", "person", "shop")

    def __init__(self, shop: ShopId, person: Person, carts: Iterable[Cart] = (), orders: Iterable[Order] = ()) -> None:
        self.shop = shop
        self.person = person
        self.carts = {cart.id: cart for cart in carts}
        self.orders = {order.number: order for order in orders}
        self.changed: set[CartId] = set()  # carts that the fold touched
        self.bought = False  # whether the fold saw a new order that counts as bought

    def fold(self, events: Iterable[Event]) -> None:
        """Take these events in, which must be in order and newer than all that went in before."""
        for event in events:
            self._fold_body(event)
            self._fold_person(event)

    def is_late(self, event: Event) -> bool:
        """Whether this event belongs before one that was folded already."""
        return event.order < self.person.folded

    # --- the person ---------------------------------------------------------------------------------------------------------

    def _fold_person(self, event: Event) -> None:
        person = self.person
        changes: dict[str, object] = {"last_seen": max(person.last_seen, event.at), "folded": event.order}
        for identity in event.identities:
            if identity.kind is IdentityKind.EMAIL and identity.value != person.email:
                changes |= {"email": identity.value, "email_event": event.id}
            elif identity.kind is IdentityKind.PHONE and identity.value != person.phone:
                changes |= {"phone": identity.value, "phone_event": event.id}
            elif identity.kind is IdentityKind.USER:
                changes["user"] = identity.value
        if event.claims:
            changes["claims"] = tuple(sorted({*person.claims, *(claim.key for claim in event.claims)}))[:10]
        if event.consents:
            changes["consents"] = person.consents | {
                word.channel: Permission(word.given, event.at, event.id, word.basis, word.language) for word in event.consents
            }
        self.person = _replace(person, **changes)

    def _identified(self, body: Identified) -> None:
        said = {
            name: value
            for name in ("first_name", "last_name", "gender", "language", "timezone", "country")
            if (value := getattr(body, name))
        }
        if body.attributes:
            said["attributes"] = self.person.attributes | body.attributes
        if said:
            self.person = _replace(self.person, **said)

    # --- carts --------------------------------------------------------------------------------------------------------------

    def _fold_body(self, event: Event) -> None:
        match event.body:
            case LineAdded(line=line, cart=token, currency=currency):
                cart = self._cart(event, token) or self._new_cart(event, token)
                self._put(event, cart, lines=with_line(cart.lines, line), currency=currency or cart.currency, stated_total=None)
            case LineRemoved(line=line, cart=token):
                if cart := self._cart(event, token):
                    self._put(event, cart, lines=without_line(cart.lines, line), stated_total=None)
            case CartReplaced():
                self._replaced(event, event.body)
            case StageReached():
                self._stage(event, event.body)
            case OrderPlaced():
                self._ordered(event, event.body)
            case Identified():
                self._identified(event.body)
                self._contact(event)
            case Seen() | Landed() | FeedChecked() | Other():
                pass

    def _replaced(self, event: Event, body: CartReplaced) -> None:
        if self._is_echo(event, body):
            return
        cart = self._cart(event, body.cart)
        if cart is None:
            if not body.lines:
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
        was_bought = known is not None and OrderState(known.state).is_bought
        order = Order(
            body.order,
            known.at if known else event.at,
            body.state.value,
            body.currency or (known.currency if known else ""),
            body.total if body.total is not None else (known.total if known else 0),
            body.coupon or (known.coupon if known else ""),
        )
        self.orders[body.order] = order
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
        ended = dict(self.person.ended)
        lines = {line.key for line in body.lines}
        for cart in list(self.carts.values()):
            if cart.state in {CartState.OPEN, CartState.LOST, CartState.EMPTIED}:
                lines |= {line.key for line in cart.lines}
                ended[cart.scope] = ended.get(cart.scope, 0) + 1
                self.changed.add(cart.id)
                self.carts[cart.id] = _replace(
                    cart, state=CartState.ORDERED, stage=Stage.ORDERED, ordered_at=event.at, order=body.order
                )
        self.person = _replace(
            self.person,
            ended=ended,
            orders_count=self.person.orders_count + 1,
            last_order_at=event.at,
            last_order_lines=tuple(sorted(lines))[:100],
        )

    def _is_echo(self, event: Event, body: CartReplaced) -> bool:
        """Shops report the ordered cart once more after the order: it must not look like a new one."""
        recent = self.person.last_order_at and event.at - self.person.last_order_at <= _ECHO
        return bool(recent) and {line.key for line in body.lines} <= set(self.person.last_order_lines)

    def _cart(self, event: Event, token: str) -> Cart | None:
        """The open cart an event speaks of: by the shop's token, else the session's latest."""
        open_carts = [cart for cart in self.carts.values() if cart.state is not CartState.ORDERED]
        if token:
            named = [cart for cart in open_carts if cart.token == token]
            # A cart that began before the shop gave it a name takes the name.
            open_carts = named or [cart for cart in open_carts if not cart.token]
            if named:
                return named[-1]
        where = session(event)
        mine = [cart for cart in open_carts if cart.session == where]
        if not mine and where.startswith(("user:", "email:", "phone:")):
            mine = [cart for cart in open_carts if not (token and cart.token)]
        return max(mine, key=lambda cart: (cart.last_activity, cart.id), default=None)

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

"""A purchase reaches everybody whom it names: app/witnesses.py over dicts."""

from collections.abc import Callable, Iterable

from wraca.domain.events import Event, Identity, IdentityKind, OrderPlaced, OrderSeen
from wraca.domain.identity import anchor, is_known_purchase, names_in_order, names_only
from wraca.domain.ids import EventId, ShopId, derived_id


class Namings:
    """What orders and browsers named so far. `keep` takes a copy in and says whether it is new."""

    def __init__(self, shop: ShopId, keep: Callable[[Event], bool]) -> None:
        self._shop = shop
        self._keep = keep
        self._browsers: dict[str, list[str]] = {}  # by what was named: the keys of the browsers that named it
        self._orders: dict[str, dict[str, Event]] = {}  # by what was named: the orders it was in, by the event's id

    def witness(self, new: Iterable[Event]) -> list[Event]:
        """What follows from orders that name somebody and from browsers that name something; what is to be folded of it."""
        copies: list[Event] = []
        names: set[str] = set()
        for event in new:
            if is_known_purchase(event):
                copies += [self._copy(event, identity.key) for identity in event.identities]
                for name in names_in_order(event):
                    names.add(name)
                    self._orders.setdefault(name, {})[event.id] = event
            elif event.source == "browser":
                names |= self._new_namings(event)
        for name in sorted(names):
            browsers = self._browsers.get(name, ())
            copies += [self._copy(order, browser) for order in self._orders.get(name, {}).values() for browser in browsers]
        return [copy for copy in copies if self._keep(copy)]

    def _new_namings(self, event: Event) -> set[str]:
        found = set()
        for name in names_only(event):
            browsers = self._browsers.setdefault(name, [])
            if (browser := anchor(event)) not in browsers:
                browsers.append(browser)
                found.add(name)
        return found

    def _copy(self, order: Event, key: str) -> Event:
        kind, _, value = key.partition(":")
        number = order.body.order if isinstance(order.body, OrderPlaced) else ""
        return Event(
            EventId(derived_id(self._shop, "seen", number, str(order.at), str(order.seq), key)),
            "Order Seen",
            order.at,
            order.received_at,
            OrderSeen(number),
            (Identity(IdentityKind(kind), value),),
            seq=order.seq,
            backfill=order.backfill,
        )

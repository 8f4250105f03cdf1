"""Intake over dicts: whose an event is, people who turn out to be one, and everybody folded.

It follows app/intake.py, app/shoppers.py and app/merging.py step by step, with the same pure rules (joins_simply, resolve, Shopper)
and without what only a shared database needs: holding people, collisions, second tries.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from wraca.app.replay.memory.naming import Namings
from wraca.domain.carts import Cart
from wraca.domain.events import Event, FeedChecked, Landed, Other, Seen
from wraca.domain.fold import Shopper
from wraca.domain.identity import Moment, anchor, as_pair, edges, joins_simply, known_by, person_id, rank, resolve
from wraca.domain.ids import CartId, EventId, PersonId, ShopId
from wraca.domain.people import Person

_MOST_IDENTITIES = 500  # of one group, as in merging
_MOST_EVENTS = 10_000  # of one identity, as in merging
_LONG_AGO: Moment = (0, 0, EventId(""))
_LOOKS = frozenset((Seen, Other, Landed, FeedChecked))

# Somebody got another id: the old one and the new one. Whoever keeps things by person moves them.
Moved = Callable[[Mapping[PersonId, PersonId]], None]


class Crowd:
    """Everybody in a shop. `moved` is told of people who got another id."""

    def __init__(self, shop: ShopId, moved: Moved) -> None:
        self._shop = shop
        self._moved = moved
        self._namings = Namings(shop, self._keep)
        self._known: set[EventId] = set()
        self.history: dict[str, list[Event]] = {}  # by anchor
        self.owner: dict[str, PersonId] = {}  # by identity
        self._links: dict[str, tuple[str, ...]] = {}  # by identity: what it was seen together with
        self.shoppers: dict[PersonId, Shopper] = {}
        self.owner_of_cart: dict[CartId, PersonId] = {}
        self._touched: dict[PersonId, Shopper] = {}

    def take_in(self, events: Iterable[Event]) -> int:
        """Fold these events in; how many of them were new. `touched` then has whom they concerned."""
        new = [event for event in events if self._keep(event)]
        fresh = len(new)
        self._fold([*new, *self._namings.witness(new)])
        return fresh

    def touched(self) -> list[Shopper]:
        """Whoever was folded since the last call and is still there."""
        people = [shopper for person, shopper in self._touched.items() if self.shoppers.get(person) is shopper]
        self._touched.clear()
        return people

    def _keep(self, event: Event) -> bool:
        """Keep it, if it is new. Of many looks around the shop in a row the first and the last are all that a fold sees."""
        if event.id in self._known:
            return False
        self._known.add(event.id)
        if not (hook := anchor(event)):
            return True  # nobody's: it is counted, and that is all
        past = self.history.get(hook)
        if past is None:
            self.history[hook] = [event]
        elif (
            len(past) > 1 and _is_look(event) and _like(past[-1], event) and _like(past[-2], event) and past[-1].order < event.order
        ):
            past[-1] = event
        else:
            past.append(event)
        return True

    # --- as intake does it --------------------------------------------------------------------------------------------------

    def _fold(self, new: Sequence[Event]) -> None:
        again = self._join(new)
        given: dict[PersonId, tuple[str, list[Event]]] = {}
        for event in new:
            hook = anchor(event)
            if hook and hook not in again:
                given.setdefault(self._owner_of(hook), (hook, []))[1].append(event)
        again |= {hook for person, (hook, events) in given.items() if not self._fold_on_top(person, events)}
        if again:
            self._fold_again(again)

    def _fold_on_top(self, person: PersonId, events: list[Event]) -> bool:
        """Fold these into somebody; False where they are too late for that."""
        if len(events) > 1:
            events.sort(key=_order)
        shopper = self.shoppers.get(person)
        if shopper is None:
            shopper = self.shoppers[person] = Shopper(self._shop, Person(person, 0, 0))
        if shopper.is_late(events[0]):
            return False
        shopper.fold(events)
        self._touched[person] = shopper
        for cart in shopper.changed:
            self.owner_of_cart[cart] = person
        return True

    def _owner_of(self, key: str) -> PersonId:
        owner = self.owner.get(key)
        if owner is None:
            owner = self.owner[key] = person_id(self._shop, key)
            self._links[key] = ()
        return owner

    def _join(self, new: Sequence[Event]) -> set[str]:
        """Make one person's what was seen together, where that is simple; the identities where it is not."""
        again: set[str] = set()
        linking = [(event, known) for event in new if len(known := known_by(event)) > 1 and anchor(event)]
        if len(linking) > 1:
            linking.sort(key=lambda one: one[0].order)
        for _, known in linking:
            keys = sorted({identity.key for identity in known})
            if not self._are_one(keys) and not self._join_simply(keys):
                again.update(keys)
        return again

    def _are_one(self, keys: Sequence[str]) -> bool:
        owners = {self.owner.get(key) for key in keys}
        if len(owners) > 1 or None in owners:
            return False
        return all(other in self._links[one] for one, other in combinations(keys, 2))

    def _join_simply(self, keys: Sequence[str]) -> bool:
        links = {key: self._links[key] for key in keys if key in self._links}
        owners = {self.owner[key] for key in links}
        if len(owners) > 1 or not joins_simply(keys, links):
            return False
        before = owners.pop() if owners else None
        closed = all(other in keys for others in links.values() for other in others)
        owner = person_id(self._shop, min(keys, key=rank)) if before is None or closed else before
        if before and before != owner:
            self._rename(before, owner)
        for key in keys:
            self._links[key] = tuple(sorted({*links.get(key, ()), *keys} - {key}))
            self.owner[key] = owner
        return True

    def _rename(self, before: PersonId, owner: PersonId) -> None:
        shopper = self.shoppers.pop(before, None)
        if shopper is None:
            return
        shopper.person = msgspec.structs.replace(shopper.person, id=owner)
        self.shoppers[owner] = self._touched[owner] = shopper
        for cart in shopper.carts:
            self.owner_of_cart[cart] = owner
        self._moved({before: owner})

    # --- as merging does it -------------------------------------------------------------------------------------------------

    def _fold_again(self, keys: set[str]) -> None:
        """Fold everybody around these identities anew."""
        known = self._neighbourhood(keys)
        every = keys | known
        history = sorted((event for key in every for event in self.history.get(key, ())[-_MOST_EVENTS:]), key=_order)
        together = self._seen_together(known, every, history)
        roots = resolve(every, together)
        before = {self.owner[key] for key in known}
        moves = {
            self.owner[key]: owner
            for key in sorted(known)
            if self.owner[key] == person_id(self._shop, key) != (owner := person_id(self._shop, roots[key]))
        }
        for person in before:
            for cart in self._dropped(person).carts:
                self.owner_of_cart.pop(cart, None)
        self._link(every, together)
        for key, root in roots.items():
            self.owner[key] = person_id(self._shop, root)
        self._fold_people(roots, history)
        if moves:
            self._moved(moves)

    def _dropped(self, person: PersonId) -> Shopper:
        self._touched.pop(person, None)
        return self.shoppers.pop(person, None) or Shopper(self._shop, Person(person, 0, 0))

    def _neighbourhood(self, keys: set[str]) -> set[str]:
        """Every known identity that hangs together with these."""
        group = {key: key for key in keys}  # which of the keys we started from led here
        sizes = dict.fromkeys(keys, 1)
        known = latest = {key for key in keys if key in self._links}
        while latest:
            wanted: set[str] = set()
            for key in sorted(latest):
                for link in self._links[key]:
                    if link not in group and sizes[group[key]] < _MOST_IDENTITIES:
                        group[link] = group[key]
                        sizes[group[key]] += 1
                        wanted.add(link)
            latest = {key for key in wanted if key in self._links}
            known = known | latest
        return known

    def _seen_together(self, known: set[str], every: set[str], history: Iterable[Event]) -> dict[tuple[str, str], Moment]:
        stored = {as_pair(key, link): _LONG_AGO for key in known for link in self._links[key] if link in every}
        return stored | {pair: moment for pair, moment in edges(history).items() if every.issuperset(pair)}

    def _link(self, every: set[str], together: Iterable[tuple[str, str]]) -> None:
        links: dict[str, set[str]] = {key: set(self._links.get(key, ())) for key in every}
        for one, other in together:
            links[one].add(other)
            links[other].add(one)
        self._links.update({key: tuple(sorted(others)) for key, others in links.items()})

    def _fold_people(self, roots: Mapping[str, str], history: Iterable[Event]) -> None:
        theirs: dict[str, list[Event]] = {root: [] for root in roots.values()}
        for event in history:
            theirs[roots[anchor(event)]].append(event)
        for root, events in theirs.items():
            shopper = Shopper(self._shop, Person(person_id(self._shop, root), 0, 0))
            shopper.fold(events)
            person = shopper.person.id
            self.shoppers[person] = self._touched[person] = shopper
            for cart in shopper.carts:
                self.owner_of_cart[cart] = person

    # --- what was folded ----------------------------------------------------------------------------------------------------

    def cart(self, cart: CartId) -> tuple[Shopper, Cart] | None:
        """The cart of this name and whose it is; None where a new fold did not find it again."""
        owner = self.owner_of_cart.get(cart)
        if owner is None or (shopper := self.shoppers.get(owner)) is None or (found := shopper.carts.get(cart)) is None:
            return None
        return shopper, found


def _order(event: Event) -> Moment:
    return event.order


def _is_look(event: Event) -> bool:
    return type(event.body) in _LOOKS and not event.claims and not event.consents


def _like(before: Event, event: Event) -> bool:
    """Whether both are looks around the shop by somebody of the same names."""
    return before.identities == event.identities and _is_look(before)

"""The shoppers of one intake transaction: held, loaded at once, saved at once.

Transactions that meet over the same people never wait for each other in a circle: people are held in the order of their ids before
anything else, and each table is then written in one statement, in the order of its keys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from wraca.app.errors import Conflict
from wraca.domain.carts import Cart, Order
from wraca.domain.events import Event, OrderPlaced
from wraca.domain.fold import Shopper, touches_carts
from wraca.domain.identity import joins_simply, person_id, rank
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import intake as sql
from wraca.storage.hot.merging import DELETE_ORDERS, SAVE_IDENTITIES
from wraca.storage.hot.rows import CartRow, IdentityRow, OrderRow, cart_row, order_row, person_row
from wraca.storage.statement import Statement

Place = tuple[ShopId, PersonId]
Name = tuple[ShopId, str]  # an identity of a shop's

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_keys = msgspec.json.Decoder(list[str])


class Collision(Conflict):
    """Somebody else holds people whom we need, or changed them while we waited; the next try holds these from its beginning."""

    def __init__(self, people: Iterable[Place]) -> None:
        super().__init__()
        self.people = frozenset(people)


class Entangled(Conflict):
    """People who were joined the simple way belong to a larger group after all; the next try folds these again."""

    def __init__(self, keys: Iterable[Name]) -> None:
        super().__init__()
        self.keys = frozenset(keys)


class _Key(msgspec.Struct):
    shop: ShopId
    key: str


class _KeyOrPerson(msgspec.Struct):
    shop: ShopId
    key: str
    person: PersonId | None = None


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _OrderKey(msgspec.Struct):
    shop: ShopId
    person: PersonId
    number: str


class _Id(msgspec.Struct):
    shop: ShopId
    id: str


class Shoppers:
    """What one intake knows of the people in it. `tx` is open in `bucket` until the end."""

    def __init__(self, tx: Transaction, bucket: int) -> None:
        self.tx = tx
        self.bucket = bucket
        self.people: dict[Place, Shopper] = {}
        self.held: set[Place] = set()  # those who have a row, which nobody else can change before we end
        self._folded: set[Place] = set()
        self._owner: dict[tuple[ShopId, str], PersonId] = {}
        self.stored: dict[tuple[ShopId, str], tuple[PersonId, tuple[str, ...]]] = {}  # whose, and what it was seen together with
        self._new_keys: dict[tuple[ShopId, str], IdentityRow] = {}
        self._changed_keys: dict[tuple[ShopId, str], IdentityRow] = {}
        self._given: dict[Place, tuple[str, list[Event]]] = {}
        self._was: dict[Place, PersonId] = {}  # by their new place: the id under which somebody's rows still are
        self._joined: dict[Name, set[PersonId]] = {}  # what was joined the simple way: whose it became, and whose it was

    # --- who is there -------------------------------------------------------------------------------------------------------

    def find(self, keys: Iterable[tuple[ShopId, str]], also: Iterable[Place] = ()) -> None:
        """Hold the people who have these identities, and those of an earlier collision, until the end. Raises Collision."""
        wanted = [_Key(shop, key) for shop, key in sorted(keys)]
        if self.tx.is_alone:
            self._find_alone(wanted)
            return
        for shop, person, body in self._hold(wanted, also):
            self.held.add((shop, person))
            self.people[shop, person] = Shopper(shop, _person.decode(body))
        for shop, key, owner, links in self.tx.all(sql.FIND_IDENTITIES, wanted, bucket=self.bucket):
            if (shop, owner) not in self.held:
                raise Collision([(shop, owner)])
            self._know(shop, key, owner, links)

    def _find_alone(self, wanted: Sequence[_Key]) -> None:
        """Nobody has to be held where nobody else writes: one look is enough."""
        for shop, key, owner, links, body in self.tx.all(sql.FIND_PEOPLE, wanted, bucket=self.bucket):
            self._know(shop, key, owner, links)
            if (shop, owner) not in self.held:
                self.held.add((shop, owner))
                self.people[shop, owner] = Shopper(shop, _person.decode(body))

    def _know(self, shop: ShopId, key: str, owner: PersonId, links: str) -> None:
        self._owner[shop, key] = owner
        self.stored[shop, key] = (owner, tuple(_keys.decode(links)) if links != "[]" else ())

    def _hold(self, wanted: Sequence[_Key], also: Iterable[Place]) -> list[tuple[ShopId, PersonId, str]]:
        named = [_KeyOrPerson(shop, "", person) for shop, person in sorted(also)]
        if not named:
            return self.tx.all(sql.HOLD_PEOPLE, wanted, bucket=self.bucket)
        rows = [_KeyOrPerson(one.shop, one.key) for one in wanted] + named
        return self.tx.all(sql.HOLD_MORE_PEOPLE, rows, bucket=self.bucket)

    def are_one(self, shop: ShopId, keys: Sequence[str]) -> bool:
        """Whether all of these were seen together before and are one person's: seeing them again then changes nothing.

        Where they are not one person's (a shared browser), to be seen last decides to whom the weaker one belongs.
        """
        if len({self._owner.get((shop, key)) for key in keys}) > 1:
            return False
        return all((shop, one) in self.stored and other in self.stored[shop, one][1] for one, other in combinations(keys, 2))

    def owner(self, shop: ShopId, key: str) -> PersonId:
        """Whose this identity is; the person it would be of, where nobody has it yet."""
        return self._owner.get((shop, key)) or person_id(shop, key)

    # --- joining on top -----------------------------------------------------------------------------------------------------

    def join(self, shop: ShopId, keys: Sequence[str]) -> bool:
        """Make these, which were seen together, one person's, where that needs no look at anybody's past; whether it was done.

        So it is when a browser's owner gives an address, when a customer comes with another browser, when an order gets its number.
        """
        links = {key: self.stored[shop, key][1] for key in keys if (shop, key) in self.stored}
        owners = {self.stored[shop, key][0] for key in links}
        if len(owners) > 1 or not joins_simply(keys, links):
            return False
        before = owners.pop() if owners else None
        strongest = min(keys, key=rank)
        # Who has further identities keeps them, and the name that the strongest of all gave.
        closed = all(other in keys for others in links.values() for other in others)
        owner = person_id(shop, strongest) if before is None or closed else before
        if before and before != owner:
            self._rename(shop, before, owner)
        for key in keys:
            self._joined.setdefault((shop, key), set()).update((owner, before or owner))
            others = sorted({*links.get(key, ()), *keys} - {key})
            rows = self._new_keys if key not in links or (shop, key) in self._new_keys else self._changed_keys
            rows[shop, key] = IdentityRow(shop, key, owner, others)
            self._owner[shop, key] = owner
            self.stored[shop, key] = (owner, tuple(others))
        return True

    def _rename(self, shop: ShopId, before: PersonId, owner: PersonId) -> None:
        shopper = self.people.pop((shop, before), None)
        if shopper is None:  # made in this transaction: nothing was written or folded yet
            return
        shopper.person = msgspec.structs.replace(shopper.person, id=owner)
        self.people[shop, owner] = shopper
        self._folded.add((shop, owner))
        self._was[shop, owner] = self._was.pop((shop, before), before)

    def tangled(self, shop: ShopId, people: set[PersonId]) -> list[Name]:
        """What was joined the simple way and belongs, or belonged, to one of these people."""
        return [name for name, owners in self._joined.items() if name[0] == shop and owners & people]

    def renamed(self) -> list[tuple[ShopId, PersonId, PersonId]]:
        """Whose rows are still under another id: the shop, that id and the new one, in order."""
        return sorted((shop, old, new) for (shop, new), old in self._was.items())

    # --- folding on top -----------------------------------------------------------------------------------------------------

    def give(self, shop: ShopId, key: str, event: Event) -> None:
        """This event is to be folded into whoever owns the key."""
        owner = self._owner.get((shop, key))
        if owner is None:
            owner = self._owner[shop, key] = person_id(shop, key)
            self._new_keys[shop, key] = IdentityRow(shop, key, owner, [])
        if (shop, owner) not in self.people:
            self.people[shop, owner] = Shopper(shop, Person(owner, 0, 0))
        self._given.setdefault((shop, owner), (key, []))[1].append(event)

    def given(self) -> Iterator[tuple[ShopId, str, Shopper, list[Event]]]:
        """Each shopper with the events to fold, in order, and with what they had before; loads carts and orders at once."""
        stored = self._stored_places()
        self._load_carts(stored)
        self._load_orders(stored)
        for place, (key, events) in self._given.items():
            if len(events) > 1:
                events.sort(key=lambda event: event.order)
            self._folded.add(place)
            yield place[0], key, self.people[place], events

    def _load_carts(self, stored: Mapping[Place, Place]) -> None:
        known = [_PersonKey(*place) for place, now in stored.items() if any(map(touches_carts, self._given[now][1]))]
        if known:
            for shop, person, body in self.tx.all(sql.FIND_CARTS, known, bucket=self.bucket):
                cart = _cart.decode(body)
                self.people[stored[shop, person]].carts[cart.id] = cart

    def _stored_places(self) -> dict[Place, Place]:
        """Of those who get events: where their rows are, and their place now."""
        places = {(place[0], self._was.get(place, place[1])): place for place in self._given}
        return {stored: place for stored, place in places.items() if stored in self.held}

    def _load_orders(self, stored: Mapping[Place, Place]) -> None:
        rows = {
            (shop, person, event.body.order): _OrderKey(shop, person, event.body.order)
            for (shop, person), place in stored.items()
            for event in self._given[place][1]
            if isinstance(event.body, OrderPlaced)
        }
        if rows:
            for shop, person, *order in self.tx.all(sql.FIND_ORDERS, list(rows.values()), bucket=self.bucket):
                self.people[stored[shop, person]].orders[order[1]] = Order(*order)

    # --- folding anew -------------------------------------------------------------------------------------------------------

    def regroup(self, shop: ShopId, keys: Iterable[str], people: Iterable[Shopper]) -> None:
        """Put these people, folded anew, in the place of whoever had these identities."""
        for key in keys:
            place = (shop, self.owner(shop, key))
            self.people.pop(place, None)
            self._folded.discard(place)
        for shopper in people:
            place = (shop, shopper.person.id)
            self.people[place] = shopper
            self._folded.add(place)

    def owns(self, shop: ShopId, links: Mapping[str, Sequence[str]], owners: Mapping[str, PersonId], known: Iterable[str]) -> None:
        """These identities turned out to be these people's; `known` are those that have a row."""
        for key in known:
            self._changed_keys[shop, key] = IdentityRow(shop, key, owners[key], list(links[key]))
        for key in links.keys() - known:
            self._new_keys[shop, key] = IdentityRow(shop, key, owners[key], list(links[key]))
        self._owner.update({(shop, key): owners[key] for key in links})

    # --- saving -------------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what changed. Raises Conflict when another transaction made the same newcomer."""
        changed = [(place, self.people[place]) for place in sorted(self._folded)]
        self._write(sql.SAVE_PEOPLE, [person_row(place[0], one.person) for place, one in changed if place in self.held])
        self._add(sql.ADD_PEOPLE, [person_row(place[0], one.person) for place, one in changed if place not in self.held])
        self._write(SAVE_IDENTITIES, [self._changed_keys[key] for key in sorted(self._changed_keys)])
        self._add(sql.ADD_IDENTITIES, [self._new_keys[key] for key in sorted(self._new_keys)])
        carts: list[CartRow] = []
        orders: list[OrderRow] = []
        for (shop, person), shopper in changed:
            carts += [cart_row(shop, person, shopper.carts[cart]) for cart in shopper.changed]
            orders += [order_row(shop, person, shopper.orders[order]) for order in shopper.changed_orders]
        carts.sort(key=lambda row: (row.shop, row.id))
        orders.sort(key=lambda row: (row.shop, row.id))
        self._write(sql.SAVE_CARTS, carts)
        self._write(sql.SAVE_ORDERS, orders)
        replaced = sorted({(place[0], order) for place, shopper in changed for order in shopper.replaced})
        self._write(DELETE_ORDERS, [_Id(shop, order) for shop, order in replaced])

    def _write(self, statement: Statement, rows: Sequence[object]) -> None:
        if rows:
            self.tx.run(statement, rows, bucket=self.bucket)

    def _add(self, statement: Statement, rows: Sequence[object]) -> None:
        if rows and self.tx.run(statement, rows, bucket=self.bucket) < len(rows):
            raise Conflict

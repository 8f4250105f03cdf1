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
from wraca.domain.fold import Shopper
from wraca.domain.identity import person_id
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import intake as sql
from wraca.storage.hot.merging import DELETE_ORDERS, SAVE_IDENTITIES
from wraca.storage.hot.rows import CartRow, IdentityRow, OrderRow, cart_row, order_row, person_row
from wraca.storage.statement import Statement

Place = tuple[ShopId, PersonId]

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_keys = msgspec.json.Decoder(list[str])


class Collision(Conflict):
    """Somebody else holds people whom we need, or changed them while we waited; the next try holds these from its beginning."""

    def __init__(self, people: Iterable[Place]) -> None:
        super().__init__()
        self.people = frozenset(people)


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

    # --- who is there -------------------------------------------------------------------------------------------------------

    def find(self, keys: Iterable[tuple[ShopId, str]], also: Iterable[Place] = ()) -> None:
        """Hold the people who have these identities, and those of an earlier collision, until the end. Raises Collision."""
        wanted = [_Key(shop, key) for shop, key in sorted(keys)]
        for shop, person, body in self._hold(wanted, also):
            self.held.add((shop, person))
            self.people[shop, person] = Shopper(shop, _person.decode(body))
        for shop, key, owner, links in self.tx.all(sql.FIND_IDENTITIES, wanted, bucket=self.bucket):
            if (shop, owner) not in self.held:
                raise Collision([(shop, owner)])
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
        self._load_carts()
        self._load_orders()
        for place, (key, events) in self._given.items():
            if len(events) > 1:
                events.sort(key=lambda event: event.order)
            self._folded.add(place)
            yield place[0], key, self.people[place], events

    def _load_carts(self) -> None:
        known = [_PersonKey(shop, person) for shop, person in self._given if (shop, person) in self.held]
        if known:
            for shop, person, body in self.tx.all(sql.FIND_CARTS, known, bucket=self.bucket):
                cart = _cart.decode(body)
                self.people[shop, person].carts[cart.id] = cart

    def _load_orders(self) -> None:
        rows = {
            (shop, person, event.body.order): _OrderKey(shop, person, event.body.order)
            for (shop, person), (_, events) in self._given.items()
            for event in events
            if isinstance(event.body, OrderPlaced) and (shop, person) in self.held
        }
        if rows:
            for shop, person, *order in self.tx.all(sql.FIND_ORDERS, list(rows.values()), bucket=self.bucket):
                self.people[shop, person].orders[order[1]] = Order(*order)

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

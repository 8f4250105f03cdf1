"""The shoppers of one intake transaction: found by identity, loaded at once, saved at once."""

from collections.abc import Iterable, Iterator, Mapping

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
from wraca.storage.hot.rows import CartRow, OrderRow, PersonRow, cart_row, order_id, order_row, person_row

Place = tuple[ShopId, PersonId]

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_keys = msgspec.json.Decoder(list[str])


class _Key(msgspec.Struct):
    shop: ShopId
    key: str


class _IdentityRow(msgspec.Struct):
    shop: ShopId
    key: str
    person: PersonId


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _OrderKey(msgspec.Struct):
    shop: ShopId
    id: str


class Shoppers:
    """What one intake knows of the people in it. `tx` is open in `bucket` until the end."""

    def __init__(self, tx: Transaction, bucket: int) -> None:
        self.tx = tx
        self.bucket = bucket
        self.people: dict[Place, Shopper] = {}
        self._owner: dict[tuple[ShopId, str], PersonId] = {}
        self._links: dict[tuple[ShopId, str], frozenset[str]] = {}
        self._newcomers: set[Place] = set()
        self._new_keys: list[_IdentityRow] = []
        self._given: dict[Place, tuple[str, list[Event]]] = {}
        self._folded: set[Place] = set()

    def find(self, keys: Iterable[tuple[ShopId, str]]) -> None:
        """Look these identities up and hold their people until the transaction ends."""
        wanted = [_Key(shop, key) for shop, key in sorted(keys)]
        for shop, key, owner, links, body in self.tx.all(sql.FIND_PEOPLE, wanted, bucket=self.bucket):
            self._owner[shop, key] = owner
            if links != "[]":
                self._links[shop, key] = frozenset(_keys.decode(links))
            if (shop, owner) not in self.people:
                self.people[shop, owner] = Shopper(shop, _person.decode(body))

    def are_linked(self, shop: ShopId, one: str, other: str) -> bool:
        """Whether these two identities were seen together before."""
        return other in self._links.get((shop, one), ())

    def owner(self, shop: ShopId, key: str) -> PersonId:
        """Whose this identity is; the person it would be of, where nobody has it yet."""
        return self._owner.get((shop, key)) or person_id(shop, key)

    def owns(self, shop: ShopId, owners: Mapping[str, PersonId]) -> None:
        """These identities turned out to be these people's."""
        self._owner.update({(shop, key): person for key, person in owners.items()})

    def give(self, shop: ShopId, key: str, event: Event) -> None:
        """This event is to be folded into whoever owns the key."""
        owner = self._owner.get((shop, key))
        if owner is None:
            owner = self._owner[shop, key] = person_id(shop, key)
            self.people[shop, owner] = Shopper(shop, Person(owner, event.at, event.at))
            self._newcomers.add((shop, owner))
            self._new_keys.append(_IdentityRow(shop, key, owner))
        self._given.setdefault((shop, owner), (key, []))[1].append(event)

    def given(self) -> Iterator[tuple[ShopId, str, Shopper, list[Event]]]:
        """Each shopper with the events to fold, in order, and with what they had before; loads carts and orders at once."""
        self._load()
        for place, (key, events) in self._given.items():
            events.sort(key=lambda event: event.order)
            self._folded.add(place)
            yield place[0], key, self.people[place], events

    def _load(self) -> None:
        known = [_PersonKey(shop, person) for shop, person in sorted(self._given) if (shop, person) not in self._newcomers]
        if known:
            for shop, person, body in self.tx.all(sql.FIND_CARTS, known, bucket=self.bucket):
                cart = _cart.decode(body)
                self.people[shop, person].carts[cart.id] = cart
        ordering = {
            (shop, order_id(shop, event.body.order))
            for (shop, _), (_, events) in self._given.items()
            for event in events
            if isinstance(event.body, OrderPlaced)
        }
        if ordering:
            rows = [_OrderKey(shop, order) for shop, order in sorted(ordering)]
            for shop, person, number, at, state, currency, total, coupon in self.tx.all(sql.FIND_ORDERS, rows, bucket=self.bucket):
                if (shop, person) in self.people:
                    self.people[shop, person].orders[number] = Order(number, at, state, currency, total, coupon)

    def save(self) -> None:
        """Write what changed. Raises Conflict when another transaction made the same newcomer."""
        changed = [(place, self.people[place]) for place in sorted(self._folded) if self.people[place].person.folded[2]]
        added = [person_row(place[0], shopper.person) for place, shopper in changed if place in self._newcomers]
        self._write(sql.ADD_PEOPLE, added, exactly=True)
        self._write(sql.ADD_IDENTITIES, sorted(self._new_keys, key=lambda row: (row.shop, row.key)), exactly=True)
        self._write(sql.SAVE_PEOPLE, [person_row(place[0], s.person) for place, s in changed if place not in self._newcomers])
        self.save_carts_and_orders(shopper for _, shopper in changed)

    def save_carts_and_orders(self, shoppers: Iterable[Shopper]) -> None:
        """Write the carts and orders that the fold touched."""
        carts: list[CartRow] = []
        orders: list[OrderRow] = []
        for shopper in shoppers:
            person = shopper.person.id
            carts += [cart_row(shopper.shop, person, shopper.carts[cart]) for cart in sorted(shopper.changed)]
            orders += [order_row(shopper.shop, person, order) for order in shopper.orders.values()]
        self._write(sql.SAVE_CARTS, carts)
        self._write(sql.SAVE_ORDERS, orders)

    def _write(
        self,
        statement: sql.Statement,
        rows: list[PersonRow] | list[_IdentityRow] | list[CartRow] | list[OrderRow],
        *,
        exactly: bool = False,
    ) -> None:
        if rows and self.tx.run(statement, rows, bucket=self.bucket) < len(rows) and exactly:
            raise Conflict

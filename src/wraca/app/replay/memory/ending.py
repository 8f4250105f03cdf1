"""What a replay in memory leaves, read as the throw-away database is read at its end (storage/queries/replay.py)."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from wraca.app.replay.figures import Coupon
from wraca.app.replay.memory.crowd import Crowd
from wraca.app.replay.memory.rows import Letter, Travel
from wraca.app.replay.memory.runs import Travels
from wraca.domain.carts import Order
from wraca.domain.events import Event
from wraca.domain.people import Person


class MemoryEnding:
    """Only read. Everything comes in the same order on every run."""

    def __init__(self, crowd: Crowd, travels: Travels) -> None:
        self._crowd = crowd
        self._travels = travels

    def people(self, since: int) -> int:
        """Everybody of whom there is an event since then."""
        people = (shopper.person for shopper in self._crowd.shoppers.values())
        return sum(person.first_seen > 0 and person.last_seen >= since for person in people)

    def carts(self) -> int:
        """Every cart that is not known from history alone."""
        return sum(not cart.backfilled for shopper in self._crowd.shoppers.values() for cart in shopper.carts.values())

    def orders(self, states: Collection[str], since: int) -> int:
        """Orders in one of these states, placed since then."""
        return sum(order.at >= since and order.state in states for order in self._orders().values())

    def _orders(self) -> dict[str, Order]:
        return {order.id: order for shopper in self._crowd.shoppers.values() for order in shopper.orders.values()}

    def recovered(self, within: int) -> int:  # noqa: ARG002  (nobody clicks in memory)
        """Orders of people who clicked: in a replay nobody can."""
        return 0

    def runs(self) -> list[tuple[str, int]]:
        """(outcome, how many); an empty outcome: still under way."""
        return sorted(Counter(travel.outcome for travel in self._travels.runs.values()).items())

    def messages(self) -> list[tuple[str, str, str, str, str, str, Sequence[str], str]]:
        """(id, person, cart, step, template, state, reasons, run) of everything in the outbox."""
        return self._messages

    @cached_property
    def _messages(self) -> list[tuple[str, str, str, str, str, str, Sequence[str], str]]:
        letters = sorted(self._travels.letters.values(), key=_planned)
        return [
            (one.id, one.person, one.cart, one.step, one.template, one.state.value, [*map(str, one.reasons)], one.travel.run.id)
            for one in letters
        ]

    def coupons(self) -> list[Coupon]:
        """Every offer that was made, the earliest first."""
        made = [
            Coupon(travel.person, travel.offered[step], step, given.offer, given.at)
            for travel in self._travels.runs.values()
            for step, given in travel.offers.items()
            if not travel.run.held_out
        ]
        return sorted(made, key=lambda one: (one.at, one.person, one.step))

    def runs_of_carts(self) -> list[tuple[str, str, str]]:
        """(cart, person, outcome) of every run, the oldest first."""
        return [(one.cart, one.person, one.outcome) for one in sorted(self._travels.runs.values(), key=_started)]

    def people_of_carts(self) -> Iterator[tuple[str, Person]]:
        """Everybody who has a cart."""
        for person, shopper in self._crowd.shoppers.items():
            if shopper.carts:
                yield person, shopper.person

    def names_of(self, people: Collection[str]) -> dict[str, list[str]]:
        """The identities of these people, by person."""
        names: dict[str, list[str]] = {person: [] for person in people}
        for key, owner in sorted(self._crowd.owner.items()):
            if owner in names:
                names[owner].append(key)
        return names

    def cart_events(self) -> Iterator[tuple[str, list[Event]]]:
        """By person, what touches a cart, in no order."""
        people: dict[str, list[Event]] = {}
        for hook, events in self._crowd.history.items():
            if (owner := self._crowd.owner.get(hook)) is not None and (touching := [one for one in events if _touches(one)]):
                people.setdefault(owner, []).extend(touching)
        yield from people.items()


def _touches(event: Event) -> bool:
    return event.body.__struct_config__.tag not in _LOOKS


_LOOKS = frozenset(("seen", "other", "feed", "named", "landed"))


def _planned(letter: Letter) -> tuple[int, str]:
    return (letter.planned_at, letter.id)


def _started(travel: Travel) -> tuple[int, str]:
    return (travel.run.started_at, travel.run.id)

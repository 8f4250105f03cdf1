"""What happened, counted from the events and the recorded messages, without asking the engine or the gate."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from wraca.app.replay.ghosts import Ghost
from wraca.domain.carts import Cart, CartState
from wraca.domain.consent import may_contact
from wraca.domain.events import Event, Instant, OrderPlaced
from wraca.domain.fold import Shopper
from wraca.domain.ids import CartId, PersonId
from wraca.domain.journeys.plan import Trigger
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.storage.queries.replay import Ending

_event = msgspec.json.Decoder(Event)
_person = msgspec.json.Decoder(Person)
_words = msgspec.json.Decoder(list[str])


class Abandoned(msgspec.Struct, frozen=True):
    """A cart that was left alone for as long as the journey waits. `objection`: why its person cannot be written to."""

    cart: CartId
    person: PersonId
    was_ordered: bool
    objection: str


class OrderBook:
    """The orders of the past as they are read, by every name they were placed under: the other side of the proof."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Instant]] = {}

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, with their orders written down."""
        for event in events:
            if isinstance(event.body, OrderPlaced) and event.body.state.is_bought:
                for identity in event.identities:
                    self._by_name.setdefault(identity.key, []).append(event.at)
            yield event

    def between(self, names: Iterable[str], since: Instant, until: Instant) -> bool:
        """Whether somebody of one of these names ordered at or after `since` and before `until`."""
        for name in names:
            times = self._by_name.get(name, [])  # in order: events are
            place = bisect_left(times, since)
            if place < len(times) and times[place] < until:
                return True
        return False


def messages_after_purchase(ending: Ending, ghosts: Iterable[Ghost], book: OrderBook) -> int:
    """Recorded messages about a cart that went after an order of the same person for that cart."""
    spoken_of = {message: (person, cart) for message, person, cart, *_ in ending.messages()}
    names = ending.names_of({person for person, _ in spoken_of.values()})
    starts = dict(ending.cart_starts())
    count = 0
    for ghost in ghosts:
        person, cart = spoken_of[ghost.message]
        count += book.between(names[person], starts[cart], ghost.at)
    return count


def abandoned_carts(ending: Ending, trigger: Trigger, shop: Shop, until: Instant) -> list[Abandoned]:
    """Every cart that was quiet for the trigger's idle at least once, with something in it and not ordered."""
    objections = {
        person: may_contact(_person.decode(body), "email", shop.country, shop.permission).objection
        for person, body in ending.people_of_carts()
    }
    found = []
    for person, rows in groupby(ending.cart_events(), key=lambda row: row[0]):
        events = sorted((_event.decode(payload) for _, payload in rows), key=lambda event: event.order)
        found += _abandoned_by(PersonId(person), events, trigger, shop, until, objections.get(person, ""))
    return found


def _abandoned_by(
    person: PersonId, events: list[Event], trigger: Trigger, shop: Shop, until: Instant, objection: str
) -> list[Abandoned]:
    shopper = Shopper(shop.id, Person(person, events[0].at, events[0].at))
    left: set[CartId] = set()
    for event in events:
        left |= _quiet(shopper.carts.values(), trigger, event.at)
        shopper.fold((event,))
    left |= _quiet(shopper.carts.values(), trigger, until)
    return [Abandoned(cart, person, shopper.carts[cart].state is CartState.ORDERED, objection) for cart in sorted(left)]


def _quiet(carts: Iterable[Cart], trigger: Trigger, now: Instant) -> set[CartId]:
    return {
        cart.id
        for cart in carts
        if cart.is_waiting() and not cart.backfilled and now - cart.last_activity >= trigger.idle_at(cart.stage)
    }


def silences(ending: Ending, abandoned: Iterable[Abandoned]) -> tuple[Counter[str], int]:
    """Why messages and carts got nothing, by reason; and how many abandoned carts got at least one message."""
    reasons: Counter[str] = Counter()
    messaged: set[str] = set()
    planned: set[str] = set()
    for _, _, cart, _, _, state, why in ending.messages():
        planned.add(cart)
        if state == "accepted":
            messaged.add(cart)
        else:
            words = _words.decode(why) if state in {"skipped", "rejected"} else ["still_waiting"]
            reasons.update(f"message.{word}" for word in words)
    runs = ending.runs_of_carts()
    outcomes = {cart: outcome for cart, _, outcome in runs}
    travellers = {person for _, person, _ in runs}
    for one in abandoned:
        if one.objection:
            reasons[f"cart.{one.objection}"] += 1
        elif one.cart not in planned:
            reasons[f"cart.{_no_message(one, outcomes, travellers)}"] += 1
    for _, _, outcome in runs:
        if outcome not in {"completed", ""}:
            reasons[f"run.{outcome}"] += 1
    return reasons, len(messaged & {one.cart for one in abandoned})


def _no_message(one: Abandoned, outcomes: dict[str, str], travellers: set[str]) -> str:
    """Why an abandoned cart that could have been written about was not even considered."""
    if one.cart in outcomes:
        return outcomes[one.cart] or "still_waiting"
    return "joined_another" if one.person in travellers else "not_for_this_journey"

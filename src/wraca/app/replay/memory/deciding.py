"""What a decision looks at, taken from values in memory. The decision itself is the engine's."""

from collections.abc import Mapping

from wraca.app.facts import Known, condition_values, facts_of, newest_cart
from wraca.app.replay.memory.rows import Travel
from wraca.domain.carts import Cart, CartState
from wraca.domain.events import Instant
from wraca.domain.fold import Shopper
from wraca.domain.ids import RunId
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.run import Advance
from wraca.domain.people import Person
from wraca.domain.shop import Shop

_MOST_SEEN = 2_000


def open_carts(shopper: Shopper) -> list[Cart]:
    """Every cart of theirs that was not ordered."""
    return [cart for cart in shopper.carts.values() if cart.state is not CartState.ORDERED]


class Decider:
    """Asks the engine for one shop and one journey."""

    def __init__(self, shop: Shop, plan: Plan) -> None:
        self._shop = shop
        self._plan = plan
        # The conditions' values of the last turns, by run, with the person and the cart they are of: the turn after a message
        # finds neither changed.
        self._seen: dict[RunId, tuple[Person, Cart | None, Mapping[str, object]]] = {}

    def decided(
        self, travel: Travel, shopper: Shopper, own: Cart | None, suppressed: Mapping[str, str], now: Instant
    ) -> tuple[Advance, Cart | None]:
        """What it says, and the cart that the run is about by now. `suppressed`: by channel, why not to write to them."""
        person, newest, plan = shopper.person, newest_cart(open_carts(shopper), own), self._plan
        known = Known(travel.run, plan, self._shop, person, own, newest)
        known.sent, known.offers, known.suppressed = travel.sent, travel.offers, suppressed
        if plan.chooses_channels:
            known.connected = plan.channels  # a replay has them all
            known.over = {letter.step: letter.channel for letter in travel.letters}
        values = self._values(travel.run.id, person, newest) if plan.reads else None
        return advance(travel.run, plan, facts_of(known, now, values), now), newest

    def _values(self, run: RunId, person: Person, newest: Cart | None) -> Mapping[str, object]:
        seen = self._seen.get(run)
        if seen is None or seen[0] is not person or seen[1] is not newest:
            if len(self._seen) > _MOST_SEEN:
                self._seen.clear()
            seen = self._seen[run] = (person, newest, condition_values(person, newest, self._plan.reads))
        return seen[2]

"""What a decision looks at, taken from values in memory. The decision itself is the engine's."""

from collections.abc import Mapping

from wraca.app.facts import Known, condition_values, facts_of, has_bought, newest_cart
from wraca.app.replay.memory.rows import Travel
from wraca.domain.carts import Cart, CartState
from wraca.domain.events import Instant
from wraca.domain.fold import Shopper
from wraca.domain.journeys.engine import advance
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.run import Advance
from wraca.domain.journeys.watch import WatchedCart
from wraca.domain.shop import Shop


def open_carts(shopper: Shopper) -> list[Cart]:
    """Every cart of theirs that was not ordered."""
    return [cart for cart in shopper.carts.values() if cart.state is not CartState.ORDERED]


def watched(shopper: Shopper, cart: Cart) -> WatchedCart:
    """The cart as the watch looks at it."""
    who = shopper.person
    return WatchedCart(
        cart.id,
        who.id,
        cart.started_at,
        cart.last_activity,
        cart.stage,
        cart.payment_failed,
        has_lines=bool(cart.lines),
        is_ordered=has_bought(who, cart, cart.started_at),
        values=condition_values(who, cart),
    )


def decided(
    travel: Travel, shopper: Shopper, own: Cart | None, suppressed: Mapping[str, str], plan: Plan, shop: Shop, now: Instant
) -> tuple[Advance, Cart | None]:
    """What the engine says, and the cart that the run is about by now. `suppressed`: by channel, why not to write to them."""
    person, newest = shopper.person, newest_cart(open_carts(shopper), own)
    if travel.seen[0] is not person or travel.seen[1] is not newest:
        travel.seen = (person, newest, condition_values(person, newest))
    over = {letter.step: letter.channel for letter in travel.letters} if plan.chooses_channels else {}
    known = Known(
        travel.run, plan, shop, person, own, newest, sent=travel.sent, over=over, offers=travel.offers, suppressed=suppressed
    )
    if plan.chooses_channels:
        known.connected = plan.channels  # a replay has them all
    return advance(travel.run, plan, facts_of(known, now, travel.seen[2]), now), newest

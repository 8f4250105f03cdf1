"""What the gate looks at, taken from values in memory. The judgement itself is the gate's."""

from collections.abc import Iterable, Mapping

from wraca.app.facts import has_bought, quiet_at
from wraca.app.replay.memory.rows import Letter
from wraca.app.sealing import Seal
from wraca.app.weighing import address_of
from wraca.app.zones import zone_of
from wraca.domain.arbitration import USUAL_PRIORITY, Told, Turn
from wraca.domain.carts import Cart
from wraca.domain.consent import Permission, may_contact
from wraca.domain.events import Instant
from wraca.domain.gate import Answer, Known, judge
from wraca.domain.ids import CartId
from wraca.domain.journeys.plan import Plan
from wraca.domain.people import Person
from wraca.domain.products import Product, shown_line
from wraca.domain.shop import Shop

WEEK = 7 * 24 * 3600 * 1000  # ms


class Judge:
    """Asks the gate for one shop and one journey. `products` by key; `suppressed`: reason by channel and address hash."""

    def __init__(
        self, shop: Shop, plan: Plan, seal: Seal, products: Mapping[str, Product], suppressed: Mapping[tuple[str, str], str]
    ) -> None:
        self._shop = shop
        self._plan = plan
        self._seal = seal
        self._products = products
        self._suppressed = suppressed

    def suppressed(self, person: Person, channel: str) -> str:
        """Why this person's address must not be written to; empty: it may."""
        address = address_of(person, channel)
        if not self._suppressed or not address:
            return ""
        return self._suppressed.get((channel, self._seal.address_hash(self._shop.id, channel, address)), "")

    def all_suppressed(self, person: Person) -> dict[str, str]:
        """The same for every channel of the journey; those where there is nothing against it are left out."""
        if not self._suppressed:
            return {}
        return {channel: why for channel in self._plan.channels if (why := self.suppressed(person, channel))}

    def judged(self, letter: Letter, person: Person | None, cart: Cart | None, sent: Iterable[Told], now: Instant) -> Answer:
        """What happens to this message now. `sent`: what this person got within the last WEEK."""
        shop, travel = self._shop, letter.travel
        who = person or Person(letter.person, 0, 0)
        known = Known(
            permission=self._permission(who, letter.channel),
            deadline=letter.deadline,
            channel=letter.channel,
            is_ordered=has_bought(person, cart, travel.run.started_at) or travel.outcome == "ordered",
            is_emptied=cart is None or not cart.lines,
            is_erased=person is None,
            run_ended=bool(travel.outcome),
            has_moved=travel.person != letter.person,
            quiet_at=quiet_at(self._plan, cart),
            suppressed=self.suppressed(who, letter.channel),
            things_to_show=self._things(cart, who),
            feed_at=now,  # the past is complete: the shop's orders are all in it
            last_order_at=who.last_order_at,
            sent=tuple(sent),
            sent_by_run=self._sent_by_run(letter),
            turn=Turn(self._plan.journey, USUAL_PRIORITY, cart.id if cart else CartId("")),
            country=who.country or shop.country,
            timezone=zone_of(who, shop),
            manners=shop.profile.manners,
            held_out=letter.held_out,
            spread=int(letter.id[:8], 16) / 2**32,
        )
        return judge(known, now)

    def _permission(self, who: Person, channel: str) -> Permission:
        if not address_of(who, channel):
            return Permission(is_given=False, objection="no_address")
        return may_contact(who, channel, self._shop.country, self._shop.permission)

    def _sent_by_run(self, letter: Letter) -> int:
        if self._shop.profile.manners.caps_on(letter.channel).per_run is None:
            return 0  # nobody asks
        return sum(one.channel == letter.channel and one.was_sent for one in letter.travel.letters)

    def _things(self, cart: Cart | None, who: Person) -> int:
        """How many lines of the cart a message could show."""
        if cart is None:
            return 0
        products = self._products
        if not products:  # then only the shop's own word on a line counts: see shown_line
            return sum(line.trusted for line in cart.lines)
        language = who.language or self._shop.language
        shown = (
            shown_line(line, products.get(line.key) or products.get(line.product_id), cart.currency, language)
            for line in cart.lines
        )
        return sum(one is not None for one in shown)

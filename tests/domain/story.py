"""A person's events as a story, and what the fold makes of them."""

from itertools import count

from wraca.domain.carts import Cart, CartState, Order
from wraca.domain.events import Body, Consent, Event, Identity, IdentityKind, Line, Source
from wraca.domain.fold import Shopper
from wraca.domain.ids import EventId, PersonId, ShopId
from wraca.domain.people import Person

SHOP = ShopId("a" * 32)
MINUTE, HOUR = 60_000, 3_600_000
BROWSER, MOBILE = (Identity(IdentityKind.ANONYMOUS, one) for one in ("laptop", "mobile"))
ANNA = Identity(IdentityKind.EMAIL, "anna@x.pl")
CUSTOMER = Identity(IdentityKind.USER, "7")
CUP, LAMP = Line("cup", 1, 1999), Line("lamp", 2, 5000)


class Story:
    """A person's events one after the other, a minute apart unless a time is said."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._numbers = count(1)
        self.now = HOUR

    def tells(
        self,
        body: Body,
        *who: Identity,
        at: int = 0,
        source: Source = "server",
        consents: tuple[Consent, ...] = (),
        backfill: bool = False,
    ) -> "Story":
        self.now = at or self.now + MINUTE
        number = next(self._numbers)
        self.events.append(
            Event(
                EventId(f"{number:032x}"),
                "x",
                self.now,
                self.now,
                body,
                who or (BROWSER,),
                consents=consents,
                source=source,
                backfill=backfill,
            )
        )
        return self

    @property
    def shopper(self) -> Shopper:
        """What it comes to, folded in the order of the events however they were told."""
        shopper = Shopper(SHOP, Person(PersonId("p"), 0, 0))
        shopper.fold(sorted(self.events, key=lambda event: event.order))
        return shopper

    @property
    def carts(self) -> list[Cart]:
        return sorted(self.shopper.carts.values(), key=lambda cart: cart.started_at)

    @property
    def cart(self) -> Cart:
        (cart,) = self.carts
        return cart

    @property
    def states(self) -> list[CartState]:
        return [cart.state for cart in self.carts]

    @property
    def orders(self) -> list[Order]:
        return list(self.shopper.orders.values())

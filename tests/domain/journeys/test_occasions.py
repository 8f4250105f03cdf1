"""What begins a journey besides a cart, decided: what must never happen, whatever was looked at, priced and counted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from wraca.domain.carts import Cart
from wraca.domain.events import Line
from wraca.domain.ids import CartId, PersonId
from wraca.domain.journeys.durations import DAY, HOUR
from wraca.domain.journeys.occasions import Bought, Earlier, Invited, Surroundings, watch_person
from wraca.domain.journeys.plan import End, Plan
from wraca.domain.journeys.triggers import (
    AudienceJoined,
    BackInStock,
    BrowseAbandoned,
    LowStock,
    OrderPlaced,
    PriceDropped,
    Trigger,
)
from wraca.domain.journeys.watch import Candidate
from wraca.domain.people import Person, View
from wraca.domain.pricing import Past
from wraca.domain.products import Product

BASE = 1_790_000_000_000
_PRODUCTS = ("lamp", "chair")
_TRIGGERS: tuple[Trigger, ...] = (
    BrowseAbandoned(4 * HOUR, 2), BrowseAbandoned(HOUR), PriceDropped(0.05), BackInStock(), LowStock(4), OrderPlaced(),
    AudienceJoined("a"),
)  # fmt: skip
_at = st.integers(0, 20 * 24).map(lambda hours: BASE + hours * HOUR)


@st.composite
def products(draw: st.DrawFn) -> dict[str, Product]:
    found = {}
    for key in draw(st.sets(st.sampled_from(_PRODUCTS))):
        steps = sorted(draw(st.lists(st.tuples(_at, st.integers(50, 150)), max_size=4)))
        history = tuple(Past(at, "PLN", price) for at, price in steps)
        prices = {"PLN": history[-1].price or 0} if history else {}
        stock = draw(st.none() | st.integers(0, 6))
        found[key] = Product(key, prices=prices, history=history, stock=stock, stocked_at=draw(_at), back_at=draw(st.just(0) | _at))
    return found


@st.composite
def surroundings(draw: st.DrawFn) -> Surroundings:
    views = tuple(View(product, draw(_at)) for product in sorted(draw(st.sets(st.sampled_from(_PRODUCTS)))))
    person = Person(PersonId("0" * 32), BASE, BASE, views=views, last_order_at=draw(st.just(0) | _at))
    began = draw(_at)
    lines = tuple(Line(product, 1, draw(st.integers(50, 150)), trusted=draw(st.booleans())) for product in _PRODUCTS)
    carts = (Cart(CartId("1" * 32), "s", "s", began, began, lines=lines, currency="PLN"),) if draw(st.booleans()) else ()
    orders = tuple(Bought(str(number), draw(_at)) for number in range(draw(st.integers(0, 2))))
    audiences = {"a": draw(_at)} if draw(st.booleans()) else {}
    return Surroundings(person, carts, draw(products()), orders, audiences, "PLN")


def invited(trigger: Trigger, activated_at: int, earlier: tuple[Earlier, ...] = (), *, running: bool = False) -> Invited:
    plan = Plan("tested", trigger, (End(),))
    last = max((one.started_at for one in earlier), default=None)
    return Invited(Candidate(plan, 1, activated_at, last, running), earlier)


@settings(max_examples=200)
@given(surroundings(), st.sampled_from(_TRIGGERS), _at, _at)
def test_nothing_from_before_the_activation_begins_anything_and_nothing_begins_twice(
    around: Surroundings, trigger: Trigger, activated_at: int, now: int
) -> None:
    begun, look = watch_person(around, [invited(trigger, activated_at)], now)

    assert look is None or look > now
    for one in begun:
        assert activated_at <= one.due <= now
        earlier = (Earlier(now, one.about),)
        for later in (now, now + HOUR, now + 2 * DAY):
            again, _ = watch_person(around, [invited(trigger, activated_at, earlier)], later)
            assert [each for each in again if each.named == one.named] == []
        assert watch_person(around, [invited(trigger, activated_at, running=True)], now) == ((), None)


@settings(max_examples=100)
@given(surroundings(), _at)
def test_no_price_is_said_to_have_fallen_that_did_not(around: Surroundings, now: int) -> None:
    begun, _ = watch_person(around, [invited(PriceDropped(0.05), 0)], now)

    for one in begun:
        for product in one.about.products:
            seen = [line.price for cart in around.carts for line in cart.lines if line.product_id == product and line.trusted]
            known = [step.price for step in around.products[product].history] + seen
            assert max(price for price in known if price is not None) * 0.95 >= one.about.prices[product]


@settings(max_examples=100)
@given(surroundings(), _at)
def test_the_next_look_finds_what_it_promised(around: Surroundings, now: int) -> None:
    """Where nothing else happens, a look at the promised moment begins the journey, or there was no promise."""
    trigger = BrowseAbandoned(4 * HOUR)
    _begun, look = watch_person(around, [invited(trigger, BASE)], now)
    if look is not None and look - now < 6 * DAY:
        begun, _later = watch_person(around, [invited(trigger, BASE)], look)
        old_enough = all(view.at > look - 7 * DAY for view in around.person.views)
        assert begun or not old_enough

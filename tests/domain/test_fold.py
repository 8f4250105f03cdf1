"""The fold, as sentences: what a person's events make of their carts and orders."""

import msgspec

from tests.domain.story import ANNA, BROWSER, CUP, CUSTOMER, HOUR, LAMP, MOBILE, SHOP, Story
from wraca.domain.carts import CartState
from wraca.domain.events import (
    CartReplaced,
    Consent,
    Event,
    Identified,
    Line,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderSeen,
    OrderState,
    Stage,
    StageReached,
)
from wraca.domain.fold import Shopper
from wraca.domain.ids import EventId, PersonId
from wraca.domain.money import Money
from wraca.domain.people import Person


def added(line: Line = CUP, cart: str = "", currency: str = "PLN") -> LineAdded:
    return LineAdded(line, cart, currency)


# --- filling and emptying ----------------------------------------------------------------------------------------------------


def test_products_are_put_in_and_taken_out() -> None:
    story = Story().tells(added()).tells(added(LAMP)).tells(LineRemoved(Line("lamp", 1)))

    assert story.cart.total == Money(6999, "PLN")
    assert story.cart.last_activity == story.now


def test_a_cart_that_is_emptied_is_no_longer_open_and_a_refilled_one_is_the_same_cart() -> None:
    story = Story().tells(added()).tells(LineRemoved(CUP))
    emptied = story.cart
    assert emptied.state is CartState.EMPTIED

    story.tells(added(LAMP))

    assert (story.cart.id, story.cart.state, story.cart.lines) == (emptied.id, CartState.OPEN, (LAMP,))


def test_a_cart_replaced_by_nothing_is_emptied() -> None:
    assert Story().tells(added()).tells(CartReplaced()).states == [CartState.EMPTIED]


def test_taking_out_of_no_cart_and_an_empty_cart_from_nowhere_make_no_cart() -> None:
    assert Story().tells(LineRemoved(CUP)).tells(CartReplaced()).tells(StageReached(Stage.PAYMENT)).carts == []


def test_the_whole_cart_replaces_the_lines_and_keeps_what_it_does_not_say() -> None:
    story = Story().tells(added()).tells(StageReached(Stage.SHIPPING, shipping=1500, coupon="SPRING"))

    story.tells(CartReplaced((LAMP,), total=9_000))

    assert (story.cart.lines, story.cart.shipping, story.cart.coupon, story.cart.currency) == ((LAMP,), 1500, "SPRING", "PLN")


def test_a_stated_total_is_forgotten_when_the_lines_change() -> None:
    unpriced = Line("cup")
    story = Story().tells(CartReplaced((unpriced,), currency="PLN", total=1999))
    assert story.cart.total == Money(1999, "PLN")

    assert story.tells(added(Line("lamp"))).cart.total is None


def test_the_cart_has_the_currency_of_what_was_said_last() -> None:
    story = Story().tells(added()).tells(added(Line("lamp", 1, 1000), currency="EUR")).tells(added(CUP, currency=""))

    assert story.cart.currency == "EUR"


def test_two_browsers_of_one_guest_have_two_carts() -> None:
    assert len(Story().tells(added()).tells(added(LAMP), MOBILE).carts) == 2


def test_a_stage_never_goes_back() -> None:
    story = Story().tells(added()).tells(StageReached(Stage.PAYMENT, payment_method="blik")).tells(StageReached(Stage.SHIPPING))

    assert (story.cart.stage, story.cart.payment_method) == (Stage.PAYMENT, "blik")


def test_an_address_left_while_a_cart_is_open_is_the_stage_contact() -> None:
    assert Story().tells(Identified(), BROWSER, ANNA).tells(added()).cart.stage is Stage.CART
    assert Story().tells(added()).tells(Identified(), BROWSER, ANNA).cart.stage is Stage.CONTACT


# --- whose cart it is --------------------------------------------------------------------------------------------------------


def test_a_cart_takes_the_token_that_the_shop_gives_it_later() -> None:
    story = Story().tells(added()).tells(added(LAMP, cart="t"))

    assert (story.cart.token, len(story.cart.lines)) == ("t", 2)


def test_a_token_names_the_cart_whichever_browser_says_it() -> None:
    story = Story().tells(added(cart="t")).tells(added(LAMP, cart="t"), MOBILE)

    assert len(story.cart.lines) == 2


def test_another_token_is_another_cart() -> None:
    assert [cart.token for cart in Story().tells(added(cart="t")).tells(added(cart="u")).carts] == ["t", "u"]


def test_a_customer_who_says_so_without_a_browser_means_the_cart_they_have() -> None:
    story = Story().tells(added(), BROWSER, CUSTOMER).tells(added(LAMP), CUSTOMER)

    assert len(story.cart.lines) == 2


# --- orders ------------------------------------------------------------------------------------------------------------------


def test_an_order_ends_every_cart_of_the_person() -> None:
    story = Story().tells(added()).tells(added(LAMP), MOBILE).tells(OrderPlaced("o1", total=11_999, currency="PLN"))

    assert story.states == [CartState.ORDERED] * 2
    assert story.shopper.person.orders_count == 1
    assert {cart.order for cart in story.carts} == {"o1"}
    assert {cart.ordered_at for cart in story.carts} == {story.now}


def test_an_order_that_arrives_late_ends_the_cart_of_its_time_and_not_the_next() -> None:
    story = Story().tells(added(), at=HOUR).tells(added(LAMP), at=5 * HOUR).tells(OrderPlaced("o1"), at=2 * HOUR)

    assert story.states == [CartState.ORDERED, CartState.OPEN]
    assert story.carts[1].lines == (LAMP,)


def test_of_one_millisecond_the_order_comes_last() -> None:
    assert Story().tells(OrderPlaced("o1"), at=HOUR).tells(added(), at=HOUR).states == [CartState.ORDERED]


def test_the_ordered_cart_reported_once_more_within_the_hour_is_an_echo() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1"))

    assert story.tells(CartReplaced((CUP,))).states == [CartState.ORDERED]


def test_another_product_after_the_order_is_no_echo() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1")).tells(CartReplaced((CUP, LAMP)))

    assert story.states == [CartState.ORDERED, CartState.OPEN]


def test_the_same_products_more_than_an_hour_later_are_a_new_cart() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1"))

    story.tells(CartReplaced((CUP,)), at=story.now + HOUR + 1)

    assert story.states == [CartState.ORDERED, CartState.OPEN]
    assert len({cart.id for cart in story.carts}) == 2


def test_putting_the_same_product_in_again_after_the_order_is_a_new_cart_at_once() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1")).tells(added())

    assert story.states == [CartState.ORDERED, CartState.OPEN]


def test_a_failed_payment_leaves_the_cart_open_and_a_paid_retry_ends_it() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1", OrderState.FAILED))
    assert (story.cart.state, story.cart.stage, story.cart.payment_failed) == (CartState.OPEN, Stage.PAYMENT, True)
    assert story.shopper.person.orders_count == 0

    story.tells(OrderPlaced("o1", OrderState.PAID))

    assert story.states == [CartState.ORDERED]
    assert (story.shopper.person.orders_count, [order.state for order in story.orders]) == (1, ["paid"])


def test_each_state_of_a_running_order_counts_as_bought_once() -> None:
    story = Story().tells(added())
    for state in (OrderState.PENDING, OrderState.ON_HOLD, OrderState.PAID, OrderState.COMPLETED):
        story.tells(OrderPlaced("o1", state))

    assert story.states == [CartState.ORDERED]
    assert story.shopper.person.orders_count == 1


def test_a_cancelled_order_counts_no_more_and_its_cart_stays_ordered() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1")).tells(OrderPlaced("o1", OrderState.CANCELLED))

    assert story.states == [CartState.ORDERED]
    assert (story.shopper.person.orders_count, story.orders[0].state) == (0, "cancelled")


def test_a_cancelled_order_that_nobody_placed_counts_below_nothing_never() -> None:
    story = Story().tells(added()).tells(OrderPlaced("o1", OrderState.CANCELLED)).tells(OrderPlaced("o1", OrderState.CANCELLED))

    assert story.shopper.person.orders_count == 0
    assert story.states == [CartState.OPEN]


def test_a_refunded_order_was_bought_and_keeps_what_it_was_worth() -> None:
    story = (
        Story().tells(added()).tells(OrderPlaced("o1", currency="PLN", total=1999)).tells(OrderPlaced("o1", OrderState.REFUNDED))
    )

    (order,) = story.orders
    assert (order.state, order.total, order.currency) == ("refunded", 1999, "PLN")
    assert story.shopper.person.orders_count == 1
    assert story.states == [CartState.ORDERED]


def test_orders_in_two_currencies_stand_side_by_side() -> None:
    story = Story().tells(OrderPlaced("o1", currency="PLN", total=1999)).tells(OrderPlaced("o2", currency="JPY", total=1500))

    assert {(order.number, order.currency, order.total) for order in story.orders} == {("o1", "PLN", 1999), ("o2", "JPY", 1500)}


def test_a_browsers_word_on_an_order_yields_to_the_shops_and_never_back() -> None:
    story = Story().tells(OrderPlaced("o1", total=1), source="browser").tells(OrderPlaced("o1", total=1999))
    story.tells(OrderPlaced("o1", OrderState.COMPLETED, total=1), source="browser")

    assert [order.total for order in story.orders] == [1999]
    assert len(story.shopper.replaced) == 1
    assert story.shopper.person.orders_count == 1


def test_an_order_of_somebody_else_that_named_this_person_ends_their_carts_once() -> None:
    story = Story().tells(added()).tells(OrderSeen("o1")).tells(added(LAMP)).tells(OrderSeen("o1"))

    assert story.states == [CartState.ORDERED, CartState.OPEN]
    assert story.shopper.person.orders_count == 0


# --- the person --------------------------------------------------------------------------------------------------------------


def test_the_latest_word_on_a_channel_holds() -> None:
    story = Story().tells(Identified(), consents=(Consent("email", given=True),))
    story.tells(Identified(), consents=(Consent("email", given=False),)).tells(Identified(), consents=(Consent("sms", given=True),))

    words = story.shopper.person.consents
    assert (words["email"].given, words["sms"].given) == (False, True)
    assert words["email"].event == story.events[1].id


def test_what_is_not_said_of_a_person_takes_nothing_away() -> None:
    story = Story().tells(Identified("Anna", language="pl"), BROWSER, ANNA).tells(Identified(last_name="Nowak"))

    person = story.shopper.person
    assert (person.first_name, person.last_name, person.language, person.email) == ("Anna", "Nowak", "pl", "anna@x.pl")
    assert person.email_event == story.events[0].id


def test_a_claimed_address_is_kept_and_is_not_the_persons() -> None:
    event = Event(EventId("1"), "x", HOUR, HOUR, Identified(), (BROWSER,), (ANNA,), source="browser")
    shopper = Shopper(SHOP, Person(PersonId("p"), 0, 0))
    shopper.fold([event])

    assert (shopper.person.email, shopper.person.claims) == ("", (ANNA.key,))


def test_history_makes_a_cart_that_starts_nothing_until_life_goes_on() -> None:
    story = Story().tells(added(), backfill=True)
    assert story.cart.backfilled

    assert not story.tells(added(LAMP)).cart.backfilled


def test_an_event_from_before_what_was_folded_is_late() -> None:
    story = Story().tells(added(), at=2 * HOUR)
    early = msgspec.structs.replace(story.events[0], id=EventId("0"), at=HOUR)

    assert story.shopper.is_late(early)
    assert not story.shopper.is_late(msgspec.structs.replace(early, at=3 * HOUR))

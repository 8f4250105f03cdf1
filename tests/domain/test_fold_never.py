"""What the fold never does, whatever the events."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.story import ANNA, BROWSER, CUSTOMER, MINUTE, MOBILE, SHOP, Story
from wraca.domain.carts import CartState
from wraca.domain.events import (
    Body,
    CartReplaced,
    Identified,
    Identity,
    Line,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    OrderSeen,
    OrderState,
    Source,
    Stage,
    StageReached,
)
from wraca.domain.fold import Shopper
from wraca.domain.ids import PersonId
from wraca.domain.people import Person

lines = st.builds(Line, st.sampled_from(["cup", "lamp"]), st.integers(1, 3), st.none() | st.integers(0, 9_999))
tokens = st.sampled_from(["", "t", "u"])
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(LineAdded, lines, tokens, st.sampled_from(["", "PLN", "EUR"])),
    st.builds(LineRemoved, lines, tokens),
    st.builds(CartReplaced, st.lists(lines, max_size=2, unique_by=lambda line: line.key).map(tuple), tokens),
    st.builds(StageReached, st.sampled_from(list(Stage)[:4]), tokens),
    st.builds(OrderPlaced, st.sampled_from(["o1", "o2"]), st.sampled_from(OrderState), tokens),
    st.builds(OrderSeen, st.sampled_from(["o1", "o9"])),
    st.builds(Identified),
)
who = st.sampled_from([(BROWSER,), (MOBILE,), (BROWSER, ANNA), (CUSTOMER,), (MOBILE, CUSTOMER)])
logs = st.lists(st.tuples(bodies, who, st.integers(1, 200), st.sampled_from(["server", "browser"])), max_size=14)


def written(shopper: Shopper) -> bytes:
    return msgspec.json.encode((shopper.person, sorted(shopper.carts.items()), sorted(shopper.orders.items())))


@given(logs, st.integers(0, 14))
def test_folding_in_two_sittings_ends_as_in_one(log: list[tuple[Body, tuple[Identity, ...], int, Source]], cut: int) -> None:
    story = Story()
    for body, identities, minute, source in log:
        story.tells(body, *identities, at=minute * MINUTE, source=source)
    events = sorted(story.events, key=lambda event: event.order)
    first = Shopper(SHOP, Person(PersonId("p"), 0, 0))
    first.fold(events[:cut])
    # What lies between two sittings is what the database keeps.
    kept = msgspec.json.decode(msgspec.json.encode(first.person), type=Person)
    second = Shopper(SHOP, kept, first.carts.values(), first.orders.values())
    second.fold(events[cut:])

    assert written(second) == written(story.shopper)


@given(logs)
def test_counts_are_never_negative_and_every_cart_is_in_the_state_its_lines_say(
    log: list[tuple[Body, tuple[Identity, ...], int, Source]],
) -> None:
    story = Story()
    for body, identities, minute, source in log:
        story.tells(body, *identities, at=minute * MINUTE, source=source)

    shopper = story.shopper
    assert 0 <= shopper.person.orders_count <= 2
    for cart in shopper.carts.values():
        assert (cart.state is CartState.ORDERED) == bool(cart.ordered_at)
        assert cart.state is CartState.ORDERED or (cart.state is CartState.OPEN) == bool(cart.lines)
        assert all(line.quantity > 0 for line in cart.lines)


@given(logs)
def test_no_cart_from_before_a_purchase_stays_open(log: list[tuple[Body, tuple[Identity, ...], int, Source]]) -> None:
    story = Story()
    for body, identities, minute, source in log:
        story.tells(body, *identities, at=minute * MINUTE, source=source)
    story.tells(OrderPlaced("the last"), at=300 * MINUTE)

    assert set(story.states) <= {CartState.ORDERED}

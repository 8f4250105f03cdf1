"""What is in a cart: lines that add up, lines that go, and totals that nobody made up."""

from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.carts import LOST_AFTER, Cart, CartState, order_id, with_line, without_line
from wraca.domain.events import Line, Stage
from wraca.domain.ids import CartId, ShopId
from wraca.domain.money import Money

CUP = Line("cup", 2, 1999, "Cup", variant="blue", url="https://shop.example/cup", image_url="https://shop.example/cup.png")
SHOP = ShopId("a" * 32)

pieces = st.builds(
    Line,
    st.sampled_from(["cup", "lamp", "sofa"]),
    st.integers(1, 9),
    st.none() | st.integers(0, 10_000),
    variant=st.sampled_from(["", "blue"]),
)
steps = st.lists(st.tuples(st.booleans(), pieces), max_size=30)


def cart(*lines: Line, currency: str = "PLN", stated: int | None = None) -> Cart:
    return Cart(CartId("c"), "s", "s", 0, 1_000, lines=lines, currency=currency, stated_total=stated)


def test_the_same_product_twice_is_one_line_with_more_pieces() -> None:
    assert with_line((CUP,), Line("cup", 3, variant="blue")) == (Line("cup", 5, 1999, "Cup", "blue", CUP.url, CUP.image_url),)


def test_another_variant_is_another_line() -> None:
    assert [line.key for line in with_line((CUP,), Line("cup", 1, variant="red"))] == ["cup/blue", "cup/red"]


def test_the_newest_price_and_name_of_a_product_win() -> None:
    (line,) = with_line((CUP,), Line("cup", 1, 1499, "Blue cup", "blue"))

    assert (line.price, line.name, line.quantity) == (1499, "Blue cup", 3)


def test_a_line_keeps_its_place_when_it_grows() -> None:
    lines = with_line((CUP, Line("lamp")), Line("cup", variant="blue"))

    assert [line.product_id for line in lines] == ["cup", "lamp"]


def test_what_a_browser_adds_to_a_line_of_the_shop_makes_the_whole_line_unproven() -> None:
    (line,) = with_line((Line("cup", 1, 1999, "Cup", trusted=True),), Line("cup", 1, 1, "Buy at evil.example"))

    assert not line.trusted


def test_some_pieces_go_or_all_of_them_and_others_stay() -> None:
    lamp = Line("lamp", 1)

    assert [line.quantity for line in without_line((CUP, lamp), Line("cup", 1, variant="blue"))] == [1, 1]
    assert without_line((CUP, lamp), Line("cup", 2, variant="blue")) == (lamp,)
    assert without_line((CUP, lamp), Line("cup", 99, variant="blue")) == (lamp,)
    assert without_line((CUP, lamp), Line("cup", 1, variant="red")) == (CUP, lamp)


def test_a_total_is_known_when_every_price_is_or_when_the_shop_said_it() -> None:
    assert cart(CUP, Line("lamp", 1, 500)).total == Money(4498, "PLN")
    assert cart(CUP, Line("lamp")).total is None
    assert cart(CUP, Line("lamp"), stated=9_900).total == Money(9900, "PLN")
    assert cart(CUP, stated=9_900).total == Money(3998, "PLN")
    assert cart().total is None


def test_a_cart_waits_only_while_open_and_filled() -> None:
    full = cart(CUP)
    states = {
        state: Cart(**{**{name: getattr(full, name) for name in full.__struct_fields__}, "state": state}) for state in CartState
    }

    assert [state for state, one in states.items() if one.is_waiting()] == [CartState.OPEN]
    assert not cart().is_waiting()


def test_a_cart_is_lost_after_fourteen_quiet_days_to_the_millisecond() -> None:
    assert not cart(CUP).is_lost(1_000 + LOST_AFTER - 1)
    assert cart(CUP).is_lost(1_000 + LOST_AFTER)


def test_an_order_that_a_browser_tells_of_is_not_the_shops_own() -> None:
    names = {
        order_id(SHOP, "o1"),
        order_id(SHOP, "o1", "anonymous:a"),
        order_id(SHOP, "o1", "anonymous:b"),
        order_id(ShopId("b"), "o1"),
    }

    assert len(names) == 4


def test_stages_are_in_the_order_of_a_checkout() -> None:
    assert sorted(Stage) == [Stage.CART, Stage.CONTACT, Stage.SHIPPING, Stage.PAYMENT, Stage.ORDERED]


@given(steps)
def test_no_line_is_ever_empty_negative_or_there_twice(taken: list[tuple[bool, Line]]) -> None:
    lines: tuple[Line, ...] = ()
    for is_added, line in taken:
        lines = with_line(lines, line) if is_added else without_line(lines, line)

        assert all(one.quantity > 0 for one in lines)
        assert len({one.key for one in lines}) == len(lines)


@given(steps)
def test_pieces_are_counted_as_a_till_counts_them(taken: list[tuple[bool, Line]]) -> None:
    lines: tuple[Line, ...] = ()
    count: dict[str, int] = {}
    for is_added, line in taken:
        lines = with_line(lines, line) if is_added else without_line(lines, line)
        count[line.key] = max(0, count.get(line.key, 0) + (line.quantity if is_added else -line.quantity))

    assert {one.key: one.quantity for one in lines} == {key: number for key, number in count.items() if number}

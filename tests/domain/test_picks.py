"""What is recommended is what the catalogue vouches for, and never what somebody has already."""

from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.events import Line
from wraca.domain.picking import Shelf, Taste, Togetherness, candidates, others_than, picks_for
from wraca.domain.products import Product, observed

DAY = 86_400_000
NOW = 1_790_000_000_000
PLN = Taste("PLN", "en")


def sold(key: str, *others: str, price: int = 100, stock: int | None = None) -> Product:
    return Product(key, {"": key.title()}, {"PLN": price}, f"https://shop.example/{key}", stock=stock, companions=others)


def shop(*products: Product) -> dict[str, Product]:
    return {each.key: each for each in products}


def test_what_people_had_together_more_often_than_by_chance_goes_together() -> None:
    together = Togetherness()
    for _ in range(3):
        together.add([{"shoes", "polish"}])
    for place in range(5):
        together.add([{"bag", f"thing{place}"}])
    together.add([{"shoes", "bag"}])

    companions = together.companions()

    assert companions["shoes"] == ("polish",)
    assert "bag" not in companions, "one person alone proves no taste"


def test_two_carts_of_one_person_are_one_person() -> None:
    together = Togetherness()
    together.add([{"shoes", "polish"}, {"shoes", "polish"}, {"shoes", "polish"}])
    together.add([{"hat"}])

    assert together.companions() == {}


def test_what_everybody_has_goes_with_nothing_in_particular() -> None:
    together = Togetherness()
    for place in range(20):
        together.add([{"carrier bag", f"thing{place % 4}"}])

    assert together.companions() == {}


def test_the_most_wanted_of_a_category_come_first() -> None:
    shelf = Shelf([(1, "b", True), (5, "a", False), (1, "a2", True)])

    assert shelf.ranked() == (("a", "a2", "b"), ("a2", "b"))
    assert others_than(sold("a/red"), ("a", "a/blue", "b")) == ("b",)


def test_every_line_of_the_cart_has_a_say_in_turn() -> None:
    catalogue = shop(sold("a", "x", "y"), sold("b", "z"))

    assert candidates([Line("a"), Line("b")], catalogue) == ("x", "z", "y")


def test_only_genuine_reductions_are_called_so() -> None:
    """The bag was 90 and 100 and is 80: it was 90 in the 30 days before. The hat is new: nobody knows."""
    bag: Product | None = None
    for day in range(-40, 1):
        price = 80 if day > -2 else 100 if day > -15 else 90
        bag = observed(bag, sold("bag", price=price), NOW + day * DAY)
    assert bag
    catalogue = shop(sold("a", "bag", "hat"), bag, sold("hat", price=1))

    discounted = picks_for([Line("a")], catalogue, Taste("PLN", "en", of="discounted"), NOW)

    assert [(one.key, one.price, one.was) for one in discounted] == [("bag", 80, 90)]
    assert [one.key for one in picks_for([Line("a")], catalogue, PLN, NOW)] == ["bag", "hat"]


KEYS = st.sampled_from(["a", "b", "b/red", "c", "c/1", "d", "e", "f/x", "g"])
PRODUCTS = st.builds(
    Product,
    key=KEYS,
    names=st.sampled_from([{"": "Thing"}, {"pl": "Rzecz"}, {}]),
    prices=st.sampled_from([{"PLN": 100}, {"EUR": 5}, {"PLN": 80, "EUR": 4}, {}]),
    url=st.sampled_from(["https://shop.example/", "https://shop.example/", ""]),
    stock=st.sampled_from([None, 0, 1]),
    companions=st.lists(KEYS, max_size=8).map(tuple),
    alike=st.lists(KEYS, max_size=8).map(tuple),
    bargains=st.lists(KEYS, max_size=8).map(tuple),
)
LINES = st.lists(
    st.builds(Line, st.sampled_from("abcdefg"), variant=st.sampled_from(["", "red", "1"]), name=st.just("Claimed")), max_size=4
)


@given(
    products=st.lists(PRODUCTS, max_size=12),
    lines=LINES,
    bought=st.sets(st.sampled_from("abcdefg"), max_size=3),
    of=st.sampled_from(["together", "discounted"]),
)
def test_nobody_is_recommended_what_they_have_or_cannot_have(
    products: list[Product], lines: list[Line], bought: set[str], of: str
) -> None:
    catalogue = shop(*products)
    taste = Taste("PLN", "en", bought, "discounted" if of == "discounted" else "together")

    picks = picks_for(lines, catalogue, taste, NOW)

    assert len(picks) <= 4
    assert len({one.key.partition("/")[0] for one in picks}) == len(picks)
    assert picks == picks_for(lines, dict(reversed(catalogue.items())), taste, NOW), "the order of the catalogue decides nothing"
    for one in picks:
        known = catalogue[one.key]
        assert known.stock != 0
        assert (one.price, one.url, one.name) == (known.prices["PLN"], known.url, known.name("en"))
        assert one.name
        assert one.url
        assert one.key.partition("/")[0] not in {*bought, *(line.product_id for line in lines)}
        assert (one.was is not None and one.price < one.was) or of == "together"

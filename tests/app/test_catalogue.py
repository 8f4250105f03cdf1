"""The catalogue on both databases: what it remembers, whom it tells, what goes together, what was said of a product."""

from collections.abc import Sequence
from itertools import count

import msgspec
import pytest

from wraca.app.catalogue import put_products
from wraca.app.intake import Idle, take_in
from wraca.app.recommending import PicksWanted, load_picks, recommend
from wraca.app.reviewing import ReviewsWanted, load_reviews
from wraca.domain.events import (
    Body,
    Consent,
    Event,
    Identified,
    Instant,
    Line,
    LineAdded,
    OrderPlaced,
    Other,
    ProductTold,
    Reviewed,
    Source,
)
from wraca.domain.ids import EventId, PersonId, ShopId, bucket_of, derived_id
from wraca.domain.picking import Of, Pick
from wraca.domain.pricing import Past
from wraca.domain.products import Change, Product, lowest_30d
from wraca.storage.database import Database, Transaction
from wraca.storage.statement import Statement
from wraca.testing.shops import new_shop
from wraca.testing.world import BEGIN, DAY, HOUR, identities

_PRODUCTS = Statement("testing_products", "select body from product where bucket = :bucket order by key")
_REVIEWS = Statement("testing_reviews", "select product, rating, text, author from review where bucket = :bucket order by at, id")
_PERSON = Statement("testing_person_named", "select id from person where bucket = :bucket and email = :email")


class Market:
    """One shop with its catalogue and what happens in it, at `now`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.shop: ShopId = new_shop(database)
        self.bucket = bucket_of(self.shop)
        self.now: Instant = BEGIN
        self.told: list[Change] = []
        self._numbers = count(1)

    def lists(self, *products: Product) -> list[Change]:
        """The catalogue is imported."""
        return put_products(self.database, self.shop, products, self.now, self.hears)

    def hears(self, _tx: Transaction, _bucket: int, shop: ShopId, changes: Sequence[Change], _now: Instant) -> None:
        assert shop == self.shop
        self.told += changes

    def says(
        self,
        body: Body,
        name: str = "",
        *,
        late: int = 0,
        source: Source = "server",
        backfill: bool = False,
        consents: tuple[Consent, ...] = (),
    ) -> None:
        """An event comes in."""
        number = next(self._numbers)
        who = identities(name) if name else ()
        key = EventId(derived_id(self.shop, str(number)))
        event = Event(
            key, "It", self.now - late, self.now, body, who, consents=consents, source=source, seq=number, backfill=backfill
        )
        take_in(self.database, self.bucket, [(self.shop, (event,))], self.now, lambda _shop: Idle())

    def puts_into_cart(self, name: str, *products: str) -> None:
        for product in products:
            self.says(LineAdded(Line(product, trusted=True), currency="PLN"), name)

    @property
    def products(self) -> dict[str, Product]:
        with self.database.read() as tx:
            found = [msgspec.json.decode(body, type=Product) for (body,) in tx.all(_PRODUCTS, bucket=self.bucket)]
        return {each.key: each for each in found}

    @property
    def reviews(self) -> list[tuple[object, ...]]:
        with self.database.read() as tx:
            return list(tx.all(_REVIEWS, bucket=self.bucket))

    def picks(self, *products: str, name: str = "", of: Of = "together") -> tuple[Pick, ...]:
        lines = tuple(Line(product) for product in products)
        with self.database.read() as tx:
            found = tx.all(_PERSON, bucket=self.bucket, email=f"{name}@example.com")
            person = PersonId(found[0][0] if found else "0" * 32)
            wanted = [
                PicksWanted("one", self.shop, person, lines, "PLN", "en", of),
                PicksWanted("none", self.shop, person, (), "PLN", "en"),
            ]
            loaded = load_picks(tx, self.bucket, wanted, self.now)
        assert loaded["none"] == ()
        return loaded["one"]

    def opinions(self, *products: str, language: str = "en") -> dict[str, object]:
        wanted = ReviewsWanted("one", self.shop, language, tuple(Line(product) for product in products))
        with self.database.read() as tx:
            return load_reviews(tx, self.bucket, [wanted]).get("one", {})


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


def sold(key: str, price: int = 100, category: str = "", stock: int | None = None) -> Product:
    page = f"https://shop.example/{key}"
    return Product(key, {"": key.title(), "pl": f"{key} po polsku"}, {"PLN": price}, page, category=category, stock=stock)


# --- what it remembers ------------------------------------------------------------------------------------------------------------


def test_an_import_remembers_what_the_price_was_and_tells_what_changed(market: Market) -> None:
    assert market.lists(sold("shoes", 100, stock=0), sold("hat")) == []
    market.now += DAY
    changed = market.lists(sold("shoes", 80, stock=3), sold("hat"))

    assert changed == market.told == [Change("shoes", "PLN", 100, 80, 0, 3)]
    assert market.products["shoes"].history == (Past(BEGIN, "PLN", 100), Past(BEGIN + DAY, "PLN", 80))
    assert market.products["hat"].history == (Past(BEGIN, "PLN", 100),)


def test_the_shops_server_tells_a_change_and_the_rest_stays(market: Market) -> None:
    market.lists(sold("shoes", 100, stock=5))
    for day in range(1, 35):
        market.now = BEGIN + day * DAY
        market.says(ProductTold("shoes", stock=5 - day % 3))
    market.says(ProductTold("shoes", currency="PLN", price=90))
    market.says(ProductTold("gloves", "red", {"": "Gloves"}, "PLN", 40, 2, url="https://shop.example/gloves"))

    shoes = market.products["shoes"]
    assert (shoes.names["pl"], shoes.prices, shoes.stock, shoes.stocked_at) == ("shoes po polsku", {"PLN": 90}, 4, market.now)
    assert market.products["gloves/red"].prices == {"PLN": 40}
    assert lowest_30d(shoes, "PLN", market.now) is None, "who was not seen to tell prices may have left one out"


def test_two_words_in_one_delivery_count_in_the_order_in_which_they_happened(market: Market) -> None:
    market.lists(sold("shoes", 100))
    market.now += 2 * HOUR
    market.says(ProductTold("shoes", currency="PLN", price=70))
    market.says(ProductTold("shoes", currency="PLN", price=75), late=HOUR)
    market.says(ProductTold("shoes", currency="PLN", price=1), late=3 * HOUR)

    assert market.products["shoes"].prices == {"PLN": 70}


def test_history_is_remembered_and_a_browser_is_not_believed(market: Market) -> None:
    market.says(ProductTold("shoes", names={"": "Shoes"}, currency="PLN", price=100), late=40 * DAY, backfill=True)
    market.says(ProductTold("shoes", currency="PLN", price=80), late=HOUR)
    market.says(ProductTold("shoes", currency="PLN", price=1), source="browser")

    assert lowest_30d(market.products["shoes"], "PLN", market.now) == 100
    assert market.products["shoes"].prices == {"PLN": 80}


# --- what goes together -----------------------------------------------------------------------------------------------------------


def test_a_message_recommends_what_others_had_with_it(market: Market) -> None:
    market.lists(*(sold(key) for key in ("shoes", "polish", "bag", "laces")), sold("gone", stock=0))
    for name in ("anna", "bella", "cora"):
        market.puts_into_cart(name, "shoes", "polish", "gone", "only-a-browser-knows")
    for name in ("dana", "eva", "fay", "gina"):
        market.puts_into_cart(name, "bag", "laces")
    market.says(OrderPlaced("1"), "anna")

    assert recommend(market.database, market.shop, market.now) == 5
    assert recommend(market.database, market.shop, market.now) == 0, "the second time nothing changed"

    assert [pick.key for pick in market.picks("shoes")] == ["polish"]
    assert market.picks("shoes", name="anna") == (), "she bought it"
    assert market.picks("shoes", "polish") == ()
    assert market.picks("only-a-browser-knows") == ()


def test_who_objected_to_messages_is_counted_nowhere(market: Market) -> None:
    market.lists(sold("shoes"), sold("polish"), sold("hat"))
    for name in ("anna", "bella", "cora"):
        market.puts_into_cart(name, "shoes", "polish")
    market.puts_into_cart("dana", "hat")
    market.puts_into_cart("eva", "hat")
    for name in ("bella", "cora"):
        market.says(Other(), name, consents=(Consent("email", given=False),))

    assert recommend(market.database, market.shop, market.now) == 0


def test_whoever_may_be_a_minor_is_counted_nowhere(market: Market) -> None:
    market.lists(sold("shoes"), sold("polish"), sold("hat"))
    market.puts_into_cart("dana", "hat")
    market.puts_into_cart("eva", "hat")
    for name in ("anna", "bella", "cora"):
        market.puts_into_cart(name, "shoes", "polish")
        market.says(Identified(may_be_minor=True), name)
    assert recommend(market.database, market.shop, market.now) == 0

    market.now += HOUR
    for name in ("anna", "bella", "cora"):
        market.says(Identified(may_be_minor=False), name)
    assert recommend(market.database, market.shop, market.now) == 2


def test_without_company_the_category_is_recommended_the_most_wanted_first(market: Market) -> None:
    market.lists(*(sold(key, category="shoes") for key in "abcdefghijkl"), sold("hat", category="hats"))
    market.puts_into_cart("anna", "c")
    market.puts_into_cart("bella", "c")
    market.puts_into_cart("cora", "d")

    recommend(market.database, market.shop, market.now)

    assert [pick.key for pick in market.picks("a")] == ["c", "d", "b", "e"]
    assert market.picks("hat") == ()


def test_a_reduction_is_recommended_while_it_is_one(market: Market) -> None:
    for day in range(32):
        market.now = BEGIN + day * DAY
        market.lists(sold("a", category="shoes"), sold("b", 100 if day < 31 else 80, "shoes"), sold("c", 10, "shoes"))
    recommend(market.database, market.shop, market.now)

    assert [(pick.key, pick.was) for pick in market.picks("a", of="discounted")] == [("b", 100)]
    assert market.products["a"].bargains == ("b",)

    market.now += HOUR
    market.lists(sold("b", 120, "shoes"))
    assert market.picks("a", of="discounted") == ()


def test_an_import_keeps_what_was_worked_out(market: Market) -> None:
    market.lists(sold("a", category="shoes"), sold("b", category="shoes"))
    recommend(market.database, market.shop, market.now)
    market.lists(sold("a", 90, category="shoes"))

    assert (market.products["a"].alike, market.products["a"].prices) == (("b",), {"PLN": 90})


def test_a_shop_larger_than_one_portion_is_read_to_its_end(market: Market) -> None:
    market.lists(*(sold(f"p{place:04}", category="all") for place in range(1_203)))

    assert recommend(market.database, market.shop, market.now) == 1_203
    assert market.products["p1202"].alike[0] == "p0000"


# --- what was said of it ----------------------------------------------------------------------------------------------------------


def test_a_review_is_kept_in_its_latest_words(market: Market) -> None:
    market.says(Reviewed("shoes", "r1", 2, "Too <b>small</b>", "Anna Kowalska"), "anna")
    market.now += HOUR
    market.says(Reviewed("shoes", "r1", 4, "They fit now", "Anna Kowalska"), "anna")
    market.says(Reviewed("shoes", "r1", 1, "An old word"), late=2 * HOUR)
    market.says(Reviewed("shoes", "", 5, "Forged"), source="browser")

    assert market.reviews == [("shoes", 4, "They fit now", "Anna K.")]


def test_reviews_of_the_cart_are_quoted_with_the_average_of_all(market: Market) -> None:
    market.lists(sold("shoes"))
    for number, (rating, text) in enumerate([(1, "Awful"), (5, "Lovely"), (4, ""), (3, "Fair"), (5, "Best"), (5, "Świetne")]):
        market.now += HOUR
        language = "pl" if text == "Świetne" else "en"
        market.says(Reviewed("shoes", f"r{number}", rating, text, "Anna K", language, verified=number != 1))

    said = market.opinions("shoes", language="en-GB")
    polish = market.opinions("shoes", language="pl")

    assert [each["text"] for each in said["reviews"]] == ["Best", "Fair", "Lovely"]  # type: ignore[attr-defined]
    assert [each["text"] for each in polish["reviews"]] == ["Świetne", "Best", "Fair"]  # type: ignore[attr-defined]
    assert (said["reviews_average"], said["reviews_count"], said["reviews_note"]) == (3.8, 6, "some")
    assert polish["reviews_note"] == "verified"
    assert polish["reviews"][0] == {  # type: ignore[index]
        "text": "Świetne", "rating": 5, "author": "Anna K.", "product": "shoes po polsku", "verified": True,
    }  # fmt: skip


def test_where_nobody_praised_the_cart_its_category_speaks(market: Market) -> None:
    market.lists(sold("shoes", category="shoes"), sold("boots", category="shoes"))
    market.says(Reviewed("shoes", "r1", 1, "Awful"))
    market.says(Reviewed("boots", "r2", 5, "Warm"))

    assert market.opinions("shoes") == {}
    recommend(market.database, market.shop, market.now)
    said = market.opinions("shoes")
    assert [(each["text"], each["product"]) for each in said["reviews"]] == [("Warm", "Boots")]  # type: ignore[attr-defined]
    assert (said["reviews_average"], said["reviews_count"], said["reviews_note"]) == (5.0, 1, "unknown")
    assert market.opinions("nothing") == {}

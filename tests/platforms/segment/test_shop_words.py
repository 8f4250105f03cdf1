"""What only the shop's server can say: how a product is, what was said of it, who is in an audience."""

import pytest

from tests.platforms.segment.calls import one, read, track, why
from wraca.domain.events import AudienceChanged, Other, ProductTold, Reviewed, Seen


def test_a_server_tells_what_changed_of_a_product() -> None:
    event = one(track("Product Updated", product_id="shoes", price="19.99", stock=3, url="https://sklep.pl/shoes", season="spring"))

    assert event.body == ProductTold("shoes", currency="PLN", price=1999, stock=3, url="https://sklep.pl/shoes")
    assert (event.identities, event.raw) == ((), {"season": "spring"}), "it is about nobody"


def test_all_of_a_product_can_be_told_at_once() -> None:
    said = {"name": {"pl": "Buty", "": "Shoes"}, "image_url": "https://sklep.pl/a.png", "category": "Feet", "brand": "Plim"}
    event = one(track("Product Updated", sku="S1", variant="red", currency="eur", price=5, inventory="-2", **said))

    assert event.body == ProductTold(
        "S1", "red", {"pl": "Buty", "": "Shoes"}, "EUR", 500, 0, "", "https://sklep.pl/a.png", "Feet", "Plim"
    )


def test_what_a_browser_says_of_a_product_or_an_audience_is_only_kept() -> None:
    event = one(track("Product Updated", product_id="shoes", price=0.01), "browser")
    assert (event.body, event.raw) == (Other(), {"product_id": "shoes", "price": 0.01})
    assert one(track("Audience Entered", audience_name="vip"), "browser").body == Other()
    assert one(track("Product Reviewed", product_id="shoes", rating=5, review_body="Buy!"), "browser").body == Seen("shoes")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "properties.product_id"),
        ({"product_id": "a", "price": "cheap"}, "properties.price"),
        ({"product_id": "a", "stock": "many"}, "properties.stock"),
        ({"product_id": "a", "stock": [1]}, "properties.stock"),
        ({"product_id": "a" * 150, "variant": "b" * 100}, "properties.variant"),
    ],
)
def test_a_word_on_a_product_that_cannot_be_taken_says_why(said: dict[str, object], field: str) -> None:
    assert why(track("Product Updated", **said)) == field


def test_a_review_keeps_no_more_of_its_author_than_is_shown() -> None:
    said = {"review_id": "r1", "review_body": "Nice <i>shoes</i>", "rating": 4.5, "author": "Anna Kowalska", "verified": "yes"}
    event = one(track("Product Reviewed", product_id="shoes", language="pl-PL", **said))

    assert event.body == Reviewed("shoes", "r1", 4, "Nice shoes", "Anna K.", "pl", verified=True)
    assert event.raw == {}


def test_a_review_without_words_and_rating_is_a_sign_of_life() -> None:
    assert one(track("Product Reviewed", product_id="shoes", review_id="r1")).body == Seen("shoes")
    assert why(track("Product Reviewed", product_id="shoes", rating=9)) == "properties.rating"


@pytest.mark.parametrize("name", ["audience_name", "name", "audience_key"])
def test_the_shops_own_tools_put_people_into_audiences(name: str) -> None:
    assert one(track("Audience Entered", **{name: "vip"})).body == AudienceChanged("vip", joined=True)
    assert one(track("Audience Exited", **{name: "vip"})).body == AudienceChanged("vip", joined=False)


def test_an_audience_has_a_name() -> None:
    assert why(track("Audience Entered")) == "properties.audience_name"
    assert why(track("Audience Entered", audience_name="a" * 65)) == "properties.audience_name"


def test_a_product_that_is_looked_at_is_named() -> None:
    assert one(track("Product Viewed", product_id="shoes", url="https://sklep.pl/shoes"), "browser").body == Seen(
        "shoes", "https://sklep.pl/shoes"
    )
    assert [event.body for event in read(track("Product Viewed", sku="S1")).events] == [Seen("S1")]

"""Made-up people and goods, for whoever looks at a message before there is anybody to send it to."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from wraca.app.extras import offer_facts
from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Line, Stage
from wraca.domain.ids import CartId, EventId, PersonId
from wraca.domain.journeys.run import Given
from wraca.domain.offers import Offer, OfferKind
from wraca.domain.people import Permission, Person
from wraca.domain.shop import Shop

PICTURE = "https://pictures.invalid/{}"  # stands for a drawn picture; 0, 1 or 2
MOST_LINES = 50
_DAY = 24 * 3600 * 1000  # ms

Who = Literal["f", "m", "unknown", "nameless"]

_NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {"f": "Anna", "m": "Peter", "unknown": "Alex"},
    "pl": {"f": "Anna", "m": "Piotr", "unknown": "Alex"},
    "bg": {"f": "Анна", "m": "Петър", "unknown": "Алекс"},
}
_GOODS: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "en": (("Coffee grinder, steel", "Black", 4900), ("Filter papers, 100 pieces", "", 590), ("Stoneware mug", "300 ml", 1490)),
    "pl": (
        ("Młynek do kawy, stalowy", "Czarny", 19900),
        ("Filtry papierowe, 100 sztuk", "", 2490),
        ("Kubek kamionkowy", "300 ml", 5900),
    ),
    "bg": (
        ("Мелничка за кафе, стоманена", "Черна", 8900),
        ("Хартиени филтри, 100 броя", "", 1190),
        ("Керамична чаша", "300 мл", 2490),
    ),
}
_PICKS: Mapping[str, tuple[tuple[str, int, int | None], ...]] = {
    "en": (("Gooseneck kettle", 6900, 7900), ("Brewing scale", 3900, None), ("Glass server, 600 ml", 2490, None)),
    "pl": (("Czajnik z wąską wylewką", 24900, 27900), ("Waga do parzenia", 15900, None), ("Dzbanek szklany, 600 ml", 9900, None)),
    "bg": (("Кана с тънък чучур", 12900, 14900), ("Везна за кафе", 7900, None), ("Стъклена кана, 600 мл", 4990, None)),
}
_REVIEWS: Mapping[str, tuple[tuple[int, str, str], ...]] = {
    "en": ((5, "Quiet, even, and easy to clean.", "Helen"), (4, "Sturdy. The handle could be longer.", "Mark")),
    "pl": ((5, "Cichy, mieli równo, łatwo go wyczyścić.", "Helena"), (4, "Solidny, choć korbka mogłaby być dłuższa.", "Marek")),
    "bg": ((5, "Тиха е, мели равномерно и се чисти лесно.", "Елена"), (4, "Здрава е, само ръчката можеше да е по-дълга.", "Марк")),
}


class Sample(msgspec.Struct, frozen=True):
    """Which made-up person with which cart. `lines`: 0-MOST_LINES different products."""

    who: Who = "f"
    is_customer: bool = False
    stage: Stage = Stage.CART
    lines: int = 3
    has_offer: bool = False
    has_pictures: bool = True


def sample_person(sample: Sample, language: str) -> Person:
    """Somebody who may be called by name, unless they have none."""
    names = _NAMES.get(language, _NAMES["en"])
    agreed = {"personalisation": Permission(given=True, at=0, event=EventId(""))}
    return Person(
        PersonId("0" * 32),
        0,
        0,
        first_name=names.get(sample.who, ""),
        gender=sample.who if sample.who in {"f", "m"} else "",
        language=language,
        consents=agreed,
        orders_count=2 if sample.is_customer else 0,
    )


def sample_cart(sample: Sample, shop: Shop, language: str, now: Instant) -> Cart:
    """A cart of goods that a shop for coffee might have, whatever this shop sells."""
    goods = _GOODS.get(language, _GOODS["en"])
    lines = tuple(
        _line(shop, number, *goods[number % len(goods)], has_picture=sample.has_pictures)
        for number in range(min(sample.lines, MOST_LINES))
    )
    return Cart(CartId("0" * 32), "sample", "sample", now, now, lines=lines, currency=shop.currency, stage=sample.stage)


def _line(shop: Shop, number: int, name: str, variant: str, price: int, *, has_picture: bool) -> Line:
    return Line(
        f"sample-{number}",
        2 if number == 1 else 1,
        price,
        name,
        variant,
        f"{shop.home}/sample/{number}",
        PICTURE.format(number % 3) if has_picture else "",
        trusted=True,
    )


def sample_extras(sample: Sample, shop: Shop, language: str, now: Instant) -> dict[str, object]:
    """An offer where the sample has one, recommendations and reviews: in the shape of app/extras.py."""
    picks = [
        {
            "key": f"pick-{number}",
            "name": name,
            "url": f"{shop.home}/sample/pick-{number}",
            "image_url": PICTURE.format(number % 3) if sample.has_pictures else "",
            "price": price,
            "currency": shop.currency,
            "was": was,
        }
        for number, (name, price, was) in enumerate(_PICKS.get(language, _PICKS["en"]))
    ]
    product = _GOODS.get(language, _GOODS["en"])[0][0]
    reviews = [
        {"text": text, "rating": rating, "author": author, "product": product, "verified": True}
        for rating, text, author in _REVIEWS.get(language, _REVIEWS["en"])
    ]
    shown: dict[str, object] = {
        "picks": picks,
        "bargains": picks[:1],
        "reviews": reviews,
        "reviews_average": 4.5,
        "reviews_count": 2,
        "reviews_note": "verified",
    }
    return shown | ({"offer": sample_offer(shop, now)} if sample.has_offer else {})


def sample_offer(shop: Shop, now: Instant) -> dict[str, object]:
    """Ten percent for three days."""
    given = Given(Offer(OfferKind.PERCENT, 10, min_cart=20), "SAMPLE-10", now, now + 3 * _DAY)
    return offer_facts(given, shop.currency)

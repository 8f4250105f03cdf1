"""Made-up messages for previews, the gallery and the linter."""

from typing import Any

from wraca.channels.email.drawing import language_of
from wraca.ports.channel import Links, Outgoing, Recipient, Sender

_SHOP = {
    "en": ("Fern & Field", "12 Mill Lane, Bath BA1 1AA, United Kingdom", "Fern & Field Ltd", "+44 1225 000 000", "GBP"),
    "pl": ("Zielony Kąt", "ul. Młyńska 12, 61-729 Poznań", "Zielony Kąt sp. z o.o.", "+48 61 000 00 00", "PLN"),
    "bg": ("Зелен кът", "ул. „Раковски“ 12, 1000 София", "Зелен кът ЕООД", "+359 2 000 0000", "EUR"),
}
_PRODUCTS = {
    "en": (("Monstera in a clay pot", "Height 40 cm"), ("Watering can, brass", ""), ("Potting soil for houseplants, 10 l", "")),
    "pl": (
        ("Monstera w glinianej doniczce", "Wysokość 40 cm"),
        ("Konewka mosiężna", ""),
        ("Ziemia do roślin doniczkowych, 10 l", ""),
    ),
    "bg": (("Монстера в глинена саксия", "Височина 40 см"), ("Месингова лейка", ""), ("Почва за стайни растения, 10 л", "")),
}
_REVIEWS = {
    "en": (("Arrived whole, and two new leaves since.", "Ruth"), ("Heavier than I thought, in the good sense.", "Owen")),
    "pl": (("Dotarła cała, od tego czasu ma dwa nowe liście.", "Hanna"), ("Solidna, i dobrze leży w dłoni.", "Marek")),
    "bg": (("Пристигна цяла, оттогава има две нови листа.", "Елена"), ("Солидна е и стои добре в ръката.", "Петър")),
}
_NOTES = {
    "en": "The shop shows reviews only of customers who bought the product with it.",
    "pl": "Sklep pokazuje opinie wyłącznie osób, które kupiły w nim produkt.",
    "bg": "Магазинът показва отзиви само на клиенти, които са купили продукта от него.",
}
_FAQ = {
    "en": ("Can I return a plant?", "Yes, within 30 days."),
    "pl": ("Czy można zwrócić roślinę?", "Tak, w ciągu 30 dni."),
    "bg": ("Мога ли да върна растение?", "Да, до 30 дни."),
}
_NAMES = {"en": "Anna", "pl": "Anna", "bg": "Анна"}


def sample_facts(language: str, pictures: tuple[str, ...] = ()) -> dict[str, Any]:
    """Facts of a small cart, in the shape that docs/reference/templates.md gives. `pictures` are used in turn."""
    language = language_of(language)
    name, postal, legal, phone, currency = _SHOP[language]
    lines = [
        {
            "name": product,
            "variant": variant,
            "quantity": quantity,
            "price": price,
            "line_total": price * quantity,
            "url": f"https://shop.example/p/{index}",
            "image_url": pictures[index % len(pictures)] if pictures else f"https://shop.example/i/{index}.jpg",
        }
        for index, ((product, variant), quantity, price) in enumerate(
            zip(_PRODUCTS[language], (1, 1, 2), (3990, 2450, 690), strict=True),
        )
    ]
    return {
        "person": {"first_name": _NAMES[language], "language": language, "is_customer": False},
        "cart": {"lines": lines, "total": 7820, "currency": currency, "stage": "cart", "count": 4},
        "shop": {
            "name": name,
            "domain": "shop.example",
            "url": "https://shop.example/",
            "phone": phone,
            "email": "hello@shop.example",
            "legal_name": legal,
            "postal_address": postal,
        },
        "offer": None,
    }


def full_facts(language: str, pictures: tuple[str, ...] = ()) -> dict[str, Any]:
    """Facts of a small cart with everything that a message can show beside it."""
    facts = sample_facts(language, pictures)
    language, lines = language_of(language), facts["cart"]["lines"]
    lines[0] |= {"was_price": 4990, "lowest_30d": 4790, "stock": 3}
    picks = [
        {name: line[name] for name in ("name", "url", "image_url", "price")} | {"currency": facts["cart"]["currency"], "was": was}
        for line, was in zip(lines[1:], (2990, None), strict=True)
    ]
    reviews = [
        {"text": text, "rating": 5, "author": author, "product": line["name"], "verified": True}
        for line, (text, author) in zip(lines, _REVIEWS[language], strict=False)
    ]
    question, answer = _FAQ[language]
    facts["shop"]["social"] = {"instagram": "https://instagram.com/shop.example", "youtube": "https://youtube.com/@shop.example"}
    return facts | {
        "offer": {
            "code": "FERN-7K2Q", "kind": "percent", "value": 10, "text": "", "expires": 1_800_000_000_000, "min_cart": 5000,
        },
        "picks": picks,
        "reviews": reviews,
        "reviews_note": _NOTES[language],
        "faq": [{"question": question, "answer": answer}],
        "links": {"reason": "https://go.shop.example/w/sample"},
    }  # fmt: skip


def barest_facts(language: str) -> dict[str, Any]:
    """The least that a message can be made of: a product and its shop; no name, price, picture, offer or address."""
    facts = sample_facts(language)
    line = facts["cart"]["lines"][0]
    return {
        "person": {},
        "cart": {"lines": [{"name": line["name"], "quantity": 1, "price": None, "line_total": None}], "total": None},
        "shop": {"name": facts["shop"]["name"]},
        "offer": None,
    }


def longest_facts(language: str) -> dict[str, Any]:
    """Fifty lines with long names and addresses, and everything beside them."""
    facts = full_facts(language)
    long = {
        "name": "Wymagający " * 18,
        "url": "https://shop.example/" + "p" * 300,
        "image_url": "https://shop.example/" + "i" * 300,
    }
    facts["cart"]["lines"] = [line | long for line in facts["cart"]["lines"][:1] * 50]
    return facts


def sample_message(template: str, language: str, **changes: Any) -> Outgoing:
    """A message to nobody; `changes` replace its fields."""
    facts = changes.pop("facts", None) or sample_facts(language)
    shop = facts["shop"]
    links = Links(
        restore="https://go.shop.example/r/sample",
        preferences="https://go.shop.example/u/sample",
        open="https://go.shop.example/o/sample",
        click="https://go.shop.example/c/sample",
        targets=tuple(line["url"] for line in facts["cart"]["lines"] if line.get("url")),
    )
    fields: dict[str, Any] = {
        "key": "0" * 32,
        "shop": "sample",
        "recipient": Recipient("anna@example.com", facts["person"].get("first_name") or ""),
        "sender": Sender(shop["name"], "hello@shop.example", "", shop.get("legal_name") or "", shop.get("postal_address") or ""),
        "template": template,
        "language": language,
        "facts": facts,
        "links": links,
        "settings": {},
        "sent_at": 1_800_000_000_000,
    }
    return Outgoing(**(fields | changes))

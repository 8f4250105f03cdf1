"""Made-up messages for previews, the gallery and the linter."""

from typing import Any

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
_NAMES = {"en": "Anna", "pl": "Anna", "bg": "Анна"}


def sample_facts(language: str, pictures: tuple[str, ...] = ()) -> dict[str, Any]:
    """Facts of a small cart, in the shape that docs/reference/templates.md gives. `pictures` are used in turn."""
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


def sample_message(template: str, language: str, **changes: Any) -> Outgoing:
    """A message to nobody; `changes` replace its fields."""
    facts = changes.pop("facts", None) or sample_facts(language)
    links = Links(
        restore="https://go.shop.example/r/sample",
        preferences="https://go.shop.example/u/sample",
        open="https://go.shop.example/o/sample",
        click="https://go.shop.example/c/sample",
        targets=tuple(line["url"] for line in facts["cart"]["lines"]),
    )
    fields: dict[str, Any] = {
        "key": "0" * 32,
        "shop": "sample",
        "recipient": Recipient("anna@example.com", facts["person"]["first_name"]),
        "sender": Sender(
            facts["shop"]["name"], "hello@shop.example", "", facts["shop"]["legal_name"], facts["shop"]["postal_address"]
        ),
        "template": template,
        "language": language,
        "facts": facts,
        "links": links,
        "settings": {},
        "sent_at": 1_800_000_000_000,
    }
    return Outgoing(**(fields | changes))

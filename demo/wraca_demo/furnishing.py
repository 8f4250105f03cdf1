"""What a merchant would do by hand before the first event: shop, mail server, journeys, catalogue, reviews, an account."""

from importlib.resources import files

import msgspec

from wraca.app.accounts import make_owner
from wraca.app.catalogue import put_products
from wraca.app.channels import save_channel
from wraca.app.journeys import activate, put_journey
from wraca.app.placing import Draft, Key, save
from wraca.app.reviewing import put_reviews
from wraca.app.shops import CreatedShop, ShopFields, create_shop
from wraca.bootstrap import Wraca, ready_made_placements
from wraca.domain.events import Reviewed
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.domain.products import Product
from wraca.domain.shop import Profile
from wraca_demo.shop import catalogue

ADDRESS, PASSWORD = "demo@parrot.example", "a-parrot-in-plimsolls"
_CENTS = 100
_DAY = 24 * 3600 * 1000
_REVIEWS = (
    ("white-plimsolls", 5, "Walked to work in them on the first day. No blister, no regret.", "Hanna P."),
    ("white-plimsolls", 4, "Comfortable from the start. White stays white only with some effort.", "Tom B."),
    ("white-plimsolls", 3, "Fine shoes, half a size too large for me. The exchange was quick.", "Iva S."),
    ("mighty-mug", 5, "Survived the kitchen floor. The floor did not.", "Marek D."),
    ("mighty-mug", 4, "Holds an honest amount of tea and stays warm long enough to forget about it.", "Anna K."),
)


def furnish(wraca: Wraca, shop_url: str, smtp_port: int) -> CreatedShop:
    """A shop in Poland, so that the law asks for a recorded consent; everybody gets the messages, nobody is held out."""
    now = wraca.now()
    profile = Profile(
        legal_name="Parrot & Plimsoll Ltd", postal_address="1 Pretend Street, 00-001 Warszawa", email="hello@parrot.example"
    )
    fields = ShopFields("Parrot & Plimsoll", shop_url, "PL", "EUR", "en", "Europe/Warsaw", "explicit")
    made = create_shop(fields, now, profile)
    save_channel(wraca.register, made.id, "email", {"url": f"smtp://127.0.0.1:{smtp_port}", "from": "hello@parrot.example"})
    save_channel(wraca.register, made.id, "webpush", {"contact": "hello@parrot.example"})
    text = (files(__package__) / "journey.yaml").read_text(encoding="utf-8")
    name, _ = put_journey(made.bucket, made.id, text, "demo", now)
    activate(made.bucket, made.id, name, now)
    for ready_made in preset_names():  # to look at, to change and to try: only the first one runs
        if ready_made != name:
            put_journey(made.bucket, made.id, preset_text(ready_made), "demo", now)
    put_products(wraca.database, made.id, [_product(each, shop_url) for each in catalogue()], now)
    _put_reviews(wraca, made, now)
    _place(made, shop_url, now)
    save_channel(wraca.register, made.id, "onsite", {})
    make_owner(made.bucket, made.id, ADDRESS, PASSWORD)
    wraca.register.forget()
    return made


def _put_reviews(wraca: Wraca, made: CreatedShop, now: int) -> None:
    """What pretended customers think; not all of them are pleased."""
    reviews = [
        (
            made.id,
            Reviewed(product, f"demo-{number}", rating, text, author, "en", verified=True),
            now - number * _DAY,
            f"demo-{number}",
        )
        for number, (product, rating, text, author) in enumerate(_REVIEWS, 1)
    ]
    with wraca.database.write() as tx:
        put_reviews(tx, made.bucket, reviews)


def _place(made: CreatedShop, shop_url: str, now: int) -> None:
    """What visitors see on the shop's own pages: the saved cart on their return, a form when they leave, a block."""
    for name in ("welcome-back", "exit-form", "cart-block"):
        ready = ready_made_placements()[name]
        rules = msgspec.structs.replace(ready.rules, after=0, pages=("/", "/p/*"))
        draft = Draft(name, ready.kind, rules, ready.panels, is_active=True)
        save(Key(made.bucket, made.id), shop_url, draft, "demo", now)


def _product(said: dict[str, object], shop_url: str) -> Product:
    names, prices = said["name"], said["price"]
    assert isinstance(names, dict)
    assert isinstance(prices, dict)
    return Product(
        key=str(said["product_id"]),
        names={**names, "": names["en"]},
        prices={currency: round(float(amount) * _CENTS) for currency, amount in prices.items()},
        url=f"{shop_url}/p/{said['product_id']}",
        image_url=f"{shop_url}/pictures/{said['image']}",
        category=str(said["category"]),
    )

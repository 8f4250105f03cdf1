"""A believable shop for the console's tests and pictures: a month of visitors, played through the real installation."""

import random
from collections.abc import Iterator

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from wraca.app.journeys import put_journey
from wraca.app.shops import make_key
from wraca.console import wiring
from wraca.console.roles import Role
from wraca.domain.events import (
    CartReplaced,
    Consent,
    Identified,
    Identity,
    IdentityKind,
    Line,
    LineAdded,
    OrderPlaced,
    OrderState,
    Stage,
    StageReached,
)
from wraca.domain.journeys.presets import preset_text
from wraca.ports.channel import Channel, Refused, Unavailable
from wraca.storage.database import Database
from wraca.storage.fields import to_datetime
from wraca.storage.models import EventRow, HitRow, Member, OutboxRow, Shop
from wraca.testing.shops import ShopRow
from wraca.testing.world import World

PASSWORD = "grinder kettle filter"
GOODS = (
    ("kettle", "Gooseneck kettle", 24_900),
    ("grinder", "Hand grinder, steel", 38_900),
    ("filters", "Paper filters, 100 pieces", 2_490),
    ("beans", "Ethiopia Guji, 250 g", 4_900),
    ("scale", "Brewing scale", 15_900),
    ("mug", "Stoneware mug", 6_900),
    ("server", "Glass server, 600 ml", 9_900),
)
EVENT_NAMES = {
    "LineAdded": "Product Added", "CartReplaced": "Cart Updated", "StageReached": "Checkout Step Completed",
    "OrderPlaced": "Order Completed", "Identified": "identify", "FeedChecked": "Order Feed Checked",
}  # fmt: skip
NAMES = (
    ("anna", "Anna", "Nowak"), ("piotr", "Piotr", "Zieliński"), ("maria", "Maria", "Petrova"), ("georgi", "Georgi", "Dimitrov"),
    ("ewa", "Ewa", "Kowalska"), ("tomasz", "Tomasz", "Lis"), ("elena", "Elena", "Ivanova"), ("jan", "Jan", "Wójcik"),
    ("kasia", "Katarzyna", "Mazur"), ("ivan", "Ivan", "Stoyanov"), ("ola", "Aleksandra", "Król"), ("marek", "Marek", "Duda"),
    ("zofia", "Zofia", "Wrona"), ("nikola", "Nikola", "Todorov"), ("hania", "Hanna", "Sikora"), ("adam", "Adam", "Bielski"),
)  # fmt: skip


class Scene(msgspec.Struct):
    """What was built: the world goes on living when its time passes."""

    world: World
    shop: str
    owner: User


def build(database: Database, email: Channel | None = None, *, days: int = 24) -> Scene:
    """Play a month. The same numbers every time."""
    profile: dict[str, object] = {
        "legal_name": "Kawa i Spółka sp. z o.o.",
        "postal_address": "ul. Młyńska 12, 61-729 Poznań",
        "phone": "+48 61 222 33 44",
    }
    row = ShopRow(name="Kawa & Spółka", domain="kawa.example", country="PL", currency="PLN", settings=profile)
    world = World(database, journey=preset_text("reaction-series"), shop=row)
    put_journey(world.bucket, world.shop, preset_text("standard"), "owner@kawa.example", world.now)
    Shop.objects.filter(bucket=world.bucket).update(created_at=to_datetime(world.now))
    make_key(world.bucket, world.shop, "browser", world.now)
    make_key(world.bucket, world.shop, "server", world.now)
    owner = member(world, "owner@kawa.example", Role.OWNER, is_superuser=True)
    if email is not None:  # so that subjects are those of real messages
        world.channel.render = email.render  # type: ignore[method-assign]
    play(world, random.Random(11), days)
    name_events(world)
    connect(world, email)
    return Scene(world, world.shop, owner)


def connect(world: World, email: Channel | None = None) -> None:
    """Let the console see this world, with a real e-mail channel where one is given."""
    if email is not None:
        world.register.channels = {"email": email}
    wiring.connect(lambda: world.now, world.register, "http://127.0.0.1:8000")


def member(world: World, address: str, role: Role, *, is_superuser: bool = False) -> User:
    """An account with this role in the shop."""
    user = User.objects.create_user(username=address, email=address, password=PASSWORD, is_superuser=is_superuser)
    Member.objects.create(bucket=world.bucket, shop_id=world.shop, user=user, role=role)
    return user


def play(world: World, chance: random.Random, days: int) -> None:
    for _ in range(days):
        for visitor in _visitors(chance):
            visit(world, chance, visitor)
            world.pass_time(minutes=chance.randint(20, 160))
            answer(world, chance)
        world.pass_time(hours=chance.randint(8, 12))
        answer(world, chance)
    mishaps(world)


def _visitors(chance: random.Random) -> Iterator[int]:
    return iter(chance.sample(range(len(NAMES) + 6), k=chance.randint(3, 6)))


def visit(world: World, chance: random.Random, number: int) -> None:
    """Somebody puts things into a cart, goes some way to the order, and now and then to its end."""
    browser = Identity(IdentityKind.ANONYMOUS, f"browser-{number}")
    who: tuple[Identity, ...] = (browser,)
    if number < len(NAMES):
        key, first, last = NAMES[number]
        who = (Identity(IdentityKind.USER, f"c-{1000 + number}"), Identity(IdentityKind.EMAIL, f"{key}@example.com"), browser)
        agreed = (Consent("email", given=True, mechanism="checkbox", text="News about my cart"),) if number % 5 else ()
        world.happens(Identified(first, last, language=("pl", "en", "bg")[number % 3]), *who, consents=agreed)
    for product, name, price in chance.sample(GOODS, k=chance.randint(1, 3)):
        url = f"https://kawa.example/p/{product}"
        line = Line(product, chance.choice((1, 1, 2)), price, name, url=url, trusted=True)
        world.happens(LineAdded(line, currency="PLN"), *who)
        world.pass_time(minutes=chance.randint(1, 4))
    go_on(world, chance, who)


def go_on(world: World, chance: random.Random, who: tuple[Identity, ...]) -> None:
    """Empty the cart, leave it, or come as far as the dice say."""
    dice = chance.random()
    if dice < 0.08:
        world.happens(CartReplaced(), *who)
    steps = (
        (0.35, StageReached(Stage.CONTACT)),
        (0.5, StageReached(Stage.SHIPPING, shipping_method="Courier", shipping=1_499)),
        (0.65, StageReached(Stage.PAYMENT, payment_method=chance.choice(("BLIK", "Card", "Bank transfer")))),
    )
    for bar, step in steps:
        if dice > bar:
            world.happens(step, *who)
            world.pass_time(minutes=1)
    if dice > 0.78:
        buy(world, chance, who)


def buy(world: World, chance: random.Random, who: tuple[Identity, ...]) -> None:
    number = f"{world.now // 60_000 % 1_000_000}"
    world.happens(OrderPlaced(number, OrderState.PAID, currency="PLN", total=chance.randint(40, 600) * 100), *who)


def answer(world: World, chance: random.Random) -> None:
    """People (and machines) open and click what came; some of them buy after it."""
    answered = set(HitRow.objects.values_list("message_id", flat=True))
    people = dict(addresses(world))
    for row in OutboxRow.objects.filter(bucket=world.bucket, state="accepted").exclude(id__in=answered):
        dice = chance.random()
        verdict = "machine" if dice < 0.15 else "unknown" if dice < 0.4 else "human"
        hit(world, row, "open", verdict, chance)
        if dice > 0.7:
            hit(world, row, "click", "human", chance)
        if dice > 0.85 and row.person_id in people:
            buy(world, chance, people[row.person_id])


def hit(world: World, row: OutboxRow, purpose: str, verdict: str, chance: random.Random) -> None:
    reason = {"human": "landed on the page", "machine": "no browser headers", "unknown": "image proxy"}[verdict]
    HitRow.objects.create(
        bucket=world.bucket, shop_id=world.shop, id=f"{chance.getrandbits(128):032x}", message_id=row.id, person_id=row.person_id,
        purpose=purpose, at=to_datetime(world.now), verdict=verdict, reason=reason,
    )  # fmt: skip


def name_events(world: World) -> None:
    """The names that a shop's Segment client would have used."""
    with transaction.atomic():
        for row in EventRow.objects.filter(bucket=world.bucket):
            row.payload["name"] = EVENT_NAMES.get(row.payload["name"], row.payload["name"])
            EventRow.objects.filter(bucket=world.bucket, shop_id=world.shop, id=row.id).update(payload=row.payload)


def addresses(world: World) -> Iterator[tuple[str, tuple[Identity, ...]]]:
    from wraca.storage.models import Identity as Row

    for person, key in Row.objects.filter(bucket=world.bucket, key__startswith="email:").values_list("person_id", "key"):
        yield person, (Identity(IdentityKind.EMAIL, key.partition(":")[2]),)


def mishaps(world: World) -> None:
    """A message of each unlucky kind at the end: refused, unavailable, broken off, and carts that nobody has looked at yet."""

    def refuse(_message: object) -> None:
        raise Refused("mailbox_full", "552 5.2.2 mailbox full")

    def unreachable(_message: object) -> None:
        raise Unavailable("connect", "connection refused", retry_after=1800)

    def cut(_message: object) -> None:
        raise ConnectionResetError("the line broke after DATA")

    for number, mishap in enumerate((refuse, cut, unreachable)):
        world.leaves_cart(f"guest{number}", 12_900 + number * 1000, "scale")
        world.channel.mishap = mishap
        world.pass_time(hours=1, minutes=5)
    world.channel.mishap = None
    for number in (3, 4):
        world.leaves_cart(f"guest{number}", 30_000 + number * 1000, "grinder")
        world.pass_time(minutes=20)

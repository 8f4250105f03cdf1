"""The block in the shop's own newsletter: what somebody left in the cart, asked for at the moment the newsletter is opened.

A link names its reader by an HMAC (domain/newsletter.py). Which person that is stands in the table of links, as a hash, written
when they are taken in (app/readers.py): only for shops that switched the block on.
"""

import base64

import msgspec

from wraca.app.facts import has_bought, newest_cart
from wraca.app.links import LIFE, LinkRow, own_address, token_hash
from wraca.app.register import NoSuchShop, Register
from wraca.app.weighing import Good, goods_of, load_products, product_keys
from wraca.domain.carts import Cart
from wraca.domain.consent import may_contact
from wraca.domain.events import Instant
from wraca.domain.ids import MessageId, PersonId, ShopId, bucket_of, derived_id
from wraca.domain.journeys.about import About
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import intake, runs
from wraca.storage.hot import links as sql
from wraca.storage.hot.newsletter import READER

_MOST = 4  # lines in a block
_DAY = 24 * 3600 * 1000
_OF_A_CART = About()
_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)


class BlockLine(msgspec.Struct, frozen=True):
    """One product. `price` for one piece in minor units; None where nobody said it."""

    name: str
    variant: str
    quantity: int
    price: int | None
    image: str


class Block(msgspec.Struct, frozen=True):
    """What a newsletter may show to one reader; nothing of who they are. `more`: products beyond those shown."""

    shop: str
    home: str
    language: str = "en"
    currency: str = ""
    lines: tuple[BlockLine, ...] = ()
    more: int = 0
    link: str = ""  # back to the cart


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _AddressKey(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


class Newsletter:
    """One per process."""

    def __init__(self, register: Register, public_url: str) -> None:
        self._register = register
        self._public = public_url.rstrip("/")

    def block(self, shop_id: ShopId, key: str, now: Instant) -> Block | None:
        """The block for the reader of this key. A shop that there is not, or that has no newsletter: None.

        A forged key, and a reader for whom there is nothing to show, give the same empty block.
        """
        try:
            shop = self._register.shop(shop_id)
        except NoSuchShop:
            return None
        if not shop.profile.newsletter:
            return None
        nothing = Block(shop.name, f"{shop.home}/", shop.language)
        if shop.paused_at is not None:
            return nothing
        bucket = bucket_of(shop_id)
        with self._register.database.read() as tx:
            found = self._shown(tx, bucket, shop, key, now)
            if found is None:
                return nothing
            person, cart, goods = found
            row = self._way_back(bucket, shop, person, cart, now)
            is_known = bool(tx.all(sql.FIND_LINK, bucket=bucket, hash=row[1].hash))
        if not is_known:
            with self._register.database.write() as tx:
                tx.run(sql.ADD_LINKS, [row[1]], bucket=bucket)
        return Block(
            shop.name,
            f"{shop.home}/",
            (person.language or shop.language)[:2].lower(),
            cart.currency or shop.currency,
            tuple(_line(shop, good) for good in goods[:_MOST]),
            max(0, len(goods) - _MOST),
            f"{self._public}/r/{row[0]}",
        )

    def _shown(
        self, tx: Transaction, bucket: int, shop: Shop, key: str, now: Instant
    ) -> tuple[Person, Cart, tuple[Good, ...]] | None:
        """Whom the key names, their cart and what of it may be shown; None where there is nothing to show, for whatever reason."""
        rows = tx.all(READER, bucket=bucket, shop=shop.id, hash=token_hash(key))
        person = _person.decode(rows[0][0]) if rows else None
        if person is None or not self._may_be_shown(tx, bucket, shop, person):
            return None
        carts = [_cart.decode(body) for _, _, body in tx.all(intake.FIND_CARTS, [_PersonKey(shop.id, person.id)], bucket=bucket)]
        cart = newest_cart([one for one in carts if one.is_waiting() and not one.is_lost(now)], None)
        if cart is None or has_bought(person, cart, cart.started_at):
            return None
        products = load_products(tx, bucket, ((shop.id, each) for each in product_keys(_OF_A_CART, cart)))
        goods = goods_of(products, shop, person, _OF_A_CART, cart)
        return (person, cart, goods) if goods else None

    def _may_be_shown(self, tx: Transaction, bucket: int, shop: Shop, person: Person) -> bool:
        """As for a message by e-mail: who said no there, or to being recognised, sees nothing here either."""
        word = person.consents.get("personalisation")
        if (word is not None and not word.given) or not may_contact(person, "email", shop.country, shop.permission).is_given:
            return False
        hashed = self._register.seal.address_hash(shop.id, "email", person.email)
        return not tx.all(runs.SUPPRESSED, [_AddressKey(shop.id, "email", hashed)], bucket=bucket)

    def _way_back(self, bucket: int, shop: Shop, person: Person, cart: Cart, now: Instant) -> tuple[str, LinkRow]:
        """A token to the cart: the same for one person, cart and day, however often the newsletter is opened.

        It is made with the installation's secret instead of at random, so that it can be made again: only its hash is kept.
        """
        day = now // _DAY
        secret = bytes.fromhex(self._register.seal.address_hash(shop.id, "newsletter-token", f"{person.id}|{cart.id}|{day}"))
        token = base64.urlsafe_b64encode(bytes([bucket]) + secret[:20]).rstrip(b"=").decode()
        message = MessageId(derived_id(shop.id, "newsletter", person.id, str(day)))
        until = (day + 1) * _DAY + LIFE["restore"]
        return token, LinkRow(shop.id, token_hash(token), "restore", message, person.id, cart.id, (shop.restore_url,), until)


def _line(shop: Shop, good: Good) -> BlockLine:
    shown = good.shown
    is_believed = good.line.trusted or (good.product is not None and good.product.key == good.line.key)
    image = shown.image_url if shown.image_url.startswith("https://") or own_address(shop, shown.image_url) else ""
    return BlockLine(shown.name, good.line.variant if is_believed else "", shown.quantity, shown.price, image)

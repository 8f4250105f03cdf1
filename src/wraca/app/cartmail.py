"""The cart that somebody asked to have mailed, with the catalogue's word on it."""

import msgspec

from wraca.app.composing import compose
from wraca.app.links import LinkMaker
from wraca.app.register import Connection, Register
from wraca.app.weighing import Claimed, Material, RunNow, goods_of, load_products, product_keys
from wraca.domain.carts import Cart
from wraca.domain.consent import Permission
from wraca.domain.events import Instant
from wraca.domain.gate import Known
from wraca.domain.ids import CartId, MessageId, RunId, StepId
from wraca.domain.journeys.about import About
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.ports.channel import Outgoing
from wraca.storage.hot import links as links_sql

_cart = msgspec.json.Decoder(Cart)


class Wanted(msgspec.Struct, frozen=True):
    """Which cart, for whom. `person` has nothing but the address and the language; `key` is the message's own."""

    key: MessageId
    channel: str
    cart: CartId
    person: Person


def cart_mail(
    register: Register, shop: Shop, wanted: Wanted, connection: Connection, public_url: str, now: Instant
) -> Outgoing | None:
    """The message; None where the cart was ordered or emptied since, or holds nothing that may be shown."""
    maker, person = LinkMaker(public_url), wanted.person
    with register.database.write() as tx:
        rows = tx.all(links_sql.CART_OF_LINK, bucket=shop.bucket, shop=shop.id, cart=wanted.cart)
        cart = _cart.decode(rows[0][0]) if rows else None
        if cart is None or not cart.is_waiting():
            return None
        products = load_products(tx, shop.bucket, ((shop.id, key) for key in product_keys(About(), cart)))
        goods = goods_of(products, shop, person, About(), cart)
        known = Known(Permission(is_given=True, basis="asked"), now)
        run = RunNow(person.id, "", 0, "", now, About(), cart)
        made_of = Material(shop, person, cart, goods, known, connection, run)
        message = compose(register, _claimed(shop, wanted), made_of, maker, now)
        tx.run(links_sql.ADD_LINKS, maker.rows, bucket=shop.bucket)
    return message if goods else None


def _claimed(shop: Shop, wanted: Wanted) -> Claimed:
    return Claimed(
        shop.id,
        RunId(""),
        StepId(""),
        wanted.channel,
        wanted.key,
        wanted.person.id,
        wanted.cart,
        "",
        "popup-thanks-mail",
        held_out=False,
        deadline=0,
        attempts=0,
    )

"""What people (and machines) do with a message: open it, follow its links, take their cart back, say no."""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from wraca.app.answers import LinkAnswer, PreferencesPage, Purpose, RestoredCart, Scope
from wraca.app.hits import Link, find_link, record_hit
from wraca.app.leaving import preferences, unsubscribe
from wraca.app.links import LIFE, LinkRow, new_token, own_address, token_hash
from wraca.app.register import Register
from wraca.domain.carts import Cart, CartState
from wraca.domain.events import Instant
from wraca.domain.evidence import Evidence
from wraca.domain.ids import HitId, ShopId
from wraca.domain.people import Person
from wraca.domain.products import Product, shown_line
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import links as sql
from wraca.storage.hot import outbox

_person = msgspec.json.Decoder(Person)
_cart = msgspec.json.Decoder(Cart)
_product = msgspec.json.Decoder(Product)
_targets = msgspec.json.Decoder(list[str])


class _ProductKey(msgspec.Struct):
    shop: ShopId
    key: str


class Desk:
    """Answers the links of messages. Unknown, expired, revoked and foreign tokens all get the same None."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    # --- following links ------------------------------------------------------------------------------------------------------

    def open_link(self, token: str, purpose: Purpose, index: int | None, evidence: Evidence, now: Instant) -> LinkAnswer | None:
        """Record the hit with its evidence and say where the link leads."""
        link, bucket = find_link(self._database, token, purpose, now)
        if link is None:
            return None
        shop = self._register.shop(link.shop)
        targets = _targets.decode(link.targets)
        if purpose == "click" and not (index is not None and 0 <= index < len(targets) and targets[index]):
            return None
        with self._database.write() as tx:
            if purpose == "open" and not (shop.profile.pixel and self._allows_tracking(tx, bucket, link)):
                return LinkAnswer("")  # switched off or taken back since: a pixel that is out there answers and stores nothing
            hit = record_hit(tx, bucket, self._register.hearers, link, index, evidence, now)
            if purpose == "restore":
                return LinkAnswer(self._restore_address(tx, bucket, shop, link, hit, now))
        return LinkAnswer(targets[index] if purpose == "click" and index is not None else "")

    def _allows_tracking(self, tx: Transaction, bucket: int, link: Link) -> bool:
        rows = tx.all(sql.PERSON_OF_LINK, bucket=bucket, shop=link.shop, person=link.person)
        return bool(rows) and _person.decode(rows[0][0]).allows_tracking

    def _restore_address(self, tx: Transaction, bucket: int, shop: Shop, link: Link, hit: HitId, now: Instant) -> str:
        """The shop's page that takes the cart back, with a short-lived token for the lines alone."""
        cart = self._cart(tx, bucket, link)
        if cart is None or cart.state is CartState.ORDERED or not cart.lines:
            return _with(_elsewhere(shop, link) or f"{shop.home}/", {"wraca_hit": hit})
        token = new_token(bucket)
        row = LinkRow(link.shop, token_hash(token), "lines", link.message, link.person, link.cart, (), now + LIFE["lines"])
        tx.run(sql.ADD_LINKS, [row], bucket=bucket)
        base = shop.profile.restore_url or own_address(shop, cart.checkout_url) or f"{shop.home}/"
        return _with(base, {"wraca_restore": token, "wraca_hit": hit})

    def _cart(self, tx: Transaction, bucket: int, link: Link) -> Cart | None:
        rows = tx.all(sql.CART_OF_LINK, bucket=bucket, shop=link.shop, cart=link.cart)
        return _cart.decode(rows[0][0]) if rows else None

    # --- taking the cart back -------------------------------------------------------------------------------------------------

    def restore_lines(self, token: str, now: Instant) -> RestoredCart | None:
        """The things in the cart, and nothing about whose it was."""
        link, bucket = find_link(self._database, token, "lines", now)
        if link is None:
            return None
        shop = self._register.shop(link.shop)
        with self._database.read() as tx:
            cart = self._cart(tx, bucket, link)
            if cart is None or cart.state is CartState.ORDERED:
                return None
            keys = sorted({key for line in cart.lines for key in (line.key, line.product_id)})
            found = tx.all(outbox.PRODUCTS, [_ProductKey(link.shop, key) for key in keys], bucket=bucket)
        products = {key: _product.decode(body) for _, key, body in found}
        lines = []
        for line in cart.lines:
            product = products.get(line.key) or products.get(line.product_id)
            lines.append(shown_line(line, product, cart.currency, shop.language) or line)
        return RestoredCart(tuple(lines), cart.currency, cart.coupon, cart.stage, (shop.home,))

    # --- saying no ------------------------------------------------------------------------------------------------------------

    def preferences(self, token: str, now: Instant) -> PreferencesPage | None:
        """What the page behind an unsubscribe link shows. Looking changes nothing."""
        return preferences(self._register, token, now)

    def unsubscribe(self, token: str, scope: Scope, now: Instant) -> bool:
        """Stop writing to the person: at once, and again and again without harm. True for every token that was ever good."""
        return unsubscribe(self._register, token, scope, now)


def _elsewhere(shop: Shop, link: Link) -> str:
    """Where a message about no cart leads: the page of what it is about."""
    targets = _targets.decode(link.targets)
    return targets[0] if targets and targets[0] != shop.restore_url else ""


def _with(address: str, parameters: Mapping[str, str]) -> str:
    before, mark, fragment = address.partition("#")
    return f"{before}{'&' if '?' in before else '?'}{urlencode(parameters)}{mark}{fragment}"

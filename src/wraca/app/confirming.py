"""The two messages of a double opt-in: the question whether the address is right, and the cart that was asked for.

Each goes at most once: it is written down before it leaves. What could not be handed over is tried again
until the wish runs out.
"""

import msgspec
import structlog

from wraca.app.capturing import Kept, opened
from wraca.app.cartmail import Wanted, cart_mail
from wraca.app.composing import shop_facts
from wraca.app.register import Connection, NoSuchShop, Register
from wraca.domain.events import Instant
from wraca.domain.identity import person_id
from wraca.domain.ids import CartId, MessageId, ShopId, derived_id
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.ports.channel import ChannelError, Links, Outgoing, Recipient, Sender, TemplateProblem, Unavailable
from wraca.storage.hot import placements as sql
from wraca.storage.hot import runs

_MOST = 50  # messages in one look
_DAY = 24 * 3600 * 1000

_log = structlog.get_logger()


class _Due(msgspec.Struct, frozen=True):
    """The columns of CLAIM_OPT_INS, in their order."""

    shop: ShopId
    hash: str
    channel: str
    sealed: str
    cart: CartId | None
    language: str
    confirmed_at: Instant | None


class _AgainRow(msgspec.Struct):
    shop: ShopId
    hash: str
    asked_at: Instant


class _AddressRow(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str


def mail_opt_ins(register: Register, bucket: int, now: Instant) -> int:
    """Send what is due in this bucket and delete what ran out; how many messages were looked at. Raises DatabaseBusy."""
    with register.database.write() as tx:
        tx.run(sql.FORGET_OPT_INS, bucket=bucket, now=now, done=now - _DAY)
        found = tx.all(sql.CLAIM_OPT_INS, bucket=bucket, now=now, since=now - 7 * _DAY, most=_MOST)
    due = [_Due(*row) for row in found]
    again = [one for one in due if not _is_done(register, one, now)]
    if again:
        with register.database.write() as tx:
            tx.run(sql.MAIL_AGAIN, [_AgainRow(one.shop, one.hash, now + 60_000) for one in again], bucket=bucket)
    return len(due)


def _is_done(register: Register, due: _Due, now: Instant) -> bool:
    """Hand one message over; False where it is to be tried again."""
    try:
        shop, connection = register.shop(due.shop), register.connection(due.shop, due.channel)
        if connection is None or connection.paused_until > now:
            return False
        kept = opened(register, due.sealed)
        if _is_suppressed(register, shop, due.channel, kept.address):
            return True
        message = (
            _question(shop, due, kept, connection, now)
            if due.confirmed_at is None
            else _cart_mail(register, shop, due, kept, connection, now)
        )
        if message is not None:
            channel = register.channels[due.channel]
            channel.deliver(message, channel.render(message))
    except Unavailable:
        return False
    except (ChannelError, TemplateProblem, NoSuchShop) as problem:
        _log.warning("a confirmation was not taken", shop=due.shop, problem=type(problem).__name__)
    except Exception:  # noqa: BLE001  (the port says: anything else leaves it uncertain; it is not sent twice)
        _log.exception("a confirmation may have gone out", shop=due.shop)
    return True


def _is_suppressed(register: Register, shop: Shop, channel: str, address: str) -> bool:
    """Whether it must not be written to whatever was asked: dead, complained, erased. Who only unsubscribed may ask again."""
    row = _AddressRow(shop.id, channel, register.seal.address_hash(shop.id, channel, address))
    with register.database.read() as tx:
        found = tx.all(runs.SUPPRESSED, [row], bucket=shop.bucket)
    return any(reason != "unsubscribed" for *_, reason in found)


def _question(shop: Shop, due: _Due, kept: Kept, connection: Connection, now: Instant) -> Outgoing:
    """A service message: it asks, and advertises nothing."""
    settings = connection.settings
    return Outgoing(
        key=derived_id(shop.id, "confirm", due.hash),
        shop=shop.id,
        recipient=Recipient(kept.address),
        sender=Sender(
            str(settings.get("from_name") or shop.name),
            str(settings.get("from") or ""),
            str(settings.get("reply_to") or ""),
            shop.profile.legal_name or shop.name,
            shop.profile.postal_address,
        ),
        template="confirm-address",
        language=due.language,
        facts={"shop": shop_facts(shop), "cart": {"lines": []}, "person": {"language": due.language}},
        links=Links(restore=kept.link, preferences=kept.link),
        settings=settings,
        sent_at=now,
    )


def _cart_mail(register: Register, shop: Shop, due: _Due, kept: Kept, connection: Connection, now: Instant) -> Outgoing | None:
    """The cart they asked for, if it still waits."""
    if due.cart is None:
        return None
    browser = person_id(shop.id, f"anonymous:{kept.anonymous}")
    person = Person(browser, now, now, email=kept.address, language=due.language)
    wanted = Wanted(MessageId(derived_id(shop.id, "cart mail", due.hash)), due.channel, due.cart, person)
    return cart_mail(register, shop, wanted, connection, kept.link.partition("/y/")[0], now)

"""Messages made to be looked at: a real one as its reader sees it, or one with made-up goods in the shop's own name.

They are made of the same facts by the same code as those that are sent. Their links lead nowhere, so that looking at a message is
never mistaken for its reader's click.
"""

from collections.abc import Mapping

import msgspec

from wraca.app.composing import facts_of, may_name
from wraca.app.extras import gather
from wraca.app.register import Register
from wraca.app.samples import Sample, sample_cart, sample_extras, sample_person
from wraca.app.weighing import Claimed, Good, Material, RunNow, address_of, goods_of, load_products, product_keys
from wraca.domain.carts import Cart
from wraca.domain.consent import Permission
from wraca.domain.events import Instant
from wraca.domain.gate import Known
from wraca.domain.ids import CartId, MessageId, RunId, ShopId, StepId
from wraca.domain.journeys.about import About
from wraca.domain.people import Person
from wraca.ports.channel import Links, Outgoing, Recipient, Sender
from wraca.storage.fields import to_instant
from wraca.storage.models import RunRow

_PARTS = ("subject", "mjml", "text", "sms", "sms_diacritics")
_SOMEBODY = {"email": "somebody@example.com", "sms": "+48512345678"}  # where we know no address: nothing is sent
_PREVIEW = MessageId("0" * 32)
_NOWHERE = Links(
    restore="https://example.com/cart", preferences="https://example.com/preferences", reason="https://example.com/why"
)
_ABOUT_A_CART = About()


class Wanted(msgspec.Struct, frozen=True):
    """Which message: a template in one language with the sources that it is made of (none: the built-in ones).

    `settings` are those of the shop's connection, empty where there is none.
    """

    template: str
    language: str
    settings: Mapping[str, object] = {}
    sources: Mapping[str, str] = {}
    channel: str = "email"


def sample_message(
    register: Register, shop_id: ShopId, wanted: Wanted, recipient: Recipient, now: Instant, sample: Sample | None = None
) -> Outgoing:
    """A message with made-up goods, ready to be rendered or sent as a test; without a sample nobody is called by name."""
    sample, shop, language = sample or Sample("nameless", has_pictures=False), register.shop(shop_id), wanted.language[:2]
    person, cart = sample_person(sample, language), sample_cart(sample, shop, language, now)
    goods = tuple(Good(line, line, None) for line in cart.lines)
    made_of = Material(shop, person, cart, goods, _known(now), None)
    return _outgoing(register, wanted, made_of, sample_extras(sample, shop, language, now), recipient, now)


class Reader(msgspec.Struct, frozen=True):
    """Whose message: a person with the cart it is about, and the run that sent it, where there is one."""

    person: Person
    cart: Cart | None
    run: RunNow | None = None


def reader_of(bucket: int, shop: ShopId, person: Person, cart: Cart | None, run_id: str = "") -> Reader:
    """The reader, with the run of this id where there is such a run."""
    row = RunRow.objects.filter(bucket=bucket, shop_id=shop, id=run_id).first() if run_id else None
    if row is None:
        return Reader(person, cart)
    about = msgspec.convert(row.about, About)
    started_at = to_instant(row.started_at)
    return Reader(person, cart, RunNow(person.id, row.journey, row.version, row.outcome, started_at, about, cart))


def message_as_seen(
    register: Register, shop_id: ShopId, wanted: Wanted, reader: Reader, now: Instant, more: Mapping[str, object] | None = None
) -> Outgoing:
    """The message as this person would get it now; `more` are facts that replace theirs."""
    shop, cart = register.shop(shop_id), reader.cart
    person = msgspec.structs.replace(reader.person, language=wanted.language)
    about = reader.run.about if reader.run else _ABOUT_A_CART
    with register.database.read() as tx:
        products = load_products(tx, shop.bucket, ((shop.id, key) for key in product_keys(about, cart)))
        goods = goods_of(products, shop, person, about, cart)
        made_of = Material(shop, person, cart, goods, _known(now), register.connection(shop.id, wanted.channel), reader.run)
        shown = register.channels[wanted.channel].shows(wanted.template, wanted.language, wanted.sources)
        extras = gather(tx, shop.bucket, register, [(_claimed(shop.id, wanted, reader), made_of, shown)], now)
    address = address_of(person, wanted.channel) or _SOMEBODY.get(wanted.channel, "")
    recipient = Recipient(address, person.first_name if may_name(made_of) else "")
    return _outgoing(register, wanted, made_of, {**extras[_PREVIEW], **(more or {})}, recipient, now)


def _known(now: Instant) -> Known:
    """Nobody asks the gate about a message that does not go out."""
    return Known(Permission(is_given=True), now)


def _claimed(shop: ShopId, wanted: Wanted, reader: Reader) -> Claimed:
    run = reader.run
    return Claimed(
        shop,
        RunId(""),
        StepId(""),
        wanted.channel,
        _PREVIEW,
        reader.person.id,
        reader.cart.id if reader.cart else CartId(""),
        run.journey if run else "",
        wanted.template,
        held_out=False,
        deadline=0,
        attempts=0,
    )


def _outgoing(
    register: Register, wanted: Wanted, made_of: Material, extras: Mapping[str, object], recipient: Recipient, now: Instant
) -> Outgoing:
    shop, settings = made_of.shop, wanted.settings
    address = str(settings.get("from") or settings.get("sender") or f"shop@{shop.domain.split('://')[-1].split(':')[0]}")
    sender = Sender(
        name=str(settings.get("from_name") or shop.name),
        address=address,
        reply_to=str(settings.get("reply_to") or ""),
        legal_name=shop.profile.legal_name or shop.name,
        postal_address=shop.profile.postal_address,
    )
    return Outgoing(
        key=f"{now:032x}",
        shop=shop.id,
        recipient=recipient,
        sender=sender,
        template=wanted.template,
        language=wanted.language,
        facts={**facts_of(register, made_of, wanted.language, now), **extras},
        links=_NOWHERE,
        settings=settings,
        sent_at=now,
        sources={name: wanted.sources[name] for name in _PARTS if wanted.sources.get(name)},
    )

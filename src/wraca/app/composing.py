"""A message that passed the gate becomes what a channel renders: copied, allow-listed facts and nothing else."""

from collections.abc import Mapping

import msgspec

from wraca.app.callbacks import call_address
from wraca.app.gatekeeping import Claimed, Material
from wraca.app.links import LinkMaker, Whose, own_address
from wraca.app.register import Register
from wraca.app.weighing import Good, address_of
from wraca.domain.events import Instant
from wraca.domain.journeys.triggers import LowStock
from wraca.domain.people import Person
from wraca.domain.products import line_facts
from wraca.domain.shop import Shop
from wraca.domain.spending import Reserved
from wraca.ports.channel import Outgoing, Recipient, Sender


class MessageBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the outbox keeps of a message: enough to answer "why" and "what", and no address in the clear."""

    to: str = ""  # masked
    language: str = ""
    basis: str = ""  # the ground of the permission, and the event that proves it
    evidence: str = ""
    subject: str = ""
    reference: str = ""
    detail: str = ""
    objections: tuple[str, ...] = ()
    delivery: str = ""  # what the other side told of it later: a word of ports.texting.Delivery
    delivered_at: Instant = 0
    reserved: Reserved | None = None  # what it may cost at most, then what it cost


def masked(address: str) -> str:
    """b***@example.com; ***789 for a number."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if at else f"***{address[-3:]}"


def language_of(made_of: Material) -> str:
    """The person's language, else the shop's: its two letters."""
    wanted = made_of.person.language or made_of.shop.language
    return wanted.replace("_", "-").partition("-")[0].lower() or "en"


def body_of(made_of: Material, reserved: Reserved | None = None) -> MessageBody:
    """What to write down before the message is made."""
    permission, address = made_of.known.permission, address_of(made_of.person, made_of.known.channel)
    return MessageBody(
        masked(address) if address else "",
        language_of(made_of),
        permission.basis,
        permission.evidence,
        reserved=reserved,
    )


def compose(
    register: Register,
    message: Claimed,
    made_of: Material,
    maker: LinkMaker,
    now: Instant,
    extras: Mapping[str, object] | None = None,
) -> Outgoing:
    """The message, with its links; only for one that passed the gate. Raises ValueError where it could not have.

    `extras` are the facts that this very message shows besides, and the recipient's handle (app/extras.py).
    """
    shop, person, connection = made_of.shop, made_of.person, made_of.connection
    if connection is None:
        raise ValueError(message.id)
    language, profile, settings = language_of(made_of), shop.profile, connection.settings
    targets = [own_address(shop, line.url) for line in made_of.lines]
    whose = Whose(message.id, person.id, made_of.cart.id if made_of.cart else message.cart)
    # A message about no cart leads to what it is about.
    back = next(filter(None, targets), "") if _is_about_products(made_of) else ""
    pixel, host = profile.pixel and person.allows_tracking, str(settings.get("link_host") or "")
    links = maker.links(shop, whose, now, targets, back=back, pixel=pixel, host=host)
    facts = {**facts_of(register, made_of, language, now), **(extras or {})}
    name, handle = _full_name(person) if may_name(made_of) else "", str(facts.pop("handle", ""))
    report = call_address(register.seal, maker.public, shop.id, message.channel, settings, message.id)
    return Outgoing(
        key=message.id,
        shop=shop.id,
        recipient=Recipient(address_of(person, message.channel), name, handle),
        sender=Sender(
            str(settings.get("from_name") or shop.name),
            str(settings.get("from") or ""),
            str(settings.get("reply_to") or ""),
            profile.legal_name or shop.name,
            profile.postal_address,
        ),
        template=message.template,
        language=language,
        facts=facts,
        links=msgspec.structs.replace(links, report=report) if report else links,
        settings=settings,
        sent_at=now,
        deadline=message.deadline,
        sources=register.sources(shop.id, message.template, language),
    )


def _full_name(person: Person) -> str:
    return " ".join(filter(None, (person.first_name, person.last_name)))


def may_name(made_of: Material) -> bool:
    """Whether the message may call the person by name, and use the forms of their gender."""
    word = made_of.person.allows_name
    return made_of.shop.profile.names == "known" if word is None else word


def _is_about_products(made_of: Material) -> bool:
    return made_of.run is not None and bool(made_of.run.about.kind)


def facts_of(register: Register, made_of: Material, language: str, now: Instant) -> dict[str, object]:
    """What a template sees of the person, their cart and the shop."""
    shop, person, cart = made_of.shop, made_of.person, made_of.cart
    currency = (cart.currency if cart else "") or shop.currency
    few = _few(register, made_of)
    lines = [_line(shop, good, currency, language, now, few) for good in made_of.goods]
    of_cart = not _is_about_products(made_of)
    totals = [line["line_total"] for line in lines] if of_cart else []
    named = may_name(made_of)
    return {
        "person": {
            "first_name": person.first_name if named else "",
            "gender": person.gender if named else "",
            "language": language,
            "is_customer": person.is_customer,
            "orders_count": person.orders_count,
            "attributes": dict(person.attributes),
        },
        "cart": {
            "lines": lines if of_cart else [line | {"quantity": None, "line_total": line["price"]} for line in lines],
            "total": sum(one for one in totals if isinstance(one, int)) if totals and None not in totals else None,
            "currency": currency,
            "stage": cart.stage.name.lower() if cart else "cart",
            "count": sum(good.shown.quantity for good in made_of.goods),
        },
        "shop": shop_facts(shop),
        "about": {"kind": made_of.run.about.kind if made_of.run else ""},
        "offer": None,
    }


def _few(register: Register, made_of: Material) -> int:
    """Below which number of pieces the message may say how many are left; 0 where it is not about that."""
    run = made_of.run
    if run is None or run.about.kind != "low_stock":
        return 0
    trigger = register.plan(made_of.shop.id, run.journey, run.version).trigger
    return trigger.below if isinstance(trigger, LowStock) else 0


def shop_facts(shop: Shop) -> dict[str, object]:
    """What a template sees of the shop."""
    return {
        "name": shop.name,
        "domain": shop.domain,
        "url": shop.home,
        "phone": shop.profile.phone,
        "email": shop.profile.email,
        "legal_name": shop.profile.legal_name or shop.name,
        "postal_address": shop.profile.postal_address,
        "social": shop.profile.social,
    }


def _line(shop: Shop, good: Good, currency: str, language: str, now: Instant, few: int) -> dict[str, object]:
    facts = line_facts(good.line, good.product, currency, language, now)
    if facts is None:  # the gate has shown it a moment ago
        raise ValueError(good.line.product_id)
    left = facts["stock"]
    says_how_many = isinstance(left, int) and left < few and facts["stock_is_live"]  # trust L33: live numbers only
    return facts | {"url": own_address(shop, good.shown.url), "stock": left if says_how_many else None}

"""A message that passed the gate becomes what a channel renders: copied, allow-listed facts and nothing else."""

import msgspec

from wraca.app.gatekeeping import Claimed, Material
from wraca.app.links import LinkMaker, own_address
from wraca.app.register import Register
from wraca.domain.carts import Cart
from wraca.domain.events import Instant, Line
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


def masked(address: str) -> str:
    """b***@example.com; ***789 for a number."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if at else f"***{address[-3:]}"


def language_of(made_of: Material) -> str:
    """The person's language, else the shop's: its two letters."""
    wanted = made_of.person.language or made_of.shop.language
    return wanted.replace("_", "-").partition("-")[0].lower() or "en"


def body_of(made_of: Material) -> MessageBody:
    """What to write down before the message is made."""
    permission, address = made_of.known.permission, made_of.person.email
    return MessageBody(masked(address) if address else "", language_of(made_of), permission.basis, permission.evidence)


def compose(register: Register, message: Claimed, made_of: Material, maker: LinkMaker, now: Instant) -> Outgoing:
    """The message, with its links; only for one that passed the gate. Raises ValueError where it could not have."""
    shop, person, cart, connection = made_of.shop, made_of.person, made_of.cart, made_of.connection
    if cart is None or connection is None:
        raise ValueError(message.id)
    language, profile, settings = language_of(made_of), shop.profile, connection.settings
    targets = [own_address(shop, line.url) for line in made_of.lines]
    links = maker.links(shop, message.id, person.id, cart.id, now, targets, pixel=profile.pixel and person.allows_tracking)
    return Outgoing(
        key=message.id,
        shop=shop.id,
        recipient=Recipient(person.email, " ".join(filter(None, (person.first_name, person.last_name)))),
        sender=Sender(
            str(settings.get("from_name") or shop.name),
            str(settings.get("from") or ""),
            str(settings.get("reply_to") or ""),
            profile.legal_name or shop.name,
            profile.postal_address,
        ),
        template=message.template,
        language=language,
        facts=_facts(made_of, cart, language),
        links=links,
        settings=settings,
        sent_at=now,
        sources=register.sources(shop.id, message.template, language),
    )


def _facts(made_of: Material, cart: Cart, language: str) -> dict[str, object]:
    shop, person = made_of.shop, made_of.person
    totals = [_line_total(line) for line in made_of.lines]
    total = sum(one for one in totals if one is not None) if totals and None not in totals else None
    return {
        "person": {
            "first_name": person.first_name,
            "language": language,
            "is_customer": person.is_customer,
            "gender": person.gender,
        },
        "cart": {
            "lines": [_line(line, own_address(shop, line.url)) for line in made_of.lines],
            "total": total,
            "currency": cart.currency or shop.currency,
            "stage": cart.stage.name.lower(),
            "count": sum(line.quantity for line in made_of.lines),
        },
        "shop": {
            "name": shop.name,
            "domain": shop.domain,
            "url": shop.home,
            "phone": shop.profile.phone,
            "email": shop.profile.email,
            "legal_name": shop.profile.legal_name or shop.name,
            "postal_address": shop.profile.postal_address,
        },
        "offer": None,
    }


def _line_total(line: Line) -> int | None:
    return None if line.price is None else line.price * line.quantity


def _line(line: Line, url: str) -> dict[str, object]:
    return {
        "name": line.name,
        "quantity": line.quantity,
        "price": line.price,
        "line_total": _line_total(line),
        "url": url,
        "image_url": line.image_url,
        "variant": line.variant,
    }

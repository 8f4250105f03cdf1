"""A message that passed the gate becomes what a channel renders: copied, allow-listed facts and nothing else."""

import msgspec

from wraca.app.gatekeeping import Judged
from wraca.app.links import LinkMaker, own_address
from wraca.app.register import Register
from wraca.domain.events import Instant, Line, Stage
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


def language_of(judged: Judged) -> str:
    """The person's language, else the shop's: its two letters."""
    wanted = (judged.person.language if judged.person else "") or judged.shop.language
    return wanted.replace("_", "-").partition("-")[0].lower() or "en"


def body_of(judged: Judged) -> MessageBody:
    """What to write down before the message is made."""
    permission = judged.known.permission
    address = judged.person.email if judged.person else ""
    return MessageBody(masked(address) if address else "", language_of(judged), permission.basis, permission.evidence)


def compose(register: Register, judged: Judged, maker: LinkMaker, now: Instant) -> Outgoing:
    """The message, with its links; only for one that passed the gate."""
    message, shop, person = judged.message, judged.shop, judged.person
    if person is None or judged.connection is None:  # the gate lets neither through
        raise ValueError(message.id)
    language = language_of(judged)
    targets = [own_address(shop, line.url) for line in judged.lines]
    links = maker.links(shop, message.id, message.person, message.cart, now, targets, pixel=shop.profile.pixel)
    settings = judged.connection.settings
    profile = shop.profile
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
        facts=_facts(judged, language),
        links=links,
        settings=settings,
        sent_at=now,
        sources=register.sources(shop.id, message.template, language),
    )


def _facts(judged: Judged, language: str) -> dict[str, object]:
    shop, person, cart = judged.shop, judged.person, judged.cart
    currency = (cart.currency if cart else "") or shop.currency
    totals = [_line_total(line) for line in judged.lines]
    total = sum(one for one in totals if one is not None) if totals and None not in totals else None
    return {
        "person": {
            "first_name": person.first_name if person else "",
            "language": language,
            "is_customer": bool(person and person.is_customer),
            "gender": person.gender if person else "",
        },
        "cart": {
            "lines": [_line(line, own_address(shop, line.url)) for line in judged.lines],
            "total": total,
            "currency": currency,
            "stage": (cart.stage if cart else Stage.CART).name.lower(),
            "count": sum(line.quantity for line in judged.lines),
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

"""Messages made to be looked at: a real one as its reader sees it, or a sample with made-up goods in the shop's own name.

Their links lead nowhere, so that looking at a message is never mistaken for its reader's click.
"""

from wraca.domain.carts import Cart
from wraca.domain.events import Instant
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.ports.channel import Links, Outgoing, Recipient, Sender

_NOWHERE = Links(restore="https://example.com/cart", preferences="https://example.com/preferences")
_GOODS = {
    "en": (("Coffee grinder, steel", 4900), ("Filter papers, 100 pieces", 590)),
    "pl": (("Młynek do kawy, stalowy", 19900), ("Filtry papierowe, 100 sztuk", 2490)),
    "bg": (("Мелничка за кафе, стоманена", 8900), ("Хартиени филтри, 100 броя", 1190)),
}


def sample_message(
    shop: Shop,
    template: str,
    language: str,
    recipient: Recipient,
    settings: dict[str, object],
    now: Instant,
    sources: dict[str, str] | None = None,
) -> Outgoing:
    """A message with made-up goods, ready to be rendered or sent as a test."""
    goods = _GOODS.get(language[:2], _GOODS["en"])
    lines = [
        {"name": name, "quantity": 1, "price": price, "line_total": price, "url": shop.home, "image_url": ""}
        for name, price in goods
    ]
    cart = {
        "lines": lines,
        "total": sum(price for _, price in goods),
        "currency": shop.currency,
        "stage": "cart",
        "count": len(lines),
    }
    person = {"first_name": recipient.name, "language": language, "is_customer": False}
    facts: dict[str, object] = {"person": person, "cart": cart, "shop": _shop(shop), "offer": None}
    return _outgoing(shop, template, language, recipient, facts, settings, now, sources or {})


def message_as_seen(
    shop: Shop, template: str, language: str, person: Person, cart: Cart, settings: dict[str, object], sources: dict[str, str]
) -> Outgoing:
    """A message of the outbox with the person's own cart, as it now stands."""
    lines = [
        {
            "name": line.name or line.product_id,
            "quantity": line.quantity,
            "price": line.price,
            "line_total": None if line.price is None else line.price * line.quantity,
            "url": line.url,
            "image_url": line.image_url,
            "variant": line.variant,
        }
        for line in cart.lines
    ]
    total = cart.total
    facts: dict[str, object] = {
        "person": {"first_name": person.first_name, "language": language, "is_customer": person.is_customer},
        "cart": {
            "lines": lines,
            "total": total.minor if total else None,
            "currency": cart.currency or shop.currency,
            "stage": cart.stage.name.lower(),
            "count": sum(line.quantity for line in cart.lines),
        },
        "shop": _shop(shop),
        "offer": None,
    }
    recipient = Recipient(person.email or "somebody@example.com", person.first_name)
    return _outgoing(shop, template, language, recipient, facts, settings, cart.last_activity, sources)


def _shop(shop: Shop) -> dict[str, object]:
    return {
        "name": shop.name,
        "domain": shop.domain,
        "url": shop.home,
        "phone": shop.profile.phone,
        "email": shop.profile.email,
        "legal_name": shop.profile.legal_name or shop.name,
        "postal_address": shop.profile.postal_address,
    }


def _outgoing(  # noqa: PLR0913, PLR0917 -- a message has that many parts, and they meet only here
    shop: Shop,
    template: str,
    language: str,
    recipient: Recipient,
    facts: dict[str, object],
    settings: dict[str, object],
    now: Instant,
    sources: dict[str, str],
) -> Outgoing:
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
        template=template,
        language=language,
        facts=facts,
        links=_NOWHERE,
        settings=settings,
        sent_at=now,
        sources={name: sources[name] for name in ("subject", "mjml", "text") if sources.get(name)},
    )

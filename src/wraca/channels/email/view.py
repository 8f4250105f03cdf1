"""What a template may see: a cleaned copy of the facts, with every link made for this message.

Only plain values are copied, so no object of ours can be reached from a template. Texts lose control and direction characters;
every key that ends in `url` holds an http(s) address or nothing.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from wraca.ports.channel import Outgoing
from wraca.templating.salutation import vocative

MAX_LINES = 50
_MAX_TEXT = 300
_MAX_PROSE = 2_000  # reviews, answers
_MAX_URL = 1_000
_MAX_ITEMS = 100
_MAX_DEPTH = 6
_PROSE_KEYS = frozenset({"text", "answer", "about", "reviews_note"})
_STAGES = {1: "cart", 2: "contact", 3: "shipping", 4: "payment", 5: "ordered"}


def clean_text(value: str, limit: int = _MAX_TEXT) -> str:
    """One line of printable text, at most `limit` characters; joiners stay, they hold emoji and scripts together."""
    if len(value) > limit:
        value = value[: limit - 1].rstrip() + "…"
    if value.isprintable():
        return value
    return "".join(" " if c.isspace() else c for c in value if c.isprintable() or c.isspace() or c in "\u200c\u200d\ufe0f").strip()


def safe_url(value: object) -> str:
    """The address if it is http(s) and harmless inside an attribute, else "". No other scheme belongs into a message."""
    if not isinstance(value, str) or len(value) > _MAX_URL or not value.isprintable() or any(c in value for c in " \"'<>`\\"):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in ("http", "https") and parts.hostname else ""


def _copy(value: object, key: str = "", depth: int = 0) -> Any:
    if isinstance(value, str):
        if key.endswith("url"):
            return safe_url(value)
        return clean_text(value, _MAX_PROSE if key in _PROSE_KEYS else _MAX_TEXT)
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return int(value)
    if depth >= _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {name: _copy(item, name, depth + 1) for name, item in value.items() if isinstance(name, str)}
    if isinstance(value, (list, tuple)):
        return [_copy(item, key, depth + 1) for item in value[:_MAX_ITEMS]]
    return None


def _section(facts: Mapping[str, object], name: str) -> dict[str, Any]:
    section = facts.get(name)
    return _copy(section) if isinstance(section, Mapping) else {}


def _items(facts: Mapping[str, object], name: str) -> list[dict[str, Any]]:
    items = facts.get(name)
    return [_copy(item) for item in items if isinstance(item, Mapping)] if isinstance(items, (list, tuple)) else []


def _with_lowest(items: list[dict[str, Any]], before: str, lowest: str) -> list[dict[str, Any]]:
    """Leave `lowest_30d` only where the price fell against it: a reduction is told with the lowest price of 30 days or not told.

    `before` and `lowest` name the earlier price and the lowest one in these items; both are taken out.
    """
    for item in items:
        price, was, known = item.get("price"), item.get(before), item.pop(lowest, None)
        item.pop(before, None)
        if not isinstance(price, int) or not isinstance(known, int) or known <= price:
            continue
        if item.get("reduced") or (isinstance(was, int) and was > price):
            item["lowest_30d"] = known
    return items


def _linked(items: list[dict[str, Any]], message: Outgoing) -> list[dict[str, Any]]:
    """Give each product its link: through our counter where it has a number there, else straight, else to the cart."""
    numbers = {url: index for index, url in enumerate(message.links.targets)} if message.links.click else {}
    for item in items:
        url = item.get("url") or ""
        item.setdefault("image_url", "")
        item.setdefault("variant", "")
        item["link"] = f"{message.links.click}/{numbers[url]}" if url in numbers else url or message.links.restore
    return items


def _cart(message: Outgoing, shown: int) -> dict[str, Any]:
    raw = message.facts.get("cart")
    cart: dict[str, Any] = {}
    if isinstance(raw, Mapping):
        cart = {name: _copy(item, name) for name, item in raw.items() if isinstance(name, str) and name != "lines"}
        lines = raw.get("lines")
        lines = lines if isinstance(lines, (list, tuple)) else ()
        copied = [_copy(line) for line in lines[:shown] if isinstance(line, Mapping)]
        cart["lines"] = _linked(_with_lowest(copied, "was_price", "lowest_30d"), message)
        cart["more"] = max(0, len(lines) - shown)
    else:
        cart = {"lines": [], "more": 0}
    stage = cart.get("stage")
    cart["stage"] = _STAGES.get(stage, "cart") if isinstance(stage, int) else str(stage or "cart").lower()
    cart.setdefault("count", sum(line.get("quantity") or 1 for line in cart["lines"]))
    cart["pictures"] = any(line.get("image_url") for line in cart["lines"])
    return cart


def _shop(message: Outgoing) -> dict[str, Any]:
    shop = _section(message.facts, "shop")
    sender = message.sender
    for name, fallback in (
        ("name", sender.name),
        ("legal_name", sender.legal_name or sender.name),
        ("postal_address", sender.postal_address),
    ):
        shop[name] = shop.get(name) or clean_text(fallback)
    for name in ("url", "domain", "phone", "email"):
        shop[name] = shop.get(name) or ""
    social = shop.get("social")
    shop["social"] = {name: url for name, told in social.items() if (url := safe_url(told))} if isinstance(social, dict) else None
    shop["social"] = shop["social"] or None
    return shop


def _person(message: Outgoing) -> dict[str, Any]:
    person = _section(message.facts, "person")
    name = person.setdefault("first_name", "")
    if "vocative" not in person:
        person["vocative"] = vocative(name, message.language, person.get("gender") or "") if isinstance(name, str) else ""
    return person


def _offer(message: Outgoing) -> dict[str, Any] | None:
    """Nothing without a code to show. A whole value becomes a whole number, so that 10.0 % is written as 10."""
    offer = _section(message.facts, "offer")
    if not offer.get("code"):
        return None
    if isinstance(value := offer.get("value"), float) and value.is_integer():
        offer["value"] = int(value)
    return offer


def _links(message: Outgoing) -> dict[str, str]:
    links, more = message.links, message.facts.get("links")
    reason = safe_url(more.get("reason")) if isinstance(more, Mapping) else ""
    return {"restore": links.restore, "preferences": links.preferences, "open": links.open, "reason": links.reason or reason}


def _note(message: Outgoing) -> str:
    """What the shop says of its reviews; where only a word of domain/reviews.py is known, the part has the sentence for it."""
    note = message.facts.get("reviews_note")
    return "" if not isinstance(note, str) or note in {"verified", "some", "unknown"} else _copy(note, "reviews_note")


def _about(message: Outgoing) -> dict[str, Any]:
    """What the message is about; a cart where nothing else is said."""
    about = _section(message.facts, "about")
    about["kind"] = str(about.get("kind") or "cart")
    return about


def view_of(message: Outgoing, shown: int = MAX_LINES) -> dict[str, object]:
    """The names a template can use (docs/reference/templates.md); at most `shown` lines of the cart."""
    return {
        "language": message.language,
        "about": _about(message),
        "person": _person(message),
        "cart": _cart(message, shown),
        "shop": _shop(message),
        "offer": _offer(message),
        "picks": _linked(_with_lowest(_items(message.facts, "picks"), "was", "was"), message),
        "reviews": [{"author": "", "product": ""} | review for review in _items(message.facts, "reviews")],
        "reviews_note": _note(message),
        "faq": _items(message.facts, "faq"),
        "links": _links(message),
    }

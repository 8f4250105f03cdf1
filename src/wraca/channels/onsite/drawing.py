"""A panel with facts filled in: plain values for the page, and the same as markup for a preview.

Whoever sits at the browser may be anybody (trust X21): of the facts only the cart, the offer and the shop's name are read.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_precision

from wraca.domain.panels import CLOSE, NO, Block, Button, CartLines, Coupon, Form, Heading, Image, Panel, Text
from wraca.ports.channel import Links

Drawn = dict[str, Any]

_OFFERS = {
    "en": {"percent": "{value}% off", "amount": "{value} off", "free_shipping": "Free delivery", "gift": "A gift: {text}"},
    "pl": {"percent": "{value}% taniej", "amount": "{value} taniej", "free_shipping": "Darmowa dostawa", "gift": "Prezent: {text}"},
    "bg": {
        "percent": "{value}% отстъпка",
        "amount": "{value} отстъпка",
        "free_shipping": "Безплатна доставка",
        "gift": "Подарък: {text}",
    },
}
_UNTIL = {"en": "until {at}", "pl": "do {at}", "bg": "до {at}"}
_FROM = {"en": "from {sum}", "pl": "od {sum}", "bg": "над {sum}"}
_MORE = {"en": "and {n} more", "pl": "i jeszcze {n}", "bg": "и още {n}"}
_TOTAL = {"en": "Total", "pl": "Razem", "bg": "Общо"}


def draw(panel: Panel, language: str, facts: Mapping[str, object], links: Links) -> Drawn:
    """What the page gets. Blocks with nothing to show are left out."""
    spoken = language if language in CLOSE else "en"
    filled = [_block(block, spoken, facts, links) for block in panel.blocks]
    return {
        "language": spoken,
        "title": _named(panel.title, facts),
        "close": panel.close or CLOSE[spoken],
        "no": panel.decline or NO[spoken],
        "blocks": [block for block in filled if block],
    }


def _block(block: Block, language: str, facts: Mapping[str, object], links: Links) -> Drawn | None:
    match block:
        case Heading() | Text():
            kind = "heading" if isinstance(block, Heading) else "text"
            return {"block": kind, "text": _named(block.text, facts)}
        case CartLines(most):
            return _cart(most, language, facts)
        case Coupon():
            return _coupon(language, facts)
        case Button(text, to):
            shop = _section(facts, "shop")
            url = {"cart": links.restore, "shop": str(shop.get("url") or "")}.get(to, to)
            return {"block": "button", "text": _named(text, facts), "url": url} if url else None
        case Image(url, alt):
            return {"block": "image", "url": url, "alt": alt}
        case Form():
            return _form(block, facts)


def _form(form: Form, facts: Mapping[str, object]) -> Drawn:
    said = {name: _named(getattr(form, name), facts) for name in ("label", "button", "done", "consent", "missing")}
    return {"block": "form", **said, "purpose": form.purpose, "channel": form.channel, "version": form.version}


def _cart(most: int, language: str, facts: Mapping[str, object]) -> Drawn | None:
    cart = _section(facts, "cart")
    lines = [line for line in cart.get("lines") or () if isinstance(line, Mapping)]
    if not lines:
        return None
    currency = str(cart.get("currency") or "")
    shown = [
        {
            "name": str(line.get("name") or ""),
            "variant": str(line.get("variant") or ""),
            "quantity": line.get("quantity") or 1,
            "price": _money(line.get("line_total"), currency, language),
            "image_url": str(line.get("image_url") or ""),
            "url": str(line.get("url") or ""),
        }
        for line in lines[:most]
    ]
    left = len(lines) - len(shown)
    return {
        "block": "cart",
        "lines": shown,
        "more": _MORE[language].format(n=left) if left else "",
        "total": _money(cart.get("total"), currency, language),
        "total_label": _TOTAL[language],
    }


def _coupon(language: str, facts: Mapping[str, object]) -> Drawn | None:
    offer, currency = _section(facts, "offer"), str(_section(facts, "cart").get("currency") or "")
    if not offer.get("code"):
        return None
    value = offer.get("value")
    worth = (
        _money(value, currency, language)
        if offer.get("kind") == "amount"
        else f"{value:g}"
        if isinstance(value, int | float)
        else ""
    )
    said = _OFFERS[language].get(str(offer.get("kind")), "").format(value=worth, text=str(offer.get("text") or ""))
    expires, least = offer.get("expires"), offer.get("min_cart")
    conditions = [_FROM[language].format(sum=_money(least, currency, language))] if least else []
    if isinstance(expires, int):  # a stored end, which the shop enforces (trust L33): a date, no clock that runs down
        at = datetime.fromtimestamp(expires / 1000, UTC)
        conditions.append(_UNTIL[language].format(at=format_datetime(at, "d MMMM, HH:mm", locale=language) + " UTC"))
    return {"block": "offer", "code": str(offer["code"]), "text": said, "conditions": ", ".join(conditions)}


def _money(minor: object, currency: str, language: str) -> str:
    if not isinstance(minor, int) or not currency:
        return ""
    return format_currency(minor / 10 ** get_currency_precision(currency), currency, locale=language)


def _section(facts: Mapping[str, object], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _named(text: str, facts: Mapping[str, object]) -> str:
    """The one thing that may be filled into a text is the shop's name."""
    return text.replace("{shop}", str(_section(facts, "shop").get("name") or ""))


# --- for a preview ------------------------------------------------------------------------------------------------------------


def html_of(drawn: Drawn) -> str:
    """The inside of the panel as the script builds it: the same elements and classes, so that popup.css fits both."""
    inside = (
        "".join(_markup(block) for block in drawn["blocks"]) + f'<button type="button" class="no">{escape(drawn["no"])}</button>'
    )
    return f'<button type="button" class="close" aria-label="{escape(drawn["close"])}">×</button><div class="body">{inside}</div>'


def _markup(block: Drawn) -> str:
    match block["block"]:
        case "heading":
            return f"<h2>{escape(block['text'])}</h2>"
        case "text":
            return "".join(f"<p>{escape(part)}</p>" for part in block["text"].split("\n") if part.strip())
        case "button":
            return f'<a class="go" href="{escape(block["url"])}">{escape(block["text"])}</a>'
        case "image":
            return f'<img class="wide" src="{escape(block["url"])}" alt="{escape(block["alt"])}">'
        case "offer":
            said, code, conditions = (escape(block[name]) for name in ("text", "code", "conditions"))
            return f'<p class="offer"><b>{said}</b> <code>{code}</code> <small>{conditions}</small></p>'
        case "cart":
            return _cart_markup(block)
        case _:
            return _form_markup(block)


def _cart_markup(block: Drawn) -> str:
    items = "".join(
        f'<li>{_picture(line["image_url"])}<span class="what">{escape(line["name"])}'
        f" <small>{escape(line['variant'])}</small></span>"
        f'<span class="count">{line["quantity"]} ×</span><span class="price">{escape(line["price"])}</span></li>'
        for line in block["lines"]
    )
    more = f'<p class="more">{escape(block["more"])}</p>' if block["more"] else ""
    total = (
        f'<p class="total"><span>{escape(block["total_label"])}</span> <b>{escape(block["total"])}</b></p>'
        if block["total"]
        else ""
    )
    return f'<ul class="lines">{items}</ul>{more}{total}'


def _picture(url: str) -> str:
    return f'<img src="{escape(url)}" alt="" width="56" height="56">' if url else ""


def _form_markup(block: Drawn) -> str:
    kind, name = ("email", "email") if block["channel"] == "email" else ("tel", "tel")
    box = f'<label class="tick"><input type="checkbox"><span>{escape(block["consent"])}</span></label>' if block["consent"] else ""
    return (
        f'<form><label class="field">{escape(block["label"])}<input type="{kind}" autocomplete="{name}" required></label>{box}'
        f'<button type="submit" class="go">{escape(block["button"])}</button><p class="said" role="status"></p></form>'
    )


def text_of(drawn: Drawn) -> str:
    """The words alone."""
    said = [str(block.get("text") or block.get("label") or "") for block in drawn["blocks"]]
    said += [line["name"] for block in drawn["blocks"] if block["block"] == "cart" for line in block["lines"]]
    return "\n".join(word for word in said if word)

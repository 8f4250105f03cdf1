"""Text messages: what each text costs, what was spent, what the provider told of them, and where it may call."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.callbacks import call_address
from wraca.app.linkhost import leads_to_us
from wraca.channels.sms.library import TEMPLATES, language_of
from wraca.channels.sms.segments import measure
from wraca.channels.sms.texts import blank, compose, replies_work, worst_case
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.spending import MICROS, Budget, day_of
from wraca.ports.channel import Sender
from wraca.storage.fields import to_datetime
from wraca.storage.queries import texting
from wraca.storage.queries.shops import channels

_DAY = 24 * 3600 * 1000
_EPOCH: Final = date(1970, 1, 1)
_SHOWN = 30  # days


class TextShown(msgspec.Struct, frozen=True):
    """One built-in text as it will be sent, and what it costs: usually, and with the longest that can be filled in."""

    name: str
    text: str
    is_plain: bool
    units: int
    parts: int
    most_parts: int
    price: float | None  # of one message, in the shop's currency
    most: float | None


class DayShown(msgspec.Struct, frozen=True):
    day: date
    spent: float
    messages: int
    parts: int


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    """The page; with POST, a look whether the short host leads here."""
    register = wiring().register
    connection = register.connection(visit.key.shop, "sms")
    settings = connection.settings if connection else {}
    host = str(settings.get("link_host") or "")
    if visit.request.method == "POST":
        return _look(visit, host)
    budget = connection.rules.budget if connection else None
    today = day_of(visit.now, visit.shop.timezone)
    days = texting.spent_days(visit.key, "sms", today - _SHOWN + 1)
    spent = next((one.micros for one in days if one.day == today), 0)
    context = {
        "here": "settings",
        "tab": "sms",
        "is_installed": "sms" in register.channels,
        "settings": settings,
        "standing": next((each for each in channels(visit.key) if each.name == "sms"), None),
        "replies": replies_work(settings),
        "texts": [_shown(visit, name, settings, budget) for name in TEMPLATES],
        "currency": visit.shop.currency,
        "spent": spent / MICROS,
        "cap": budget.cap / MICROS if budget and budget.cap is not None else None,
        "percent": min(100, 100 * spent // budget.cap) if budget and budget.cap else 0,
        "days": [DayShown(_EPOCH + timedelta(days=one.day), one.micros / MICROS, one.messages, one.parts) for one in days],
        "fates": _fates(visit),
        "host": host,
        "call_address": call_address(register.seal, wiring().public_url, visit.key.shop, "sms", settings),
    }
    return visit.page("sms.html", context)


def _shown(visit: Visit, name: str, settings: Mapping[str, object], budget: Budget | None) -> TextShown:
    """Measured by the very code that sends."""
    register, language = wiring().register, language_of(visit.shop.language)
    sources = register.sources(visit.key.shop, name, language)
    message = blank(name, language, settings, Sender(visit.shop.name, ""), sources)
    address = f"https://{settings['link_host']}" if settings.get("link_host") else wiring().public_url
    text, worst = compose(message), measure(compose(worst_case(message, address)))
    size = measure(text)
    price = budget.price(visit.shop.country) / MICROS if budget else None
    return TextShown(
        name,
        text,
        size.encoding == "gsm7",
        size.units,
        size.parts,
        worst.parts,
        price * size.parts if price is not None else None,
        price * worst.parts if price is not None else None,
    )


def _fates(visit: Visit) -> list[tuple[str, int]]:
    """What became of the last 30 days' messages, in words; unknown is not delivered."""
    found = texting.fates(visit.key, "sms", to_datetime(visit.now - _SHOWN * _DAY))
    said = {
        "delivered": _("Delivered"),
        "failed": _("Not delivered"),
        "expired": _("Expired before the phone was reached"),
        "accepted": _("On its way"),
        "unknown": _("Unknown: the network does not tell"),
        "": _("Nothing was reported"),
    }
    return [(text, found[word]) for word, text in said.items() if found[word]]


def _look(visit: Visit, host: str) -> HttpResponse:
    if host and leads_to_us(wiring().register, host):
        messages.success(visit.request, _("%(host)s leads to this Wraca.") % {"host": host})
    else:
        messages.error(
            visit.request, _("%(host)s does not lead to this Wraca: check its DNS record and its certificate.") % {"host": host}
        )
    return redirect("sms", shop=visit.shop.id)

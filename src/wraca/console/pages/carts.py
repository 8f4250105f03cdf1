"""The list of carts, one cart, and one person."""

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.forecasting import forecast
from wraca.console import words
from wraca.console.doors import Visit, shop_page
from wraca.console.foretelling import outlooks
from wraca.console.pages.offers import shown
from wraca.console.roles import Right
from wraca.console.timeline import timeline
from wraca.console.wiring import wiring
from wraca.domain.events import Identified
from wraca.domain.money import NotMoney, minor_units
from wraca.storage.queries import belonging, carts, offers, people

_STATES = ("abandoned", "open", "ordered", "emptied", "lost")


@shop_page(Right.CARTS)
def show(visit: Visit) -> HttpResponse:
    """The list refreshes itself: the same address answers htmx with the table alone."""
    wanted = _filter(visit)
    page = carts.carts(visit.key, wanted, carts.cursor_of(visit.request.GET.get("after", "")), visit.now)
    context = {
        "here": "carts",
        "page": page,
        "wanted": wanted,
        "least": visit.request.GET.get("least", ""),
        "states": [(state, words.word(words.CART_STATES, state)) for state in _STATES],
        "stages": list(words.STAGES.items())[:4],
        "is_first": not visit.request.GET.get("after"),
        "is_filtered": bool(wanted.state or wanted.stage or wanted.least),
        "query": _query(visit),
    }
    is_refresh = visit.request.headers.get("HX-Target") == "cart-rows"
    return visit.page("carts_rows.html" if is_refresh else "carts.html", context)


def _filter(visit: Visit) -> carts.CartFilter:
    asked = visit.request.GET
    stage = asked.get("stage", "")
    try:
        least = minor_units(asked.get("least", "").replace(",", ".") or "0", visit.shop.currency)
    except NotMoney:
        least = 0
    state = asked.get("state", "")
    return carts.CartFilter(state if state in _STATES else "", int(stage) if stage in {"1", "2", "3", "4"} else 0, max(0, least))


def _query(visit: Visit) -> str:
    kept = visit.request.GET.copy()
    kept.pop("after", None)
    return kept.urlencode()


@shop_page(Right.CARTS, Right.PERSON)
def one(visit: Visit, cart: str) -> HttpResponse:
    """One cart: what is in it, how far it came, and everything that happened since it began."""
    opened = carts.cart(visit.key, cart)
    if opened is None:
        raise Http404
    history = people.history(visit.key, opened.person)
    runs = [run for run in history.runs if run.cart == cart]
    if not visit.may(Right.PERSON):
        history = _without_names(history)
    else:
        visit.note("cart.read", cart=cart, person=opened.person)
    context = {
        "here": "carts",
        "cart": opened.cart,
        "person_id": opened.person,
        "person": people.person(visit.key, opened.person) if visit.may(Right.PERSON) else None,
        "runs": runs,
        "entries": timeline(history, cart, opened.cart.started_at),
        "is_abandoned": opened.cart.is_waiting() and visit.now - opened.cart.last_activity >= carts.ABANDONED_AFTER,
    }
    return visit.page("cart.html", context)


def _without_names(history: people.History) -> people.History:
    """For those who may not see people: the events without what they say of a person."""
    events = tuple(
        msgspec.structs.replace(event, claims=(), body=Identified() if isinstance(event.body, Identified) else event.body)
        for event in history.events
    )
    return msgspec.structs.replace(history, events=events)


@shop_page(Right.PERSON, methods=("GET", "POST"))
def find(visit: Visit) -> HttpResponse:
    """Find one person by the whole address. Asked by POST, so that addresses stay out of logs and histories."""
    address = visit.request.POST.get("address", "")
    found = people.find(visit.key, address) if address else None
    if found:
        return redirect("person", shop=visit.shop.id, person=found)
    problem = (
        _("Nobody with this proven address is known here. Check the spelling; the whole address is needed.") if address else ""
    )
    return visit.page("find.html", {"here": "people", "problem": problem, "address": address})


@shop_page(Right.PERSON)
def person(visit: Visit, person: str) -> HttpResponse:
    """One person. That somebody looked is written down."""
    known = people.person(visit.key, person)
    if known is None:
        raise Http404
    visit.note("person.read", person=person)
    history = people.history(visit.key, person)
    context = {
        "here": "people",
        "person": known,
        "identities": _recognised_by(visit, person),
        "carts": carts.carts_of(visit.key, known.id, visit.now),
        "orders": carts.orders_of(visit.key, known.id),
        "runs": history.runs,
        "audiences": belonging.audiences_of(visit.key, known.id),
        "offers": shown(offers.offers_of(visit.key, known.id), visit),
        "entries": timeline(history),
        "outlooks": outlooks(forecast(wiring().register, visit.key.shop, known.id, visit.now), visit.now),
    }
    return visit.page("person.html", context)


def _recognised_by(visit: Visit, person: str) -> list[tuple[str, str]]:
    """(kind, value) of what the shop or the browser told; what intake derived from orders is its own business."""
    pairs = (key.partition(":")[::2] for key in people.identities(visit.key, person))
    return [(kind, value) for kind, value in pairs if not value.startswith("order/")]

"""Webhooks: who is told what happens in the shop, and what became of it."""

from collections.abc import Sequence

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.app import endpoints as acts
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.webhooks import OFFERED, TRIES
from wraca.egress import Forbidden
from wraca.storage.queries import webhooks as rows

_OFF = {
    "by_hand": gettext_lazy("Switched off by hand."),
    "gone": gettext_lazy("Switched off: the address answered 410, which means that it is gone for good."),
    "failing": gettext_lazy("Switched off: it failed for five days."),
    "unreadable": gettext_lazy(
        "Switched off: its secret was sealed under another WRACA_SECRET_KEY. Rotate the secret, then switch it on."
    ),
}
_DETAILS = {
    "not_reached": gettext_lazy("not reached"),
    "refused": gettext_lazy("not taken"),
    "endpoint_off": gettext_lazy("given up: switched off"),
}


class Shown(msgspec.Struct, frozen=True):
    """An endpoint as the list tells of it. `off`: why it is."""

    seen: rows.EndpointSeen
    off: str


class DeliveryShown(msgspec.Struct, frozen=True):
    seen: rows.DeliverySeen
    state: str


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    """All endpoints, and the form for another one."""
    if visit.request.method != "POST":
        return _list(visit)
    draft = _draft(visit)
    try:
        endpoint, secret = acts.add_endpoint(wiring().register, visit.key.shop, draft, visit.now)
    except Forbidden:
        return _list(visit, draft, _bad_address())
    except acts.TooMany:
        return _list(visit, draft, _("A shop has at most %(most)s webhooks.") % {"most": acts.MOST})
    visit.note("webhook.added", endpoint=endpoint)
    return _page(visit, endpoint, secret=secret)


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def one(visit: Visit, endpoint: str) -> HttpResponse:
    """One endpoint: what it is told, its secret, its log."""
    try:
        rows.endpoint(visit.key.shop, endpoint)
        return _act(visit, endpoint) if visit.request.method == "POST" else _page(visit, endpoint)
    except LookupError as problem:
        raise Http404 from problem


def _act(visit: Visit, endpoint: str) -> HttpResponse:
    register, shop, act = wiring().register, visit.key.shop, visit.request.POST.get("do", "")
    match act:
        case "change":
            return _change(visit, endpoint)
        case "rotate":
            secret = acts.rotate_secret(register, shop, endpoint, visit.now)
            visit.note("webhook.rotated", endpoint=endpoint)
            return _page(visit, endpoint, secret=secret)
        case "off" | "on":
            acts.switch_endpoint(register, shop, endpoint, visit.now, on=act == "on")
        case "drop":  # offered for what is off
            acts.drop_endpoint(register, shop, endpoint)
            visit.note("webhook.dropped", endpoint=endpoint)
            messages.success(visit.request, _("The webhook was removed."))
            return redirect("webhooks", shop=visit.shop.id)
        case "test":
            acts.send_test(shop, endpoint, visit.now)
            messages.success(visit.request, _("A test event is on its way; its answer stands below in a moment."))
        case "again":
            _again(visit, endpoint)
        case _:
            raise Http404
    visit.note(f"webhook.{act}", endpoint=endpoint)
    return redirect("webhook", shop=visit.shop.id, endpoint=endpoint)


def _again(visit: Visit, endpoint: str) -> None:
    if acts.send_again(visit.key.shop, endpoint, visit.request.POST.get("delivery", ""), visit.now):
        messages.success(visit.request, _("It is sent again, under the same id."))
    else:
        messages.error(visit.request, _("It was not sent again: the webhook is off, or it is being sent right now."))


def _change(visit: Visit, endpoint: str) -> HttpResponse:
    draft = _draft(visit)
    try:
        acts.change_endpoint(wiring().register, visit.key.shop, endpoint, draft)
    except Forbidden:
        return _page(visit, endpoint, draft=draft, problem=_bad_address())
    visit.note("webhook.changed", endpoint=endpoint, personal=draft.personal)
    messages.success(visit.request, _("Saved."))
    return redirect("webhook", shop=visit.shop.id, endpoint=endpoint)


def _draft(visit: Visit) -> acts.Draft:
    """What the form says. Every box ticked is the same as none: also what comes in later versions."""
    said = visit.request.POST
    chosen = acts.topics_of(said.getlist("topic"))
    return acts.Draft(said.get("url", "").strip(), () if len(chosen) == len(OFFERED) else chosen, said.get("personal") == "yes")


def _list(visit: Visit, draft: acts.Draft | None = None, problem: str = "") -> HttpResponse:
    shown = [Shown(each, str(_OFF.get(each.disabled_reason, ""))) for each in rows.endpoints(visit.key.shop)]
    context = {"endpoints": shown, "draft": draft or acts.Draft("https://"), "problem": problem, "topics": _topics(draft)}
    return visit.page("webhooks.html", {**_HERE, **context})


def _page(visit: Visit, endpoint: str, *, secret: str = "", draft: acts.Draft | None = None, problem: str = "") -> HttpResponse:
    seen = rows.endpoint(visit.key.shop, endpoint)
    draft = draft or acts.Draft(
        seen.url, acts.topics_of(seen.topics), acts.is_personal(wiring().register, visit.key.shop, endpoint)
    )
    context = {
        "each": Shown(seen, str(_OFF.get(seen.disabled_reason, ""))),
        "secret": secret,
        "draft": draft,
        "problem": problem,
        "topics": _topics(draft),
        "deliveries": [DeliveryShown(one, _state(one)) for one in rows.deliveries(visit.key.shop, endpoint)],
    }
    return visit.page("webhook.html", {**_HERE, **context})


_HERE = {"here": "settings", "tab": "webhooks"}


def _topics(draft: acts.Draft | None) -> Sequence[tuple[str, bool]]:
    """(name, whether it is ticked)."""
    chosen = draft.topics if draft else ()
    return [(topic.value, not chosen or topic in chosen) for topic in OFFERED]


def _state(one: rows.DeliverySeen) -> str:
    if one.is_taken:
        return _("taken")
    said = str(_DETAILS.get(one.detail, ""))
    if one.due_at is None:
        return _("%(said)s, given up") % {"said": said} if one.attempts >= TRIES else said
    return _("%(said)s, will be tried again") % {"said": said} if said else _("on its way")


def _bad_address() -> str:
    return _("The address must begin with https:// and lead to a public host.")

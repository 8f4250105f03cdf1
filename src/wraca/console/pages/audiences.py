"""Audiences: who is in them, by number, and where else they are kept: connected, counted, mended, given up."""

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.app import outlets as acts
from wraca.app.ledger import Rules
from wraca.console.copyform import copy_form, hash_lines
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.durations import DAY
from wraca.ports.channel import Misconfigured
from wraca.storage.queries import belonging, outlets

_LATELY = 30  # days
_HERE = {"here": "audiences"}
_TITLES = {"webhook": gettext_lazy("A webhook of your own"), "csv": gettext_lazy("A file to download")}


class CopyShown(msgspec.Struct, frozen=True):
    """A copy with the name of its place."""

    seen: outlets.Copy
    title: str


@shop_page(Right.NUMBERS)
def show(visit: Visit) -> HttpResponse:
    found = belonging.audiences(visit.key, visit.now - _LATELY * DAY)
    return visit.page("audiences.html", {**_HERE, "audiences": found, "days": _LATELY, "copies": _copies(visit)})


@shop_page(Right.NUMBERS)
def one(visit: Visit, audience: str) -> HttpResponse:
    """One audience: how many of it may be told of and why not the others, and where it is kept."""
    _need(visit, audience)
    found = _copies(visit, audience)
    taken = {each.seen.platform for each in found}
    offered = [(name, _title(name)) for name in sorted(wiring().register.sinks) if name not in taken]
    reach = acts.reach(wiring().register, visit.key.shop, audience, visit.now)
    return visit.page("audience.html", {**_HERE, "audience": audience, "copies": found, "offered": offered, "reach": reach})


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def copy(visit: Visit, audience: str, platform: str) -> HttpResponse:
    """One copy: its settings, its ledger, what is wrong."""
    _need(visit, audience)
    try:
        return _act(visit, audience, platform) if visit.request.method == "POST" else _page(visit, audience, platform)
    except acts.NoSuchPlace as problem:
        raise Http404 from problem


@shop_page(Right.SETTINGS)
def file(visit: Visit, audience: str) -> HttpResponse:
    """The copy that is a file."""
    if not any(each.seen.platform == "csv" for each in _copies(visit, audience)):
        raise Http404
    visit.note("audience.downloaded", audience=audience)
    content = b"".join(hash_lines(outlets.hashes(visit.key, "csv", audience)))
    headers = {"Content-Disposition": 'attachment; filename="audience.csv"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _act(visit: Visit, audience: str, platform: str) -> HttpResponse:
    register, shop = wiring().register, visit.key.shop
    match visit.request.POST.get("do", ""):
        case "save":
            return _save(visit, audience, platform)
        case "try":
            trial = acts.try_copy(register, shop, platform, audience, visit.now)
            visit.note("audience.tried", audience=audience, platform=platform, verdict=trial.verdict)
            return _page(visit, audience, platform, trial=trial, trial_text=_verdicts()[trial.verdict])
        case "give_up":
            acts.give_up(register, shop, platform, audience)
            visit.note("audience.given_up", audience=audience, platform=platform)
            messages.success(visit.request, _("Everybody is being taken out; then the connection is forgotten."))
            return redirect("audience", shop=visit.shop.id, audience=audience)
        case _:
            raise Http404


def _save(visit: Visit, audience: str, platform: str) -> HttpResponse:
    register, shop = wiring().register, visit.key.shop
    sink, saved = acts.place_named(register, platform), acts.copy_settings(register, shop, platform, audience)
    form = copy_form(sink, saved, visit.request.POST)
    if form.is_valid():
        said = dict(form.cleaned_data)
        excluded = tuple(sorted({word.strip().lower() for word in said.pop("excluded").split(",") if word.strip()}))
        rules = Rules(buyers_leave=said.pop("buyers_leave"), excluded=excluded)
        try:
            acts.save_copy(register, shop, platform, audience, said, rules)
        except Misconfigured as problem:
            form.add_error(None, _("These settings cannot work: %(problem)s") % {"problem": problem})
        else:
            visit.note("audience.connected", audience=audience, platform=platform)
            messages.success(visit.request, _("Saved. Within a minute or two Wraca begins to tell who is in it."))
            return redirect("audience_copy", shop=visit.shop.id, audience=audience, platform=platform)
    return _page(visit, audience, platform, form=form)


def _page(visit: Visit, audience: str, platform: str, **context: object) -> HttpResponse:
    register, shop = wiring().register, visit.key.shop
    sink, saved = acts.place_named(register, platform), acts.copy_settings(register, shop, platform, audience)
    seen = next(iter(each.seen for each in _copies(visit, audience) if each.seen.platform == platform), None)
    shown: dict[str, object] = {
        "audience": audience,
        "platform": platform,
        "title": _title(platform),
        "is_file": sink.is_file,
        "copy": seen,
        "is_leaving": acts.is_given_up(register, shop, platform, audience),
        "form": copy_form(sink, saved),
        "failures": outlets.failures(visit.key, platform, audience),
        "ledger": outlets.ledger(visit.key, platform, audience),
    }
    return visit.page("audience_copy.html", {**_HERE, **shown, **context})


def _copies(visit: Visit, audience: str = "") -> list[CopyShown]:
    return [CopyShown(each, _title(each.platform)) for each in outlets.copies(visit.key, audience)]


def _title(platform: str) -> str:
    """The place as people call it; its own word where it has a name in every language."""
    if platform in _TITLES:
        return str(_TITLES[platform])
    sink = wiring().register.sinks.get(platform)
    return sink.title if sink else platform


def _need(visit: Visit, audience: str) -> None:
    if not outlets.is_known(visit.key, audience):
        raise Http404


def _verdicts() -> dict[str, str]:
    wrong = _("The settings do not work.")
    return {
        "taken": _("The settings work."),
        "misconfigured": wrong,
        "refused": wrong,
        "unavailable": _("The platform could not be reached, or asks to wait. Try again in a few minutes."),
        "unclear": _("The platform answered something that Wraca does not understand."),
    }

"""On the shop's pages: what visitors see there, with its numbers; a designer with a preview."""

from functools import cache

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.placed import Placed, deeds, newest, versions
from wraca.app.placing import BadPanel, Draft, save, switch
from wraca.app.previews import Wanted, sample_message
from wraca.app.samples import Sample
from wraca.channels.onsite.drawing import draw, html_of
from wraca.channels.onsite.library import Ready, ready_made, style_sheet
from wraca.console import placing
from wraca.console.doors import Visit, shop_page
from wraca.console.forms import LANGUAGES
from wraca.console.headers import PREVIEW_POLICY
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.panels import Panel
from wraca.domain.placements import Rules
from wraca.ports.channel import Links, Recipient


class Row(msgspec.Struct, frozen=True):
    """One placement in the list."""

    placed: Placed
    counts: dict[str, int]
    words: list[str]
    kind: str


class Content(msgspec.Struct, frozen=True):
    """The form of one language."""

    code: str
    name: str
    form: placing.PanelForm


@shop_page(Right.NUMBERS)
def show(visit: Visit) -> HttpResponse:
    """Everything placed, and what could be."""
    known = newest(visit.key)
    counts = deeds(visit.key, [one.name for one in known])
    rows = [Row(one, counts[one.name], list(placing.in_words(one.kind, one.rules)), str(placing.KINDS[one.kind])) for one in known]
    unused = [(name, placing.KINDS[ready.kind], _heading(ready)) for name, ready in ready_made().items() if name not in counts]
    return visit.page("onsite.html", {"here": "onsite", "rows": rows, "unused": unused})


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def one(visit: Visit, placement: str) -> HttpResponse:
    """The designer of one; of a name that is not saved yet, the ready-made one of that name, or an empty one."""
    past = versions(visit.key, placement)
    begun = past[0] if past else ready_made().get(placement) or Ready("popup", Rules(), {})
    faults: list[str] = []
    if visit.request.method == "POST":
        rules, contents = placing.RulesForm(visit.request.POST), _contents(visit)
        if rules.is_valid() and all(each.form.is_valid() for each in contents):
            faults = _saved(visit, placement, rules, contents, is_active=bool(past) and past[0].is_active)
            if not faults:
                return redirect("placement", shop=visit.shop.id, placement=placement)
    else:
        rules = placing.RulesForm.of(begun.kind, begun.rules, visit.shop.currency)
        contents = [Content(code, name, placing.PanelForm.of(code, begun.panels.get(code))) for code, name in LANGUAGES]
    context = {
        "here": "onsite",
        "placement": placement,
        "is_saved": bool(past),
        "is_active": bool(past) and past[0].is_active,
        "versions": past,
        "rules": rules,
        "contents": contents,
        "faults": faults,
        "words": list(placing.in_words(begun.kind, begun.rules)),
        "hints": placing.hints(visit.shop.country),
    }
    return visit.page("placement.html", context, status=422 if faults else 200)


@shop_page(Right.JOURNEYS, methods=("POST",))
def turn(visit: Visit, placement: str) -> HttpResponse:
    """On or off."""
    on = visit.request.POST.get("to") == "on"
    if not switch(visit.key, placement, on=on):
        raise Http404
    visit.note("placement.on" if on else "placement.off", name=placement)
    messages.success(visit.request, _("It is on: visitors see it within a few seconds.") if on else _("It is off."))
    return redirect("onsite", shop=visit.shop.id)


@shop_page(Right.JOURNEYS, methods=("POST",))
def preview(visit: Visit, placement: str) -> HttpResponse:
    """What is typed, as visitors would see it, with a made-up cart; for a frame that can do nothing."""
    code = visit.request.POST.get("language", "en")
    form = next((each.form for each in _contents(visit) if each.code == code), None)
    if form is None:
        raise PermissionDenied
    panel = form.panel() if form.is_valid() else None
    kind = visit.request.POST.get("kind", "popup")
    inside = _drawn(visit, panel, code) if panel else ""
    shown = f'<section class="panel {kind if kind in placing.KINDS else "popup"}">{inside}</section>' if inside else ""
    page = f'<!doctype html><html lang="{code}"><meta charset="utf-8"><title>{placement}</title><style>{_style()}</style>{shown}'
    return HttpResponse(page, headers={"Content-Security-Policy": PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN"})


def _saved(visit: Visit, placement: str, rules: placing.RulesForm, contents: list[Content], *, is_active: bool) -> list[str]:
    """Save it; what is wrong with it instead."""
    panels = {each.code: panel for each in contents if (panel := each.form.panel())}
    draft = Draft(placement, rules.cleaned_data["kind"], rules.rules(visit.shop.currency), panels, is_active)
    home = wiring().register.shop(visit.key.shop).home
    try:
        version = save(visit.key, home, draft, visit.user.get_username(), visit.now)
    except BadPanel as problem:
        return [
            (f"{code}: " if code else "") + str(placing.FAULTS[one.code]) % {"text": one.text}
            for code, found in problem.found.items()
            for one in found
        ]
    visit.note("placement.saved", name=placement, version=version)
    messages.success(visit.request, _("Saved as version %(version)s.") % {"version": version})
    return []


def _contents(visit: Visit) -> list[Content]:
    return [Content(code, name, placing.PanelForm(visit.request.POST, prefix=code)) for code, name in LANGUAGES]


def _drawn(visit: Visit, panel: Panel, language: str) -> str:
    register = wiring().register
    wanted = Wanted("cart-reminder", language)
    sample = sample_message(register, visit.key.shop, wanted, Recipient(""), visit.now, Sample("nameless", has_offer=True))
    return html_of(draw(panel, language, sample.facts, Links(restore=register.shop(visit.key.shop).home, preferences="")))


@cache
def _style() -> str:
    """The visitors' own style sheet; what holds for the shadow's host holds for the whole frame here."""
    return style_sheet().replace(":host { all: initial;", ":root {").replace(":host", ":root")


def _heading(ready: Ready) -> str:
    return ready.panels["en"].title

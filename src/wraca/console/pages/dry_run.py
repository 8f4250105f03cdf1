"""The dry run: a journey played over the shop's own past, on a virtual clock, before anybody gets a message; or two compared."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app import rehearsals
from wraca.console.doors import Visit, shop_page
from wraca.console.rehearsed import report_shown, versus_shown
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys
from wraca.storage.queries.journeys import JourneySeen

_DAYS = (7, 30, 90)


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def show(visit: Visit, name: str) -> HttpResponse:
    """Ask for it. The answer is a page of its own, which can be left and come back to."""
    journey = _known(visit, name)
    asked = visit.request.POST.get("days", "30")
    days = int(asked) if asked in {str(each) for each in _DAYS} else 30
    rivals = _rivals(visit, journey)
    if visit.request.method == "POST":
        sources = [journey.source]
        if (rival := visit.request.POST.get("rival", "")) and rival in rivals:
            sources.insert(0, rivals[rival])
        try:
            plans = [read_plan(source) for source in sources]
            started = rehearsals.start(wiring().register, visit.key.shop, plans, days, visit.user.get_username(), visit.now)
        except rehearsals.Occupied:
            messages.error(
                visit.request, _("A dry run of this shop is under way already, or others keep the machine busy. Try again soon.")
            )
        else:
            return redirect("journey_rehearsal", shop=visit.shop.id, name=name, rehearsal=started)
    context = {"here": "journeys", "tab": "try", "journey": journey, "days": days, "spans": _DAYS, "rivals": list(rivals)}
    return visit.page("journey_try.html", context | {"plan": read_plan(journey.source)})


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def one(visit: Visit, name: str, rehearsal: str) -> HttpResponse:
    """How far it is, and what came out. Asked again every second while it runs; POST stops it."""
    journey = _known(visit, name)
    database = wiring().register.database
    if visit.request.method == "POST":
        rehearsals.stop(database, visit.key.shop, rehearsal, visit.now)
        return redirect("journey_rehearsal", shop=visit.shop.id, name=name, rehearsal=rehearsal)
    found = rehearsals.read(database, visit.key.shop, rehearsal, visit.now)
    if found is None:
        raise Http404
    played = found.played
    context = {
        "here": "journeys",
        "tab": "try",
        "journey": journey,
        "plan": read_plan(journey.source),
        "rehearsal": found,
        "reports": [report_shown(report) for report in played.reports] if played else [],
        "versus": versus_shown(played.comparison) if played and played.comparison else None,
        "may_see_people": visit.may(Right.PERSON),
    }
    is_part = visit.request.headers.get("HX-Request") == "true"
    return visit.page("rehearsal_part.html" if is_part else "rehearsal.html", context)


def _known(visit: Visit, name: str) -> JourneySeen:
    journey = journeys.journey(visit.key, name)
    if journey is None:
        raise Http404
    return journey


def _rivals(visit: Visit, journey: JourneySeen) -> dict[str, str]:
    """What it can be compared with, by the words that offer it: earlier versions, and the shop's other journeys."""
    versions = {
        _("version %(version)s") % {"version": each.version}: each.source
        for each in journeys.versions(visit.key, journey.name)
        if each.version != journey.version
    }
    others = {each.name: each.source for each in journeys.journeys(visit.key) if each.name != journey.name}
    return versions | others

"""The dry run: a journey played over the shop's own past, on a virtual clock, before anybody gets a message."""

from django.http import Http404, HttpResponse

from wraca.app.dry_run import dry_run
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys

_DAYS = (7, 30, 90)


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def show(visit: Visit, name: str) -> HttpResponse:
    """Ask for it and read its result on the same page."""
    journey = journeys.journey(visit.key, name)
    if journey is None:
        raise Http404
    asked = visit.request.POST.get("days", "30")
    days = int(asked) if asked in {str(each) for each in _DAYS} else 30
    plan, result = read_plan(journey.source), None
    if visit.request.method == "POST":
        result = dry_run(wiring().register, visit.key.shop, plan, days, visit.now)
    context = {
        "here": "journeys",
        "tab": "try",
        "journey": journey,
        "plan": plan,
        "days": days,
        "spans": _DAYS,
        "result": result,
        "most_in_an_hour": max((count for _, count in result.by_hour), default=0) if result else 0,
    }
    return visit.page("journey_try.html", context)

"""Audiences: who is in them, by number, and what has become of them lately."""

from django.http import HttpResponse

from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.domain.journeys.durations import DAY
from wraca.storage.queries import belonging

_LATELY = 30  # days


@shop_page(Right.NUMBERS)
def show(visit: Visit) -> HttpResponse:
    found = belonging.audiences(visit.key, visit.now - _LATELY * DAY)
    return visit.page("audiences.html", {"here": "audiences", "audiences": found, "days": _LATELY})

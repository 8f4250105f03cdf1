"""The last look at a journey before it is switched on."""

from django.http import Http404, HttpResponse

from wraca.console import words
from wraca.console.doors import Visit, shop_page
from wraca.console.editing import checking, telling
from wraca.console.editing.tree import tree
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys


@shop_page(Right.JOURNEYS)
def start(visit: Visit, name: str) -> HttpResponse:
    """What the journey will do once it is on: read before the button is pressed."""
    journey = journeys.journey(visit.key, name)
    if journey is None:
        raise Http404
    plan = read_plan(journey.source)
    register = wiring().register
    missing = [each for each in plan.channels if register.connection(visit.key.shop, each) is None]
    first = checking.first_message_after(plan)
    context = {
        "here": "journeys",
        "journey": journey,
        "plan": plan,
        "trigger": tree(plan, {})[0],
        "first": first,
        "templates": list(dict.fromkeys(send.template for send in plan.sends)),
        "missing": [(each, words.word(telling.CHANNELS, each), each in register.channels) for each in missing],
        "warnings": checking.warnings(plan),
        "rivals": [each for each in journeys.journeys(visit.key) if each.active_since and each.name != name],
    }
    return visit.page("editor_start.html", context)

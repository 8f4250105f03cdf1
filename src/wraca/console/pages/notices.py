"""For your team: what journeys tell the people of the shop, to be seen to and marked as done."""

from django.http import HttpResponse
from django.shortcuts import redirect

from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.storage.queries import belonging

_SHOWN = 100
_ON_CARD = 3


@shop_page(Right.CARTS, Right.PERSON, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    """What is to be done, and what was done lately."""
    if visit.request.method == "POST":
        notice = visit.request.POST.get("notice", "")
        if len(notice) == 32 and notice.isalnum() and belonging.finish_notice(visit.key, notice, visit.now):
            visit.note("notice.done", notice=notice)
        return redirect("overview" if visit.request.POST.get("back") == "overview" else "notices", shop=visit.shop.id)
    context: dict[str, object] = {
        "here": "overview",
        "waiting": belonging.notices(visit.key, _SHOWN, is_done=False),
        "done": belonging.notices(visit.key, 20, is_done=True),
    }
    return visit.page("team_notices.html", context)


def card(visit: Visit) -> dict[str, object] | None:
    """For the overview: the newest of what is to be done; None where there is nothing, or it is none of the visitor's business."""
    if not (visit.may(Right.CARTS) or visit.may(Right.PERSON)):
        return None
    count = belonging.waiting_notices(visit.key)
    return {"count": count, "newest": belonging.notices(visit.key, _ON_CARD, is_done=False)} if count else None

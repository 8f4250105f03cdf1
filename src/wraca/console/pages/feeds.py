"""Product feeds: their addresses, when they were last fetched, and whether a sudden loss stops one."""

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.feedfiles import FeedKind
from wraca.app.feeds import accept_loss, feed_key, left_out
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.storage.queries import outlets

_TITLES = {FeedKind.GOOGLE: "Google Merchant Center", FeedKind.META_CSV: "Meta (CSV)", FeedKind.META_XML: "Meta (XML)"}


class FeedShown(msgspec.Struct, frozen=True):
    """One feed. `seen` None: nobody has fetched it yet."""

    kind: str
    title: str
    address: str
    seen: outlets.FeedSeen | None


@shop_page(Right.SETTINGS, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    register, shop = wiring().register, visit.key.shop
    if visit.request.method == "POST":
        kind = visit.request.POST.get("kind", "")
        if kind not in set(FeedKind):
            raise Http404
        if accept_loss(register, shop, FeedKind(kind)):
            visit.note("feed.confirmed", kind=kind)
            messages.success(visit.request, _("Confirmed: the feed is published again as it is now."))
        return redirect("feeds", shop=visit.shop.id)
    seen, start = outlets.feeds(visit.key), f"{wiring().public_url}/feeds/{feed_key(register, shop)}"
    shown = [FeedShown(kind.value, _TITLES[kind], f"{start}/{kind.value}", seen.get(kind.value)) for kind in FeedKind]
    told, without = left_out(register, shop, visit.now)
    return visit.page("feeds.html", {"here": "feeds", "feeds": shown, "told": told, "without": without})

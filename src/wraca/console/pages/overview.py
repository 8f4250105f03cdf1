"""The overview of a shop: the numbers, the chart, what needs attention, and the first steps while the shop is new."""

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from wraca.console import formats
from wraca.console.doors import Visit, shop_page, zone_of
from wraca.console.pages import notices, reasons
from wraca.console.pages.beginning import claim
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.durations import DAY
from wraca.storage.fields import to_datetime
from wraca.storage.queries import journeys, overview
from wraca.storage.queries.shops import Standing, shops_of, standing

_SPANS = (7, 30, 90)


class Concern(msgspec.Struct, frozen=True):
    """Something that needs somebody now: what happened, what it means, where to mend it."""

    text: str
    link: str = ""
    action: str = ""
    tone: str = "warm"


class FirstStep(msgspec.Struct, frozen=True):
    text: str
    link: str
    is_done: bool


def home(request: HttpRequest) -> HttpResponse:
    """The first shop of whoever is signed in."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    if request.user.is_superuser:
        claim(request.user)
    shops = shops_of(int(request.user.pk))
    return redirect("overview", shop=shops[0].id) if shops else render(request, "console/no_shop.html")


def root(_request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("home"))


@shop_page(Right.NUMBERS)
def show(visit: Visit) -> HttpResponse:
    wanted = visit.request.GET.get("days", "30")
    days = int(wanted) if wanted in {str(span) for span in _SPANS} else 30
    offset = zone_of(visit.shop.timezone).utcoffset(to_datetime(visit.now).replace(tzinfo=None))
    shift = int(offset.total_seconds() * 1000) if offset else 0
    since = (visit.now + shift) // DAY * DAY - shift - (days - 1) * DAY
    span = overview.Span(since, visit.now, shift)
    by_day, stands = overview.days(visit.key, span), standing(visit.key)
    steps = first_steps(visit, stands)
    context = {
        "here": "overview",
        "numbers": overview.numbers(visit.key, span),
        "by_day": by_day,
        "chart": _chart(by_day),
        "days": days,
        "spans": _SPANS,
        "standing": stands,
        "concerns": concerns(visit, stands),
        "steps": steps,
        "why": reasons.card(visit, since),
        "team_card": notices.card(visit),
        "is_new": not all(step.is_done for step in steps),
    }
    return visit.page("overview.html", context)


def _chart(by_day: tuple[overview.Day, ...]) -> dict[str, object]:
    """The columns for uPlot, with the words and dates already in the reader's language."""
    return {
        "day": _("Day"),
        "days": [formats.short_day(day.start) for day in by_day],
        "series": [
            {"label": _("Carts"), "values": [day.carts for day in by_day]},
            {"label": _("Left behind"), "values": [day.abandoned for day in by_day]},
            {"label": _("Messages"), "values": [day.messages for day in by_day]},
            {"label": _("Recovered"), "values": [day.recovered for day in by_day]},
        ],
    }


def first_steps(visit: Visit, stands: Standing) -> list[FirstStep]:
    """The way from an empty shop to the first message; done steps stay visible until all are."""
    shop, settings = visit.shop.id, visit.shop.settings
    mail = next((channel for channel in stands.channels if channel.name == "email"), None)
    is_running = any(journey.active_since for journey in journeys.journeys(visit.key))
    has_legal = bool(settings.get("legal_name") and settings.get("postal_address"))
    return [
        FirstStep(_("Paste the snippet into the shop, so that carts arrive"), reverse("keys", args=[shop]), stands.has_events),
        FirstStep(_("Say who sends: legal name and postal address"), reverse("settings", args=[shop]), has_legal),
        FirstStep(_("Connect the mail server"), reverse("channel", args=[shop, "email"]), mail is not None),
        FirstStep(_("Send yourself a test message"), reverse("channel", args=[shop, "email"]), bool(mail and mail.checked_at)),
        FirstStep(_("Look at a journey and switch it on"), reverse("journeys", args=[shop]), is_running),
    ]


def concerns(visit: Visit, stands: Standing) -> list[Concern]:
    """Everything that keeps messages from going out, the worst first."""
    shop = visit.shop.id
    found = []
    if stands.installation_paused:
        found.append(
            Concern(
                _("Sending is paused for the whole installation: %(reason)s") % {"reason": stands.installation_paused}, tone="bad"
            )
        )
    if visit.shop.paused_at:
        found.append(Concern(_("This shop is paused: nothing is sent."), reverse("settings", args=[shop]), _("Settings"), "bad"))
    for channel in stands.channels:
        if channel.paused_until > visit.now:
            text = _("E-mail is paused, because its settings do not work: %(reason)s") % {"reason": channel.pause_reason or "–"}
            found.append(Concern(text, reverse("channel", args=[shop, channel.name]), _("Mend the sender"), "bad"))
    profile = wiring().register.shop(visit.key.shop).profile
    limit = profile.heartbeat_limit if stands.has_heartbeat else profile.feed_limit
    if stands.feed_complete_until and visit.now - stands.feed_complete_until > limit:
        text = _("No word about orders since %(moment)s. Messages are held, so that nobody who bought is reminded.")
        found.append(Concern(text % {"moment": formats.day_and_time(stands.feed_complete_until)}, tone="bad"))
    if stands.parked:
        found.append(Concern(_("Things put aside because they failed again and again: %(count)s") % {"count": stands.parked}))
    return found

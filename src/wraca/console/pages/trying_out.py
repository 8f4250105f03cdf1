"""Looking at a message as a real person, and sending it to oneself."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from wraca.app.channels import Verdict, try_message
from wraca.app.previews import Wanted
from wraca.console.composing import seeing
from wraca.console.composing.content import sources_of
from wraca.console.composing.opening import Opened, choose_reader, opened
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.ports.channel import Recipient, TemplateProblem
from wraca.storage.queries import carts, people, templates

MOST_TESTS = 20  # of one shop in TESTS_WITHIN: a test is for oneself, not for a list
TESTS_WITHIN = 3_600_000  # ms
_MARKS = {"bg": "[Тест]"}


@shop_page(Right.JOURNEYS, methods=("POST",))
def choose(visit: Visit, template: str, language: str) -> HttpResponse:
    """Whose message to look at: found by the whole address, or by one of the carts in the list; or again somebody made up."""
    if not visit.may(Right.PERSON):
        raise PermissionDenied
    work = opened(visit, template, language)
    said = visit.request.POST
    if said.get("nobody"):
        choose_reader(visit, "")
        return _back(work, "")
    address, cart = said.get("address", "").strip(), said.get("cart", "")
    if address:
        person = people.find(visit.key, address)
        cart = next((each.id for each in carts.carts_of(visit.key, person, visit.now) if each.lines), "") if person else ""
    chosen = seeing.reader(visit, cart)
    if chosen is None:
        messages.error(visit.request, _("Nobody with this address and a cart is known here."))
        return _back(work, "")
    choose_reader(visit, cart)
    visit.note("template.seen_as", template=template, cart=cart, person=chosen.person.id)
    return _back(work, "is_real=1")


@shop_page(Right.JOURNEYS, methods=("POST",))
def send(visit: Visit, template: str, language: str) -> HttpResponse:
    """A test message over the shop's own connection, with made-up goods, and in plain words what became of it."""
    work = opened(visit, template, language)
    address = visit.request.POST.get("address", "").strip()
    try:
        validate_email(address)
    except ValidationError:
        messages.error(visit.request, _("This is no e-mail address."))
        return _back(work, visit.request.POST.get("see", ""))
    if wiring().register.connection(visit.key.shop, seeing.CHANNEL) is None:
        messages.error(visit.request, _("E-mail is not connected yet. Somebody who may change the settings connects it there."))
    elif templates.noted_since(visit.key, "template.tested", visit.now - TESTS_WITHIN) >= MOST_TESTS:
        messages.error(visit.request, _("Enough tests for now: at most %(most)s in an hour.") % {"most": MOST_TESTS})
    else:
        _sent(work, address)
    return _back(work, visit.request.POST.get("see", ""))


def _sent(work: Opened, address: str) -> None:
    visit = work.visit
    connection = wiring().register.connection(visit.key.shop, seeing.CHANNEL)
    assert connection is not None
    try:
        sources = sources_of(work.draft.content, work.language)
    except TemplateProblem:
        messages.error(visit.request, _("First mend what cannot be taken over."))
        return
    sources["subject"] = f"{_MARKS.get(work.language, '[Test]')} {sources['subject']}"
    wanted = Wanted(work.template, work.language, connection.settings, sources, seeing.CHANNEL)
    message = seeing.sample_to(visit, wanted, Recipient(address), work.look(work.asked))
    trial = try_message(wiring().register.channels[seeing.CHANNEL], message)
    is_own = address.lower() == visit.user.email.lower()
    visit.note("template.tested", template=work.template, language=work.language, verdict=trial.verdict, to_oneself=is_own)
    if trial.is_good:
        messages.success(visit.request, _("The mail server took the test message. Look into the inbox, and into the spam folder."))
    else:
        messages.error(visit.request, _verdict(trial.verdict) + (f" ({trial.said})" if trial.verdict == "template" else ""))


def _verdict(verdict: Verdict) -> str:
    words = {
        "misconfigured": _("Not sent: the mail server refused the sign-in or the sender. Check the settings of the channel."),
        "refused": _("Not sent: the mail server refused this recipient or this message."),
        "blocked": _("Not sent: the mail server does not trust the sending address or domain."),
        "unavailable": _("Not sent: the mail server could not be reached. Try again in a few minutes."),
        "template": _("Not sent: the message could not be made."),
        "unclear": _("The connection broke in the middle: the message may have arrived or not."),
    }
    return words.get(verdict, verdict)


def _back(work: Opened, query: str) -> HttpResponse:
    named = {"shop": work.visit.shop.id, "template": work.template, "language": work.language}
    address = reverse("template", kwargs=named)
    return redirect(f"{address}?{query}#seen" if query else f"{address}#seen")

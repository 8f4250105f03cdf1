"""The words of a message, per language, as a plain form with a preview beside it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.journeys import put_texts
from wraca.app.previews import sample_message
from wraca.channels.email import wording
from wraca.console.doors import Visit, shop_page
from wraca.console.forms import LANGUAGES, words_form
from wraca.console.headers import PREVIEW_POLICY
from wraca.console.pages.previews import shown
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.ports.channel import Outgoing, Recipient, Rendered, TemplateProblem
from wraca.storage.queries import journeys

_CHANNEL = "email"


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def edit(visit: Visit, name: str, template: str, language: str) -> HttpResponse:
    """Change the words. What is saved was rendered once before: a broken text never reaches the outbox."""
    journey = journeys.journey(visit.key, name)
    if journey is None or language not in dict(LANGUAGES):
        raise Http404
    plan = read_plan(journey.source)
    sends = [send for send in plan.sends if send.channel == _CHANNEL]
    if template not in {send.template for send in sends}:
        raise Http404
    words = _words(visit, template, language)
    form = words_form(words, _labels(), visit.request.POST or None)
    if visit.request.method == "POST" and form.is_valid():
        try:
            sources = _checked(visit, template, language, form.cleaned_data)
        except TemplateProblem as problem:
            where = _(" (line %(line)s)") % {"line": problem.line} if problem.line else ""
            form.add_error(None, f"{problem}{where}")
        else:
            put_texts(visit.key.bucket, visit.key.shop, template, language, sources, visit.user.get_username(), visit.now)
            wiring().register.forget()
            visit.note("texts.saved", template=template, language=language)
            messages.success(visit.request, _("Saved. Messages that are made from now on use these words."))
            return redirect("texts", shop=visit.shop.id, name=name, template=template, language=language)
    context = {
        "here": "journeys",
        "tab": "texts",
        "journey": journey,
        "plan": plan,
        "sends": list({send.template: send for send in sends}.values()),
        "template": template,
        "language": language,
        "languages": LANGUAGES,
        "form": form,
        "is_own": bool(journeys.own_texts(visit.key, template, language)),
    }
    return visit.page("texts.html", context)


@shop_page(Right.NUMBERS)
def preview(visit: Visit, template: str, language: str, form: str) -> HttpResponse:
    """The saved words with made-up goods."""
    if language not in dict(LANGUAGES):
        raise Http404
    try:
        rendered = _rendered(visit, _sample(visit, template, language, journeys.own_texts(visit.key, template, language)))
    except TemplateProblem as problem:
        return HttpResponse(str(problem), content_type="text/plain", headers={"Content-Security-Policy": PREVIEW_POLICY})
    return shown(rendered, form)


def _words(visit: Visit, template: str, language: str) -> dict[str, str]:
    try:
        built_in = wording.words_of(template, language)
    except TemplateProblem as problem:
        raise Http404 from problem
    return built_in | wording.own_words(journeys.own_texts(visit.key, template, language))


def _checked(visit: Visit, template: str, language: str, said: dict[str, str]) -> dict[str, str]:
    """The sources of these words, rendered once. Raises TemplateProblem."""
    sources = dict(wording.written(template, language, said))
    _rendered(visit, _sample(visit, template, language, sources))
    return sources


def _sample(visit: Visit, template: str, language: str, sources: dict[str, str]) -> Outgoing:
    shop = wiring().register.shop(visit.key.shop)
    return sample_message(shop, template, language, Recipient("anna@example.com", "Anna"), {}, visit.now, sources)


def _rendered(_visit: Visit, message: Outgoing) -> Rendered:
    channel = wiring().register.channels.get(_CHANNEL)
    if channel is None:
        raise Http404
    return channel.render(message)


def _labels() -> dict[str, str]:
    return {
        "subject": _("Subject"),
        "preheader": _("First line in the inbox, beside the subject"),
        "title": _("Heading"),
        "intro": _("Text above the cart (an empty line begins a new paragraph)"),
        "outro": _("Text below the cart"),
        "questions": _("Questions and answers, one per line: question | answer"),
    }

"""The messages of a shop: all of them with where they are used, new ones, and those of one journey."""

import re

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app.templates import StillUsed, drop_template
from wraca.channels.email.drawing import LANGUAGES
from wraca.console import words
from wraca.console.composing import wordsof
from wraca.console.composing.findings import look_over
from wraca.console.composing.opening import begin
from wraca.console.composing.seeing import CHANNEL
from wraca.console.composing.shelf import Shelved, copy_of, everything, taken
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys, templates

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


class _Row(msgspec.Struct, frozen=True):
    """One message. `spoken`: (language, its name, whether the words are the merchant's own)."""

    name: str
    title: str
    is_built_in: bool
    spoken: tuple[tuple[str, str, bool], ...]
    opens_in: str
    errors: int
    warnings: int
    journeys: tuple[str, ...]


@shop_page(Right.JOURNEYS)
def show(visit: Visit) -> HttpResponse:
    """Every message: those in use first, then the shop's own, then what comes with Wraca."""
    using = templates.journeys_using(visit.key)
    rows = sorted((_row(visit, each, using.get(each.name, ())) for each in everything(visit)), key=lambda row: row.title.casefold())
    groups = [
        (_("In use"), [row for row in rows if row.journeys]),
        (_("Your own, not in use"), [row for row in rows if not row.journeys and not row.is_built_in]),
        (_("Ready to be used"), [row for row in rows if not row.journeys and row.is_built_in]),
    ]
    return visit.page("templates.html", {"here": "templates", "groups": [group for group in groups if group[1]]})


def _row(visit: Visit, shelved: Shelved, using: tuple[str, ...]) -> _Row:
    profile, every = wiring().register.shop(visit.key.shop).profile, shelved.messages() if shelved.own_languages else {}
    contents = [(language, content) for language in shelved.own_languages if (content := shelved.content(language))]
    told = [
        one
        for language, content in contents
        for one in look_over(content, language, {each: said for each, said in every.items() if each != language}, profile)
        if one.kind != "no_sender"
    ]
    errors = sum(one.is_error for one in told)
    own = shelved.own_languages
    return _Row(
        shelved.name,
        words.word(words.TEMPLATES, shelved.name),
        shelved.is_built_in,
        tuple((code, wordsof.LANGUAGE_NAMES[code], code in own) for code in shelved.languages),
        shelved.spoken(visit.shop.language),
        errors,
        len(told) - errors,
        using,
    )


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def new(visit: Visit) -> HttpResponse:
    """A name, and what to begin with: nothing, or another message in all its languages."""
    said = visit.request.POST
    name, source = said.get("name", "").strip(), said.get("begin", visit.request.GET.get("begin", ""))
    problem = _problem(visit, name) if said else ""
    if said and not problem:
        return _begun(visit, name, taken(visit, source) if source else None)
    titled = ((each.name, words.word(words.TEMPLATES, each.name)) for each in everything(visit))
    context: dict[str, object] = {
        "here": "templates",
        "name": name,
        "begin": source,
        "problem": problem,
        "sources": sorted(titled, key=lambda pair: pair[1].casefold()),
    }
    return visit.page("template_new.html", context, status=422 if problem else 200)


def _problem(visit: Visit, name: str) -> str:
    if not _NAME.fullmatch(name) or name == "new":
        return _("Use small letters, digits and dashes, and begin with a letter; such as autumn-greeting.")
    return _("There is a message of this name already.") if taken(visit, name) else ""


def _begun(visit: Visit, name: str, source: Shelved | None) -> HttpResponse:
    language = visit.shop.language if visit.shop.language in LANGUAGES else "en"
    if source is None:
        begin(visit, name, language)
    else:
        copy_of(visit, source, name)
        wiring().register.forget()
        visit.note("template.copied", template=name, source=source.name)
        language = source.spoken(visit.shop.language)
    return redirect("template", shop=visit.shop.id, template=name, language=language)


@shop_page(Right.JOURNEYS, methods=("POST",))
def drop(visit: Visit, template: str) -> HttpResponse:
    """Give up a message of the shop's own, or its words of a built-in one, unless a journey would miss it."""
    shelved = taken(visit, template)
    if shelved is None or shelved.is_built_in:
        raise Http404
    try:
        drop_template(visit.key, template)
    except StillUsed as used:
        messages.error(visit.request, _("Not deleted: %(journeys)s still sends it.") % {"journeys": ", ".join(used.journeys)})
        return redirect("template", shop=visit.shop.id, template=template, language=shelved.spoken(visit.shop.language))
    wiring().register.forget()
    visit.note("template.deleted", template=template)
    messages.success(visit.request, _("“%(name)s” is deleted.") % {"name": template})
    return redirect("templates", shop=visit.shop.id)


@shop_page(Right.JOURNEYS)
def of_journey(visit: Visit, name: str) -> HttpResponse:
    """The messages that one journey sends, in the order of its file."""
    journey = journeys.journey(visit.key, name)
    if journey is None:
        raise Http404
    plan = read_plan(journey.source)
    using = templates.journeys_using(visit.key)
    names = dict.fromkeys(send.template for send in plan.sends if send.channel == CHANNEL)
    found = [(each, taken(visit, each)) for each in names]
    others = {each: tuple(one for one in using.get(each, ()) if one != name) for each in names}
    context = {
        "here": "journeys",
        "tab": "texts",
        "journey": journey,
        "plan": plan,
        "rows": [_row(visit, shelved, others[each]) for each, shelved in found if shelved],
        "unknown": [each for each, shelved in found if shelved is None],
    }
    return visit.page("texts.html", context)

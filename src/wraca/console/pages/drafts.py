"""How a journey comes to be besides being changed: from nothing, from another one, from a file; and how its file goes out."""

import re

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app import journeys as acts
from wraca.console.doors import Visit, shop_page
from wraca.console.editing.draft import BLANK, Desk, Draft, content_of, text_of
from wraca.console.editing.sentences import translated
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.domain.journeys.problems import BadPlan, Problem
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def new(visit: Visit) -> HttpResponse:
    """A name, and what to begin with; the journey itself is then made in the editor, and saved there."""
    said = visit.request.POST
    name, begin = said.get("name", "").strip(), said.get("begin", "")
    known = {journey.name: journey.source for journey in journeys.journeys(visit.key)}
    problem = _problem(name, known) if said else ""
    if said and not problem:
        content = {"journey": name, **{key: value for key, value in _beginning(begin, known).items() if key != "journey"}}
        Desk(visit.request.session, visit.shop.id).keep(name, Draft(0, (content,)))
        return redirect("journey_edit", shop=visit.shop.id, name=name)
    presets = [(each, read_plan(preset_text(each))) for each in preset_names()]
    context: dict[str, object] = {"name": name, "begin": begin, "problem": problem, "presets": presets, "own": sorted(known)}
    return visit.page("editor_new.html", {"here": "journeys", **context}, status=422 if problem else 200)


def _problem(name: str, known: dict[str, str]) -> str:
    if not _NAME.fullmatch(name) or name in {"new", "import", "add"}:
        return _("Use small letters, digits and dashes, and begin with a letter; such as autumn-carts.")
    return _("There is a journey of this name already.") if name in known else ""


def _beginning(begin: str, known: dict[str, str]) -> dict[str, object]:
    kind, _colon, name = begin.partition(":")
    if kind == "preset" and name in preset_names():
        return content_of(preset_text(name))
    return content_of(known[name]) if kind == "own" and name in known else BLANK


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def bring(visit: Visit) -> HttpResponse:
    """A file, uploaded or pasted: its problems with their lines, or what it would become, and only then the saving."""
    text, name, version = _text_said(visit), "", 0
    found: tuple[tuple[Problem, str | None], ...] = ()
    if visit.request.method == "POST":
        try:
            name = read_plan(text).journey
        except BadPlan as bad:
            found = tuple((problem, translated(problem.message)) for problem in bad.problems)
        else:
            present = journeys.journey(visit.key, name)
            version = present.version if present else 0
            if not version or visit.request.POST.get("over") == str(version):
                return _brought(visit, text)
    context = {
        "here": "journeys",
        "text": text,
        "found": found,
        "name": name,
        "version": version,
        "rows": min(40, text.count("\n") + 4),
    }
    return visit.page("editor_import.html", context, status=422 if found else 200)


def _text_said(visit: Visit) -> str:
    """The uploaded file, or what was pasted. What is no text becomes one with marks in it, and reading refuses that."""
    uploaded = visit.request.FILES.get("file")
    if uploaded is not None:
        return text_of(uploaded.read())
    return visit.request.POST.get("source", "").replace("\r\n", "\n")


def _brought(visit: Visit, text: str) -> HttpResponse:
    name, version = acts.put_journey(visit.key.bucket, visit.key.shop, text, visit.user.get_username(), visit.now)
    Desk(visit.request.session, visit.shop.id).drop(name)
    wiring().register.forget()
    visit.note("journey.imported", journey=name, version=version)
    messages.success(
        visit.request, _("The file was saved as version %(version)s of “%(name)s”.") % {"version": version, "name": name}
    )
    return redirect("journey", shop=visit.shop.id, name=name)


@shop_page(Right.JOURNEYS)
def file(visit: Visit, name: str) -> HttpResponse:
    """The file of the newest version, or of the one that is asked for, to keep or to take elsewhere."""
    wanted = visit.request.GET.get("version", "")
    found = journeys.versions(visit.key, name)
    chosen = next((each for each in found if wanted in {"", str(each.version)}), None)
    if chosen is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{name}-{chosen.version}.yaml"'}
    return HttpResponse(chosen.source, content_type="application/yaml; charset=utf-8", headers=headers)

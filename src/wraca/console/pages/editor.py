"""The editor: a journey as a tree that one can change, one small POST for each edit, everything undone as easily.

Works with plain forms alone; with JavaScript the same answers replace the parts of the page that changed (console/editor.js).
"""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app import journeys as acts
from wraca.console.doors import Visit, shop_page
from wraca.console.editing import acts as edits
from wraca.console.editing import checking, page
from wraca.console.editing.desk import Opened, open_journey
from wraca.console.editing.operations import Refused
from wraca.console.editing.places import Content, NoSuchPlace, Path, at, is_arm, read_path
from wraca.console.roles import Right
from wraca.console.wiring import wiring


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def edit(visit: Visit, name: str) -> HttpResponse:
    """The tree with the form of the chosen step; a POST is one edit."""
    opened = open_journey(visit, name)
    if visit.request.method == "POST":
        return _acted(opened, visit.request.POST)
    asked = visit.request.GET
    try:
        return _page(opened, _chosen(asked.get("at", "")), read_path(asked["add"]) if "add" in asked else None)
    except NoSuchPlace:
        return redirect(opened.address())


def _chosen(text: str) -> Path | None:
    return None if not text else () if text == "journey" else read_path(text)


# --- edits --------------------------------------------------------------------------------------------------------------------


def _acted(opened: Opened, said: QueryDict) -> HttpResponse:
    act, _colon, about = said.get("act", "change").partition(":")
    if act in {"save", "discard"}:
        return _save(opened, said) if act == "save" else _discard(opened)
    if said.get("turn") != str(opened.draft.turn):
        messages.error(opened.visit.request, _("This journey was changed in another window. Here it is as it stands now."))
        return _answer(opened, None)
    if act in {"undo", "redo"}:
        opened.draft = opened.draft.undone() if act == "undo" else opened.draft.redone()
        opened.desk.keep(opened.name, opened.draft)
        return _answer(opened, _still_there(opened.draft.content, said.get("at", "")))
    try:
        return _edited(opened, act, edits.Asked(opened.draft.content, _chosen(said.get("at", "")) or (), said, opened.known, about))
    except (NoSuchPlace, Refused, LookupError):
        messages.error(opened.visit.request, _("This cannot be done here."))
        return _answer(opened, None)


def _edited(opened: Opened, act: str, asked: edits.Asked) -> HttpResponse:
    made = edits.edited(act, asked)
    mark = f"{asked.said.get('at', '')}/{asked.said.get('form', '')}" if act == "change" else ""
    opened.draft = opened.draft.edited(made.content, mark)
    opened.desk.keep(opened.name, opened.draft)
    path = made.path
    if is_arm(path):
        path = path[:-2]
    return _answer(opened, path)


def _still_there(content: Content, text: str) -> Path | None:
    try:
        path = _chosen(text)
        at(content, path or ())
    except NoSuchPlace:
        return None
    return path


# --- answers ------------------------------------------------------------------------------------------------------------------


def _answer(opened: Opened, path: Path | None) -> HttpResponse:
    """The page at once for our own script, which puts its parts in place; for a plain form the way back to it."""
    if "X-Editor" in opened.visit.request.headers:
        return _page(opened, path, None)
    return redirect(opened.address(path))


def _page(opened: Opened, path: Path | None, gap: Path | None) -> HttpResponse:
    return opened.visit.page("editor.html", page.context_of(opened, path, gap))


def _save(opened: Opened, said: QueryDict) -> HttpResponse:
    """A new version, unless there is something to mend, or somebody else was quicker and nobody said that this is known."""
    visit, read = opened.visit, checking.checked(opened.draft.content)
    if not opened.is_changed:  # saved anew, the file would lose its comments for nothing
        return _answer(opened, None)
    if read.plan is None:
        messages.error(visit.request, _("Not saved: there is still something to mend. The places are marked."))
        return _answer(opened, None)
    version = opened.journey.version if opened.journey else 0
    if version != opened.draft.base and said.get("over") != str(version):
        messages.error(visit.request, _("Not saved: somebody saved version %(version)s meanwhile.") % {"version": version})
        return _answer(opened, None)
    return _saved(opened, read)


def _saved(opened: Opened, read: checking.Checked) -> HttpResponse:
    visit = opened.visit
    name, version = acts.put_journey(visit.key.bucket, visit.key.shop, read.text, visit.user.get_username(), visit.now)
    opened.desk.drop(opened.name)
    wiring().register.forget()
    visit.note("journey.saved", journey=name, version=version)
    messages.success(
        visit.request,
        _("Saved as version %(version)s. Whoever is on the journey stays on the version they began with.") % {"version": version},
    )
    return redirect("journey", shop=visit.shop.id, name=name)


def _discard(opened: Opened) -> HttpResponse:
    opened.desk.drop(opened.name)
    messages.success(opened.visit.request, _("The draft is gone; the journey is as it was saved last."))
    if opened.journey is None:
        return redirect("journeys", shop=opened.visit.shop.id)
    return redirect("journey", shop=opened.visit.shop.id, name=opened.name)

"""The editor: a journey as a tree that one can change, one small POST for each edit, everything undone as easily.

Works with plain forms alone; with JavaScript the same answers replace the parts of the page that changed (console/editor.js).
"""

import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from wraca.app import journeys as acts
from wraca.console.doors import Visit, shop_page
from wraca.console.editing import choices, operations, panel
from wraca.console.editing.checking import Checked, checked, has_comments, warnings
from wraca.console.editing.draft import Desk, Draft
from wraca.console.editing.fields import Surroundings
from wraca.console.editing.kinds import fresh_step
from wraca.console.editing.operations import Edited, Refused
from wraca.console.editing.places import Content, NoSuchPlace, Path, at, is_arm, read_path, written_path
from wraca.console.editing.said import journey_said, step_said
from wraca.console.roles import Right
from wraca.console.tree import drawn, marks_of
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.source import Source
from wraca.storage.queries import journeys
from wraca.storage.queries.journeys import JourneySeen


class _Opened(msgspec.Struct):
    """A journey on somebody's desk. `journey` is None for one that was never saved."""

    visit: Visit
    name: str
    journey: JourneySeen | None
    desk: Desk
    draft: Draft
    known: Surroundings

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save, or to throw away."""
        return self.journey is None or self.draft.can_undo or self.draft.can_redo

    def address(self, path: Path | None = None) -> str:
        """The editor's own page, with this place chosen."""
        address = reverse("journey_edit", kwargs={"shop": self.visit.shop.id, "name": self.name})
        return address if path is None else f"{address}?at={written_path(path) or 'journey'}"


class _Asked(msgspec.Struct):
    """One edit that somebody wants."""

    opened: _Opened
    path: Path
    said: QueryDict
    about: str = ""  # what else the button says: the arm

    @property
    def content(self) -> Content:
        return self.opened.draft.content


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def edit(visit: Visit, name: str) -> HttpResponse:
    """The tree with the form of the chosen step; a POST is one edit."""
    opened = _open(visit, name)
    if visit.request.method == "POST":
        return _acted(opened, visit.request.POST)
    asked = visit.request.GET
    try:
        return _page(opened, _chosen(asked.get("at", "")), read_path(asked["add"]) if "add" in asked else None)
    except NoSuchPlace:
        return redirect(opened.address())


def _open(visit: Visit, name: str) -> _Opened:
    """The visitor's draft, or what is saved. Raises Http404."""
    journey, desk = journeys.journey(visit.key, name), Desk(visit.request.session, visit.shop.id)
    draft = desk.draft(name)
    if draft is None:
        if journey is None:
            raise Http404
        content = Source(journey.source).content
        assert isinstance(content, dict)
        draft = Draft(journey.version, (content,))
    return _Opened(visit, name, journey, desk, draft, choices.surroundings(visit, draft.content, name))


def _chosen(text: str) -> Path | None:
    return None if not text else () if text == "journey" else read_path(text)


# --- edits --------------------------------------------------------------------------------------------------------------------


def _acted(opened: _Opened, said: QueryDict) -> HttpResponse:
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
        return _edited(opened, act, _Asked(opened, _chosen(said.get("at", "")) or (), said, about))
    except (NoSuchPlace, Refused, LookupError):
        messages.error(opened.visit.request, _("This cannot be done here."))
        return _answer(opened, None)


def _edited(opened: _Opened, act: str, asked: _Asked) -> HttpResponse:
    made = _ACTS[act](asked)
    mark = f"{asked.said.get('at', '')}/{asked.said.get('form', '')}" if act == "change" else ""
    opened.draft = opened.draft.edited(made.content, mark)
    opened.desk.keep(opened.name, opened.draft)
    path = made.path
    if is_arm(path):
        path = path[:-2]
    return _answer(opened, path)


def _insert(asked: _Asked) -> Edited:
    step = fresh_step(asked.said.get("kind", ""), asked.content, asked.opened.known, asked.path)
    return operations.insert(asked.content, asked.path, step)


def _change(asked: _Asked) -> Edited:
    """What the form says, in place of what the step said; an arm's button sends the form along."""
    if not asked.path:
        return operations.change(asked.content, (), journey_said(asked.content, asked.said))
    return operations.change(asked.content, asked.path, step_said(at(asked.content, asked.path), asked.said))


def _add_arm(asked: _Asked) -> Edited:
    return operations.add_arm(_change(asked).content, asked.path, is_open=asked.about == "open")


def _drop_arm(asked: _Asked) -> Edited:
    arm = (*asked.path, *read_path(asked.about))
    return Edited(operations.remove(_change(asked).content, arm).content, asked.path)


def _raise_arm(asked: _Asked) -> Edited:
    arm = (*asked.path, *read_path(asked.about))
    return Edited(operations.nudge(_change(asked).content, arm, -1).content, asked.path)


_ACTS: dict[str, Callable[[_Asked], Edited]] = {
    "insert": _insert,
    "change": _change,
    "remove": lambda asked: operations.remove(asked.content, asked.path),
    "up": lambda asked: operations.nudge(asked.content, asked.path, -1),
    "down": lambda asked: operations.nudge(asked.content, asked.path, 1),
    "duplicate": lambda asked: operations.duplicate(asked.content, asked.path),
    "move": lambda asked: operations.move(asked.content, asked.path, read_path(asked.said.get("to", ""))),
    "add_arm": _add_arm,
    "drop_arm": _drop_arm,
    "raise_arm": _raise_arm,
}


def _still_there(content: Content, text: str) -> Path | None:
    try:
        path = _chosen(text)
        at(content, path or ())
    except NoSuchPlace:
        return None
    return path


# --- answers ------------------------------------------------------------------------------------------------------------------


def _answer(opened: _Opened, path: Path | None) -> HttpResponse:
    """The page at once for our own script, which puts its parts in place; for a plain form the way back to it."""
    if "X-Editor" in opened.visit.request.headers:
        return _page(opened, path, None)
    return redirect(opened.address(path))


def _page(opened: _Opened, path: Path | None, gap: Path | None) -> HttpResponse:
    visit, content = opened.visit, opened.draft.content
    read = checked(content)
    counts = journeys.step_counts(visit.key, opened.name)
    marks = msgspec.structs.replace(marks_of(content, counts, read.plan), problems=read.by_place())
    context: dict[str, Any] = {
        "here": "journeys",
        "tab": "edit",
        "journey": opened.journey,
        "name": opened.name,
        "plan": read_plan(opened.journey.source) if opened.journey else None,
        "draft": opened.draft,
        "is_changed": opened.is_changed,
        "overtaken": opened.journey if opened.journey and opened.journey.version != opened.draft.base else None,
        "loses_comments": opened.journey is not None and has_comments(opened.journey.source),
        "nodes": drawn(content, marks),
        "end": f"steps.{len(content.get('steps', []))}",
        "faults": panel.named(content, read.faults),
        "warnings": warnings(read.plan) if read.plan else (),
        "chosen": "" if path is None else written_path(path) or "journey",
        "address": opened.address(path),
        "form_token": secrets.token_hex(4),
        **panel.shown(content, path, gap, opened.known, read),
    }
    return visit.page("editor.html", context)


def _save(opened: _Opened, said: QueryDict) -> HttpResponse:
    """A new version, unless there is something to mend, or somebody else was quicker and nobody said that this is known."""
    visit, read = opened.visit, checked(opened.draft.content)
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


def _saved(opened: _Opened, read: Checked) -> HttpResponse:
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


def _discard(opened: _Opened) -> HttpResponse:
    opened.desk.drop(opened.name)
    messages.success(opened.visit.request, _("The draft is gone; the journey is as it was saved last."))
    if opened.journey is None:
        return redirect("journeys", shop=opened.visit.shop.id)
    return redirect("journey", shop=opened.visit.shop.id, name=opened.name)

"""The editor's page as values for its template."""

import secrets
from typing import Any

import msgspec

from wraca.console.editing import checking, panel
from wraca.console.editing.desk import Opened
from wraca.console.editing.places import Path, written_path
from wraca.console.editing.tree import drawn, marks_of
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys


def context_of(opened: Opened, path: Path | None, gap: Path | None) -> dict[str, Any]:
    """The tree, the faults, and beside them the form of the step at `path`, or the kinds for `gap`. Raises NoSuchPlace."""
    visit, content = opened.visit, opened.draft.content
    read = checking.checked(content)
    counts = journeys.step_counts(visit.key, opened.name)
    marks = msgspec.structs.replace(marks_of(content, counts, read.plan), problems=read.by_place())
    return {
        "here": "journeys",
        "tab": "edit",
        "journey": opened.journey,
        "name": opened.name,
        "plan": read_plan(opened.journey.source) if opened.journey else None,
        "draft": opened.draft,
        "is_changed": opened.is_changed,
        "overtaken": opened.journey if opened.journey and opened.journey.version != opened.draft.base else None,
        "loses_comments": opened.journey is not None and checking.has_comments(opened.journey.source),
        "nodes": drawn(content, marks),
        "end": f"steps.{len(content.get('steps', []))}",
        "faults": panel.named(content, read.faults),
        "warnings": checking.warnings(read.plan) if read.plan else (),
        "chosen": "" if path is None else written_path(path) or "journey",
        "address": opened.address(path),
        "form_token": secrets.token_hex(4),
        **panel.shown(content, path, gap, opened.known, read),
    }

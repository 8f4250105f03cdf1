"""What the page of the editor shows, as plain values for its templates."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from wraca.channels.email.drawing import LANGUAGES
from wraca.channels.email.lint import SUBJECT_LIMIT
from wraca.console.composing import seeing, wordsof
from wraca.console.composing.content import LAST, Content, is_code
from wraca.console.composing.findings import Told
from wraca.console.composing.formfields import form_blocks
from wraca.console.composing.opening import Opened
from wraca.console.composing.seeing import Look
from wraca.console.roles import Right
from wraca.storage.queries import carts

_READERS = 8  # of the newest carts that were left
_WHO = ("f", "m", "unknown", "nameless")


def frame(work: Opened, told: Sequence[Told]) -> dict[str, Any]:
    """What stands above the form."""
    own = work.shelved.own_languages
    return {
        "here": "templates",
        "work": work,
        "draft": work.draft,
        "template": work.template,
        "language": work.language,
        "tabs": [(code, wordsof.LANGUAGE_NAMES[code], code in own, code in work.shelved.languages) for code in LANGUAGES],
        "others": [(code, wordsof.LANGUAGE_NAMES[code]) for code in work.shelved.languages if code != work.language],
        "errors": [one for one in told if one.is_error],
        "warnings": [one for one in told if not one.is_error],
        "overtaken": work.newest_version if work.newest_version != work.draft.base else 0,
        "address": reverse("template", kwargs={"shop": work.visit.shop.id, "template": work.template, "language": work.language}),
    }


def form(content: Content, opened: frozenset[int], adding: int | None, told: Sequence[Told]) -> dict[str, Any]:
    """The form itself: of blocks, or of sources."""
    if is_code(content):
        return {"code": content["code"], "is_code": True}
    blocks = content["blocks"]
    return {
        "is_code": False,
        "content": content,
        "blocks": form_blocks(blocks, opened, told),
        "adding": None if adding is None else min(adding, len(blocks) - 1),
        "menu": [(kind, label, about) for kind, (label, about) in wordsof.KINDS.items() if kind != LAST],
        "subject_limit": SUBJECT_LIMIT,
        "of_subject": [one for one in told if one.at == "subject"],
        "subject_is_wrong": any(one.is_error for one in told if one.at == "subject"),
        "of_preheader": [one for one in told if one.at == "preheader"],
    }


def reader(work: Opened, look: Look) -> dict[str, Any]:
    """The preview with its choices."""
    found = seeing.seen(work.visit, work.template, work.language, work.draft.content, look, work.reader)
    query = look.query
    named = {"shop": work.visit.shop.id, "template": work.template, "language": work.language}
    addresses = {each: reverse("template_preview", kwargs={**named, "form": each}) for each in ("html", "text")}
    return {
        "look": look,
        "seen": found,
        "query": query,
        "html_address": f"{addresses['html']}?{query}",
        "text_address": f"{addresses['text']}?{query}",
        "whos": [(each, label) for each, label in zip(_WHO, _who_labels(), strict=True)],
        "line_counts": seeing.LINES,
        "may_choose": work.visit.may(Right.PERSON),
        "chosen": work.reader,
        "readers": _readers(work) if work.visit.may(Right.PERSON) else (),
        "own_address": work.visit.user.email,
    }


def _who_labels() -> tuple[str, ...]:
    return _("a woman"), _("a man"), _("gender not known"), _("no name")


def _readers(work: Opened) -> tuple[carts.CartSeen, ...]:
    """The newest carts that were left; without names for those who may not see them in lists."""
    found = carts.carts(work.visit.key, carts.CartFilter(state="abandoned"), None, work.visit.now)
    return found.rows[:_READERS]

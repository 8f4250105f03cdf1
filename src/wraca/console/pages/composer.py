"""The editor of a message: its blocks with their forms, what its reader will see, and what is wrong with it.

Every POST brings the whole form and one act. Works with plain forms alone; with JavaScript the same answers replace the parts of
the page that changed (console/blocks.js).
"""

import secrets
from collections.abc import Callable

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from wraca.console.composing import operations, seeing, showing
from wraca.console.composing.content import Block, Content, code_of, is_code, sources_of
from wraca.console.composing.findings import look_over
from wraca.console.composing.opening import Opened, opened
from wraca.console.composing.operations import Refused
from wraca.console.composing.said import content_said
from wraca.console.composing.shelf import put_back
from wraca.console.doors import Visit, shop_page
from wraca.console.headers import PREVIEW_POLICY
from wraca.console.pages.previews import shown
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.ports.channel import Rendered, TemplateProblem
from wraca.storage.queries import templates


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def edit(visit: Visit, template: str, language: str) -> HttpResponse:
    """The blocks with their forms and the preview; a POST is one edit."""
    work = opened(visit, template, language)
    if visit.request.method == "POST":
        return _acted(work, visit.request.POST)
    asked = visit.request.GET
    open_blocks = frozenset(int(each) for each in asked.get("open", "").split(".") if each.isdecimal() and len(each) < 3)
    adding = int(asked["add"]) if asked.get("add", "").isdecimal() and len(asked["add"]) < 3 else None
    return _page(work, open_blocks, adding)


@shop_page(Right.JOURNEYS)
def preview(visit: Visit, template: str, language: str, form: str) -> HttpResponse:
    """The draft as its reader would see it, or a version that was saved; for a frame that can do nothing."""
    asked = visit.request.GET
    work = opened(visit, template, language)
    content = work.version(asked["version"]) if "version" in asked else work.draft.content
    if content is None:
        raise Http404
    found = seeing.seen(visit, template, language, content, work.look(asked), work.reader)
    if found.problem:
        return HttpResponse(found.problem, content_type="text/plain", headers={"Content-Security-Policy": PREVIEW_POLICY})
    return shown(Rendered(found.subject, found.html, found.text, b""), form)


# --- edits ----------------------------------------------------------------------------------------------------------------------


class _Act(msgspec.Struct):
    """One edit of the blocks. `numbers` are what the button says besides: "move:3:5" brings 3 and 5."""

    work: Opened
    blocks: list[Block]
    numbers: tuple[int, ...]
    about: str

    @property
    def at(self) -> int:
        return self.numbers[0]


def _insert(act: _Act) -> tuple[list[Block], int]:
    return operations.insert(act.blocks, act.at, act.about.rpartition(":")[2]), act.at


_ACTS: dict[str, Callable[[_Act], tuple[list[Block], int]]] = {
    "insert": _insert,
    "remove": lambda act: (operations.remove(act.blocks, act.at), max(0, act.at - 1)),
    "duplicate": lambda act: (operations.duplicate(act.blocks, act.at), act.at + 1),
    "up": lambda act: (operations.move(act.blocks, act.at, act.at - 1), act.at - 1),
    "down": lambda act: (operations.move(act.blocks, act.at, act.at + 1), act.at + 1),
    "move": lambda act: (operations.move(act.blocks, act.at, act.numbers[1]), act.numbers[1]),
}


def _acted(work: Opened, said: QueryDict) -> HttpResponse:
    act, _colon, about = said.get("act", "change").partition(":")
    if act == "discard":
        return _discarded(work)
    if said.get("turn") != str(work.draft.turn):
        messages.error(work.visit.request, _("This message was changed in another window. Here it is as it stands now."))
        return _answer(work, frozenset())
    if act in {"undo", "redo"}:
        work.keep(work.draft.undone() if act == "undo" else work.draft.redone())
        return _answer(work, frozenset())
    content = content_said(work.draft.content, said)
    open_blocks = _closed(content)
    mark = f"{said.get('at', '')}/{said.get('form', '')}" if act == "change" and said.get("at") else ""
    if act in _WHOLE:
        work.keep(work.draft.edited(content))
        return _WHOLE[act](work, about)
    if act == "menu":
        work.keep(work.draft.edited(content, mark))
        return _answer(work, open_blocks, int(about) if about.isdecimal() else 0)
    return _edited(work, act, about, content, open_blocks, mark)


def _closed(content: Content) -> frozenset[int]:
    """Which blocks are open on the page; that is taken out of the content, where it does not belong."""
    blocks = content.get("blocks", ())
    return frozenset(number for number, block in enumerate(blocks) if block.pop("open", False))


def _edited(work: Opened, act: str, about: str, content: Content, open_blocks: frozenset[int], mark: str) -> HttpResponse:
    focus = None
    if act in _ACTS and not is_code(content):
        marked = [block | {"open": number in open_blocks} for number, block in enumerate(content["blocks"])]
        numbers = tuple(int(each) for each in about.split(":") if each.isdecimal() and len(each) < 3)
        try:
            blocks, focus = _ACTS[act](_Act(work, marked, numbers, about))
        except (Refused, IndexError):
            messages.error(work.visit.request, _("This cannot be done here."))
        else:
            content = content | {"blocks": blocks}
            open_blocks = _closed(content) | ({focus} if act == "insert" else frozenset())
    work.keep(work.draft.edited(content, mark))
    return _answer(work, open_blocks, focus=focus)


def _to_code(work: Opened, _about: str) -> HttpResponse:
    """From here on by hand. Undo leads back, and so does every version that was made of blocks."""
    try:
        code = code_of(work.draft.content, work.language)
    except TemplateProblem:
        messages.error(work.visit.request, _("First mend what cannot be taken over."))
    else:
        work.keep(work.draft.edited(code))
    return _answer(work, frozenset())


def _to_blocks(work: Opened, _about: str) -> HttpResponse:
    """The newest version that was made of blocks, else the built-in message."""
    work.keep(work.draft.edited(work.newest_blocks()))
    return _answer(work, frozenset())


def _copied(work: Opened, other: str) -> HttpResponse:
    """The blocks of another language in their order."""
    source = work.shelved.content(other) if other in work.shelved.languages else None
    if source is None or is_code(source):
        messages.error(work.visit.request, _("There are no blocks to copy in that language."))
    else:
        mine = None if is_code(work.draft.content) else work.draft.content
        work.keep(work.draft.edited(operations.with_structure_of(source, mine)))
    return _answer(work, frozenset())


def _saved(work: Opened, over: str) -> HttpResponse:
    """A new version, unless it would make a wrong mail, or somebody else was quicker and nobody said that this is known."""
    visit, content = work.visit, work.draft.content
    newest = work.newest_version
    if any(told.is_error for told in look_over(content, work.language, {}, work.profile)):
        messages.error(visit.request, _("Not saved: there is still something to mend. The places are marked."))
        return _answer(work, frozenset())
    if newest != work.draft.base and over != str(newest):
        messages.error(visit.request, _("Not saved: somebody saved version %(version)s meanwhile.") % {"version": newest})
        return _answer(work, frozenset())
    version = put_back(visit, work.shelved, work.language, sources_of(content, work.language))
    work.drop()
    wiring().register.forget()
    visit.note("template.saved", template=work.template, language=work.language, version=version)
    messages.success(
        visit.request, _("Saved as version %(version)s. Messages that are made from now on use it.") % {"version": version}
    )
    return redirect("template", shop=visit.shop.id, template=work.template, language=work.language)


_WHOLE: dict[str, Callable[[Opened, str], HttpResponse]] = {
    "save": _saved,
    "to_code": _to_code,
    "to_blocks": _to_blocks,
    "copy": _copied,
}


def _discarded(work: Opened) -> HttpResponse:
    work.drop()
    messages.success(work.visit.request, _("The draft is gone; the message is as it was saved last."))
    if not work.shelved.languages:
        return redirect("templates", shop=work.visit.shop.id)
    return redirect("template", shop=work.visit.shop.id, template=work.template, language=work.language)


# --- answers --------------------------------------------------------------------------------------------------------------------


def _answer(work: Opened, open_blocks: frozenset[int], adding: int | None = None, focus: int | None = None) -> HttpResponse:
    """The page at once for our own script, which puts its parts in place; for a plain form the way back to it."""
    request = work.visit.request
    if "X-Editor" in request.headers:
        return _page(work, open_blocks, adding)
    address = reverse("template", kwargs={"shop": work.visit.shop.id, "template": work.template, "language": work.language})
    told = {
        "open": ".".join(map(str, sorted(open_blocks | ({focus} if focus is not None else frozenset())))),
        "add": "" if adding is None else str(adding),
    }
    query = "&".join(filter(None, [request.POST.get("see", ""), *(f"{name}={value}" for name, value in told.items() if value)]))
    anchor = "#add" if adding is not None else f"#block-{focus}" if focus is not None else ""
    return redirect(f"{address}?{query}{anchor}" if query or anchor else address)


def _page(work: Opened, open_blocks: frozenset[int], adding: int | None) -> HttpResponse:
    told = look_over(work.draft.content, work.language, work.every(), work.profile)
    look = work.look(work.asked)
    context = {
        **showing.frame(work, told),
        **showing.form(work.draft.content, open_blocks, adding, told),
        **showing.reader(work, look),
        "form_token": secrets.token_hex(4),
        "using": templates.journeys_using(work.visit.key).get(work.template, ()),
    }
    return work.visit.page("composer.html", context)

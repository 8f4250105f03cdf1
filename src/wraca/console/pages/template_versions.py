"""Versions of a message: what was saved when and by whom, two of them block by block, and the way back to one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from wraca.console.composing import wordsof
from wraca.console.composing.comparing import compared
from wraca.console.composing.opening import Opened, opened
from wraca.console.composing.shelf import put_back
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.storage.queries import templates
from wraca.storage.queries.templates import Saved


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def show(visit: Visit, template: str, language: str) -> HttpResponse:
    """Every version, the newest first, with a look at one of them; a POST brings one back."""
    work = opened(visit, template, language)
    found = templates.versions(visit.key, template, language)
    if visit.request.method == "POST":
        return _brought_back(work, found, visit.request.POST.get("version", ""))
    wanted = visit.request.GET.get("version", str(found[0].version) if found else "0")
    if work.version(wanted) is None:
        wanted = ""
    address = reverse(
        "template_preview", kwargs={"shop": visit.shop.id, "template": template, "language": language, "form": "html"}
    )
    context = {
        **_frame(work),
        "versions": found,
        "wanted": wanted,
        "html_url": f"{address}?version={wanted}",
        "text_url": f"{address.removesuffix('html/')}text/?version={wanted}",
    }
    return visit.page("template_versions.html", context)


def _brought_back(work: Opened, found: list[Saved], number: str) -> HttpResponse:
    """The old version once more, as the newest: nothing that was saved is ever lost."""
    visit = work.visit
    saved = next((each for each in found if str(each.version) == number), None)
    if saved is None and not (number == "0" and work.shelved.is_built_in):
        raise Http404
    sources = saved.sources if saved else {}
    version = put_back(visit, work.shelved, work.language, sources)
    work.drop()
    wiring().register.forget()
    visit.note("template.brought_back", template=work.template, language=work.language, version=version, of=number)
    messages.success(visit.request, _("It is back, as version %(version)s.") % {"version": version})
    return redirect("template", shop=visit.shop.id, template=work.template, language=work.language)


@shop_page(Right.JOURNEYS)
def compare(visit: Visit, template: str, language: str) -> HttpResponse:
    """Two versions, the newest and the one before unless others are asked for. Version 0 is the built-in message."""
    work = opened(visit, template, language)
    numbers = [str(each.version) for each in templates.versions(visit.key, template, language)]
    if work.shelved.is_built_in:
        numbers.append("0")
    if not numbers:
        raise Http404
    asked = visit.request.GET
    names = asked.get("a", numbers[min(1, len(numbers) - 1)]), asked.get("b", numbers[0])
    if any(name not in numbers for name in names):
        raise Http404
    older, newer = sorted(names, key=int)
    old, new = work.version(older), work.version(newer)
    assert old is not None
    assert new is not None
    differences = compared(old, new, language)
    context = {**_frame(work), "numbers": numbers, "older": older, "newer": newer, "differences": differences}
    return visit.page("template_compare.html", context)


def _frame(work: Opened) -> dict[str, object]:
    return {
        "here": "templates",
        "template": work.template,
        "language": work.language,
        "language_name": wordsof.LANGUAGE_NAMES[work.language],
        "work": work,
    }

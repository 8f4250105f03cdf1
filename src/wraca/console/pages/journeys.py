"""Journeys: the list, one journey as a tree, its times, its code, its versions; switching on and off; the dry run."""

from difflib import unified_diff

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wraca.app import journeys as acts
from wraca.console import timing, words
from wraca.console.doors import Visit, shop_page
from wraca.console.editing.tree import tree
from wraca.console.forms import timing_form
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.plan import BEGIN, Plan, Send, sends_of
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.domain.journeys.problems import BadPlan, Problem
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys
from wraca.storage.queries.journeys import JourneySeen

_NONE: tuple[Problem, ...] = ()


@shop_page(Right.NUMBERS)
def show(visit: Visit) -> HttpResponse:
    """All journeys, each drawn; and the presets that are not in the shop yet."""
    found = journeys.journeys(visit.key)
    drawn = [(journey, plan := read_plan(journey.source), tree(plan, {})) for journey in found]
    absent = [(name, read_plan(preset_text(name))) for name in preset_names() if name not in {journey.name for journey in found}]
    return visit.page("journeys.html", {"here": "journeys", "drawn": drawn, "presets": absent})


@shop_page(Right.JOURNEYS, methods=("POST",))
def add(visit: Visit) -> HttpResponse:
    """Put a preset into the shop, switched off."""
    name = visit.request.POST.get("preset", "")
    if name not in preset_names():
        raise Http404
    acts.put_journey(visit.key.bucket, visit.key.shop, preset_text(name), visit.user.get_username(), visit.now)
    _changed(visit, "journey.added", name)
    return redirect("journey", shop=visit.shop.id, name=name)


@shop_page(Right.NUMBERS)
def one(visit: Visit, name: str) -> HttpResponse:
    journey, plan = _known(visit, name)
    counts = journeys.step_counts(visit.key, name)
    context = {"here": "journeys", "tab": "tree", "journey": journey, "plan": plan, "nodes": tree(plan, counts)}
    return visit.page("journey.html", context)


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def times(visit: Visit, name: str) -> HttpResponse:
    """All waits and limits of the journey as a plain form. The file keeps its comments."""
    journey, plan = _known(visit, name)
    found = timing.knobs(plan)
    labels = {knob.name: _label(knob, plan) for knob in found}
    form = timing_form(found, labels, visit.request.POST or None)
    if visit.request.method == "POST" and form.is_valid():
        try:
            return _save(visit, timing.turned(journey.source, plan, form.cleaned_data), name)
        except BadPlan as bad:
            for problem in bad.problems:
                form.add_error(None, problem.message)
    return visit.page("journey_times.html", {"here": "journeys", "tab": "times", "journey": journey, "plan": plan, "form": form})


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def code(visit: Visit, name: str) -> HttpResponse:
    """The file itself, with every problem at its line."""
    journey, plan = _known(visit, name)
    text, problems = visit.request.POST.get("source", journey.source).replace("\r\n", "\n"), _NONE
    if visit.request.method == "POST":
        try:
            if read_plan(text).journey == name:
                return _save(visit, text, name)
            messages.error(visit.request, _("The name of a journey cannot change: it must stay “%(name)s”.") % {"name": name})
        except BadPlan as bad:
            problems = bad.problems
    context = {"here": "journeys", "tab": "code", "journey": journey, "plan": plan, "text": text, "problems": problems}
    return visit.page("journey_code.html", {**context, "rows": text.count("\n") + 3}, status=422 if problems else 200)


@shop_page(Right.NUMBERS)
def versions(visit: Visit, name: str) -> HttpResponse:
    """Every version with what it changed."""
    journey, plan = _known(visit, name)
    found = journeys.versions(visit.key, name)
    older = [*found[1:], None]
    told = [
        (
            version,
            "\n".join(unified_diff(before.source.splitlines(), version.source.splitlines(), lineterm="", n=1)) if before else "",
        )
        for version, before in zip(found, older, strict=True)
    ]
    return visit.page(
        "journey_versions.html", {"here": "journeys", "tab": "versions", "journey": journey, "plan": plan, "told": told}
    )


@shop_page(Right.JOURNEYS, methods=("POST",))
def switch(visit: Visit, name: str) -> HttpResponse:
    """On or off."""
    _known(visit, name)
    if visit.request.POST.get("to") == "on":
        acts.activate(visit.key.bucket, visit.key.shop, name, visit.now)
        messages.success(visit.request, _("The journey is on. It starts for carts that begin from now on, never for older ones."))
        _changed(visit, "journey.activated", name)
    else:
        acts.pause(visit.key.bucket, visit.key.shop, name)
        messages.success(visit.request, _("The journey is off. Nobody starts it any more; whoever is on it goes on to the end."))
        _changed(visit, "journey.paused", name)
    return redirect("journey", shop=visit.shop.id, name=name)


def _known(visit: Visit, name: str) -> tuple[JourneySeen, Plan]:
    journey = journeys.journey(visit.key, name)
    if journey is None:
        raise Http404
    return journey, read_plan(journey.source)


def _save(visit: Visit, text: str, name: str) -> HttpResponse:
    _name, version = acts.put_journey(visit.key.bucket, visit.key.shop, text, visit.user.get_username(), visit.now)
    _changed(visit, "journey.saved", name, version=version)
    messages.success(
        visit.request,
        _("Saved as version %(version)s. Whoever is on the journey stays on the version they began with.") % {"version": version},
    )
    return redirect("journey", shop=visit.shop.id, name=name)


def _changed(visit: Visit, what: str, name: str, **more: object) -> None:
    wiring().register.forget()
    visit.note(what, journey=name, **more)


def _label(knob: timing.Knob, plan: Plan) -> str:
    """What a time is for, said by the message that it leads to or comes from."""
    plain = {
        "idle": _("A cart counts as left behind after"),
        "idle_at_payment": _("… and at the payment step already after"),
        "idle_if_failed": _("… and if the payment failed already after"),
        "min_gap": _("Between two messages at least"),
        "reentry": _("Between two starts for one person at least"),
        "holdout": _("Share of people in the comparison group, in percent"),
    }
    if knob.role in plain:
        return plain[knob.role]
    if knob.role == "after" and not knob.about:
        return _("The cart must have lain untouched for")
    if knob.role == "after":
        target, reaction = knob.about
        texts = {
            "clicked": _("“%(step)s” was clicked: go on after"),
            "opened": _("“%(step)s” was opened: go on after"),
            "none": _("“%(step)s” got no reaction: go on after"),
        }
        return texts[reaction] % {"step": target}
    path = knob.about[0]
    following = _message_after(plan, path)
    if following:
        template = words.word(words.TEMPLATES, following.template)
        return _("Wait before “%(template)s” (%(step)s)") % {"template": template, "step": following.id}
    return _("Wait at the beginning") if path == BEGIN else _("Wait (step %(path)s)") % {"path": path}


def _message_after(plan: Plan, path: str) -> Send | None:
    """The message that directly follows this step."""
    following = plan.places.get(plan.places[path].then)
    return next(iter(sends_of(following.step)), None) if following else None

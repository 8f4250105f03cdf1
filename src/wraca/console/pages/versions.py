"""Versions of a journey: two of them side by side, and the way of runs to the newest one."""

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy, ngettext

from wraca.app import migrating
from wraca.console.doors import Visit, shop_page
from wraca.console.editing import comparing
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.journeys.reading import read_plan
from wraca.storage.queries import journeys
from wraca.storage.queries.journeys import JourneySeen, Version

_OBSTACLES = {
    "": gettext_lazy("can go"),
    migrating.Obstacle.NO_STEP.value: gettext_lazy("stay: the new version has no step there"),
    migrating.Obstacle.OTHER_STEP.value: gettext_lazy("stay: another step stands there now"),
    migrating.Obstacle.UNKNOWN_MESSAGE.value: gettext_lazy("stay: they got a message that the new version does not know"),
    migrating.Obstacle.BUSY.value: gettext_lazy("stay: they were just deciding; try again"),
}


class _Row(msgspec.Struct, frozen=True):
    """Runs of one version at one step that have the same answer."""

    version: int
    step: str
    count: int
    answer: str
    can_go: bool


@shop_page(Right.NUMBERS)
def compare(visit: Visit, name: str) -> HttpResponse:
    """Two versions, the newest and the one before unless others are asked for: their trees as one, and their files line by line."""
    journey, found = _known(visit, name)
    older, newer = _asked(visit, found)
    context = {
        **_shown(journey),
        "versions": found,
        "older": older,
        "newer": newer,
        **comparing.differences(older.source, newer.source),
    }
    return visit.page("editor_compare.html", context)


@shop_page(Right.JOURNEYS, methods=("GET", "POST"))
def migrate(visit: Visit, name: str) -> HttpResponse:
    """How many of those under way would go over to the newest version, from where, and who cannot; a button that does it."""
    journey, found = _known(visit, name)
    register = wiring().register
    if visit.request.method == "POST":
        done = migrating.migrate(register, visit.key.shop, name, journey.version, visit.now, dry=False)
        visit.note("journey.migrated", journey=name, version=journey.version, moved=done.moved, kept=done.kept)
        text = ngettext(
            "%(count)s run went over to version %(version)s.", "%(count)s runs went over to version %(version)s.", done.moved
        )
        messages.success(visit.request, text % {"count": done.moved, "version": journey.version})
        return redirect("journey_migrate", shop=visit.shop.id, name=name)
    counted = migrating.migrate(register, visit.key.shop, name, journey.version, visit.now, dry=True)
    by_version = {each.version: each for each in found}
    titles = {group.version: comparing.step_titles(by_version[group.version].source) for group in counted.counts}
    rows = [
        _Row(
            group.version, titles[group.version].get(group.at, group.at), count, str(_OBSTACLES[group.obstacle]), not group.obstacle
        )
        for group, count in counted.counts.items()
    ]
    older = [by_version[version] for version in sorted(titles)]
    context = {**_shown(journey), "rows": rows, "moved": counted.moved, "kept": counted.kept, "older": older}
    if older:
        context |= comparing.differences(older[-1].source, by_version[journey.version].source)
    return visit.page("editor_migrate.html", context)


def _known(visit: Visit, name: str) -> tuple[JourneySeen, list[Version]]:
    journey = journeys.journey(visit.key, name)
    if journey is None:
        raise Http404
    return journey, journeys.versions(visit.key, name)


def _shown(journey: JourneySeen) -> dict[str, object]:
    """What the frame of every page of a journey needs."""
    return {"here": "journeys", "tab": "versions", "journey": journey, "plan": read_plan(journey.source)}


def _asked(visit: Visit, found: list[Version]) -> tuple[Version, Version]:
    """The versions that the address names, the older one first. Raises Http404 where there is no such version."""
    known = {str(each.version): each for each in found}
    newest = found[0].version
    names = [visit.request.GET.get("a", str(max(1, newest - 1))), visit.request.GET.get("b", str(newest))]
    if any(name not in known for name in names):
        raise Http404
    older, newer = sorted((known[name] for name in names), key=lambda each: each.version)
    return older, newer

"""Why people leave, as they said it: shares with their intervals, and, for those who may see people, their own words."""

import csv
import io
from collections.abc import Iterable, Sequence

import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from wraca.console import formats, words
from wraca.console.doors import Visit, shop_page
from wraca.console.roles import Right
from wraca.domain.events import Instant
from wraca.domain.journeys.durations import DAY
from wraca.domain.shares import FEWEST
from wraca.storage.fields import to_datetime
from wraca.storage.queries import answers

_SPANS = (30, 90)
_NEWEST = 20
_MOST_IN_A_FILE = 10_000
# What a spreadsheet would take for a formula is written as text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Bar(msgspec.Struct, frozen=True):
    """A reason in a chart of 100 units; the empty strings where too few people gave it. Numbers are as SVG wants them."""

    name: str
    people: int = 0
    portion: str = ""
    between: str = ""
    width: str = ""
    low: str = ""
    high: str = ""

    @property
    def is_told(self) -> bool:
        return bool(self.width)


class Row(msgspec.Struct, frozen=True):
    """A stage or a journey, and what its people named most often."""

    name: str
    people: int
    bars: tuple[Bar, ...]
    is_told: bool


class Words(msgspec.Struct, frozen=True):
    reason: str
    stage: str
    said: answers.Said


@shop_page(Right.NUMBERS)
def show(visit: Visit) -> HttpResponse:
    days = _days(visit)
    report = answers.report(visit.key, _since(visit, days), visit.now)
    newest = answers.said(visit.key, _since(visit, days), visit.now, _NEWEST, in_words=True) if visit.may(Right.PEOPLE) else ()
    bars = bars_of(report.everybody)
    context = {
        "here": "reasons",
        "days": days,
        "spans": _SPANS,
        "people": report.everybody.people,
        "is_told": report.everybody.is_told,
        "bars": bars,
        "untold": "; ".join(bar.name for bar in bars if not bar.is_told),
        "parts": [
            (_("By how far the cart came"), _("Stage"), [_row(group, stage_name(group.name)) for group in report.by_stage]),
            (_("By journey"), _("Journey"), [_row(group, group.name or _("no journey")) for group in report.by_journey]),
        ],
        "newest": [Words(words.word(words.REASONS, one.reason), stage_name(str(one.stage)), one) for one in newest],
    }
    return visit.page("reasons.html", context)


@shop_page(Right.NUMBERS)
def counts_file(visit: Visit) -> HttpResponse:
    """The shares as CSV, with the same few left untold."""
    report = answers.report(visit.key, _since(visit, _days(visit)), visit.now)
    rows: list[Sequence[object]] = [("group", "name", "reason", "people", "share", "low", "high")]
    rows += _counted("all", [report.everybody])
    rows += _counted("stage", [msgspec.structs.replace(one, name=stage_name(one.name)) for one in report.by_stage])
    rows += _counted("journey", report.by_journey)
    return _csv("reasons.csv", rows)


@shop_page(Right.PEOPLE)
def words_file(visit: Visit) -> HttpResponse:
    """Every answer with its words as CSV. That somebody took them along is written down."""
    visit.note("answers.exported", days=_days(visit))
    found = answers.said(visit.key, _since(visit, _days(visit)), visit.now, _MOST_IN_A_FILE)
    rows: list[Sequence[object]] = [("at", "reason", "text", "stage", "journey", "person")]
    rows += [(_moment(one.at), one.reason, one.text, stage_name(str(one.stage)), one.journey, one.person) for one in found]
    return _csv("answers.csv", rows)


def card(visit: Visit, since: Instant) -> list[Bar]:
    """For the overview: the three reasons that most people gave; none while too few answered."""
    return [bar for bar in bars_of(answers.everybody(visit.key, since, visit.now)) if bar.is_told][:3]


def bars_of(group: answers.Group) -> tuple[Bar, ...]:
    return tuple(_bar(one) for one in group.named)


def stage_name(stage: str) -> str:
    """The word for a stage's number; an order that followed, and no cart at all, have words of their own."""
    if stage == "0":
        return pgettext("stage", "No cart")
    if stage == "5":
        return pgettext("stage", "Ordered since then")
    return str(words.STAGES.get(int(stage), stage))


def _days(visit: Visit) -> int:
    wanted = visit.request.GET.get("days", "")
    return int(wanted) if wanted in {str(span) for span in _SPANS} else _SPANS[-1]


def _since(visit: Visit, days: int) -> Instant:
    return visit.now - days * DAY


def _bar(named: answers.Named) -> Bar:
    name, share = words.word(words.REASONS, named.reason), named.share
    if not share.is_told:
        return Bar(name)
    between = _("between %(low)s and %(high)s") % {"low": formats.share(share.low), "high": formats.share(share.high)}
    width, low, high = (f"{100 * one:.2f}" for one in (share.portion, share.low, share.high))
    return Bar(name, share.people, formats.share(share.portion), between, width, low, high)


def _row(group: answers.Group, name: str) -> Row:
    return Row(name, group.people, tuple(_bar(one) for one in group.told[:3]), group.is_told)


def _counted(kind: str, groups: Iterable[answers.Group]) -> list[Sequence[object]]:
    few = f"<{FEWEST}"
    rows: list[Sequence[object]] = []
    for group in groups:
        rows.append((kind, group.name, "", group.people if group.is_told else few, "", "", ""))
        for one in group.named:
            share = one.share
            told = (share.people, *(f"{value:.4f}" for value in (share.portion, share.low, share.high)))
            rows.append((kind, group.name, one.reason, *(told if share.is_told else (few, "", "", ""))))
    return rows


def _moment(instant: Instant) -> str:
    return to_datetime(instant).isoformat(timespec="seconds").replace("+00:00", "Z")


def _csv(name: str, rows: Iterable[Sequence[object]]) -> HttpResponse:
    """UTF-8 with a mark at the front, by which spreadsheets know it."""
    out = io.StringIO()
    csv.writer(out).writerows([_plain(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(("\ufeff" + out.getvalue()).encode(), content_type="text/csv; charset=utf-8", headers=headers)


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

"""The result of a dry run in words and pictures: plain values for the template."""

from collections.abc import Iterable, Mapping

import msgspec
from babel.dates import get_day_names
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wraca.app.replay.comparing import Comparison, Difference, People
from wraca.app.replay.figures import OfferCost
from wraca.app.replay.report import Report
from wraca.console import formats, words
from wraca.console.why import silence

FIGURES: Mapping[str, "str | Promise"] = {
    "abandoned": gettext_lazy("Carts left behind"),
    "reachable": gettext_lazy("of them, with somebody who may be written to"),
    "messaged": gettext_lazy("of them, with at least one message"),
    "runs": gettext_lazy("People on the journey"),
    "messages": gettext_lazy("Messages"),
    "messages_after_purchase": gettext_lazy("Messages that would have hit a buyer"),
    "recovered": gettext_lazy("Recovered after a click"),
    "returned": gettext_lazy("Carts that were ordered later, as it really happened"),
    "ordered_within_a_day": gettext_lazy("Ordered within a day after a message"),
}
_PARTS: Mapping[str, "str | Promise"] = {
    "steps": gettext_lazy("Step"),
    "outcomes": gettext_lazy("End"),
    "reasons": gettext_lazy("Reason"),
    "kept": gettext_lazy("Kept back"),
    "offers": gettext_lazy("Offer"),
}
_CHANGES: Mapping[str, "str | Promise"] = {
    "more": gettext_lazy("get more messages"),
    "fewer": gettext_lazy("get fewer messages"),
    "earlier": gettext_lazy("get them earlier"),
    "later": gettext_lazy("get them later"),
    "same": gettext_lazy("notice no difference"),
}
_CELL, _LEFT, _TOP = 22, 44, 18  # of the heat map, in its own units


class Cell(msgspec.Struct, frozen=True):
    """One hour of one day of the week in the heat map. `strength`: 0.0 to 1.0 of the busiest hour."""

    x: int
    y: int
    count: int
    strength: float
    label: str


class Row(msgspec.Struct, frozen=True):
    name: str
    cells: tuple[Cell, ...]
    y: int


class HeatMap(msgspec.Struct, frozen=True):
    rows: tuple[Row, ...]
    hours: tuple[tuple[int, str], ...]
    width: int
    height: int
    cell: int
    is_empty: bool


class Counted(msgspec.Struct, frozen=True):
    """Something with how often it was so."""

    name: str
    count: int
    detail: str = ""


class Shown(msgspec.Struct, frozen=True):
    """A report, ready for the page."""

    report: Report
    heat: HeatMap
    most_in_a_day: int
    kept: tuple[Counted, ...]
    reasons: tuple[Counted, ...]
    whom: tuple[Counted, ...]
    offers: tuple[Counted, ...]
    reachable: tuple[Counted, ...]


class Changed(msgspec.Struct, frozen=True):
    name: str
    one: int
    other: int
    change: str


class Versus(msgspec.Struct, frozen=True):
    """Two journeys side by side."""

    one: str
    other: str
    figures: tuple[Changed, ...]
    details: tuple[Changed, ...]
    people: tuple[tuple[str, People], ...]


def report_shown(report: Report) -> Shown:
    """The report with its words."""
    return Shown(
        report,
        _heat(report),
        max((day.messages for day in report.days), default=0),
        tuple(_kept(report.kept)),
        tuple(_reasons(report.reasons)),
        tuple(_whom(report)),
        tuple(_offer(offer) for offer in report.offers),
        tuple(Counted(words.word(words.CHANNELS, channel), count) for channel, count in report.reachable_people.items()),
    )


def _heat(report: Report) -> HeatMap:
    names = get_day_names("abbreviated", locale=formats.locale())
    busiest = max((count for day in report.heat for count in day), default=0)
    rows = tuple(
        Row(
            names[number],
            tuple(
                Cell(
                    _LEFT + hour * _CELL,
                    _TOP + number * _CELL,
                    count,
                    round(count / busiest, 3) if busiest else 0.0,
                    f"{names[number]} {hour:02}:00: {count}",
                )
                for hour, count in enumerate(day)
            ),
            _TOP + number * _CELL + 15,
        )
        for number, day in enumerate(report.heat)
    )
    hours = tuple((_LEFT + hour * _CELL, f"{hour:02}") for hour in range(0, 24, 3))
    return HeatMap(rows, hours, _LEFT + 24 * _CELL, _TOP + 7 * _CELL, _CELL - 2, is_empty=not busiest)


def _kept(kept: Mapping[str, int]) -> Iterable[Counted]:
    """Of "postponed.enough_today" the reason as a sentence."""
    for name, count in kept.items():
        how, _dot, reason = name.partition(".")
        yield Counted(silence(reason), count, _("held back") if how == "held" else _("postponed"))


def _reasons(reasons: Mapping[str, int]) -> Iterable[Counted]:
    for name, count in reasons.items():
        what, _dot, reason = name.partition(".")
        if what == "message":
            yield Counted(silence(reason), count, _("message not sent"))
        elif what == "cart":
            yield Counted(
                silence(reason) if reason in _SILENT else str(_CARTS.get(reason, reason)), count, _("cart without a message")
            )


_SILENT = frozenset({"no_address", "no_permission", "opted_out", "suppressed"})
_CARTS: Mapping[str, "str | Promise"] = {
    "joined_another": gettext_lazy("The person was on the journey for another cart already."),
    "not_for_this_journey": gettext_lazy("The journey is not for this cart: its trigger or its filter does not fit."),
    "still_waiting": gettext_lazy("The journey was still under way at the end."),
    "ordered": gettext_lazy("The person bought before the first message."),
}


def _whom(report: Report) -> Iterable[Counted]:
    whom = report.whom
    yield Counted(_("Customers who bought before"), whom.customers)
    yield Counted(_("Visitors who have not bought yet"), whom.visitors)
    yield Counted(_("People whose name is known"), whom.with_name)
    for language, count in whom.languages.items():
        yield Counted(_("In the language %(language)s") % {"language": language or "–"}, count)


def _offer(offer: OfferCost) -> Counted:
    values = [formats.money(minor, currency) for currency, minor in sorted(offer.value.items())]
    if offer.unknown:
        values.append(
            ngettext("%(count)s of unknown value", "%(count)s of unknown value", offer.unknown) % {"count": offer.unknown}
        )
    return Counted(offer.step, offer.issued, ", ".join(values))


def versus_shown(comparison: Comparison) -> Versus:
    """The comparison with its words."""
    return Versus(
        comparison.one,
        comparison.other,
        tuple(_changed(str(FIGURES.get(each.name, each.name)), each) for each in comparison.figures),
        tuple(_changed(_part(each.name), each) for each in comparison.details),
        tuple((str(_CHANGES[kind]), people) for kind, people in comparison.people.items()),
    )


def _changed(name: str, each: Difference) -> Changed:
    return Changed(name, each.one, each.other, f"{each.change:+d}" if each.change else "–")


def _part(name: str) -> str:
    """Of "reasons.message.ordered": "Reason: The person has bought in the meantime."."""
    kind, _dot, rest = name.partition(".")
    detail = rest.rpartition(".")[2]
    told = {
        "outcomes": words.word(words.OUTCOMES, rest),
        "reasons": silence(detail),
        "kept": silence(detail),
    }.get(kind, rest)
    return f"{_PARTS.get(kind, kind)}: {told}"

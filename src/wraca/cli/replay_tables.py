"""The report of a replay for a terminal."""

from collections.abc import Mapping

from rich.table import Table

from wraca.app.replay.comparing import Comparison
from wraca.app.replay.report import Report
from wraca.cli.speaking import out


def show(report: Report) -> None:
    """Small tables, the most important first."""
    out.print(f"[bold]{report.source}[/] played with [bold]{report.journey}[/]: {report.began} to {report.ended}, "
              f"{_people(report)}", highlight=False)  # fmt: skip
    _table("What happened", _funnel(report))
    _table("Messages by step", [(f"{step} ({template})", count) for step, template, count in report.by_step])
    _table(f"Messages by hour ({report.timezone})", [(f"{hour:02}:00", count) for hour, count in report.by_hour if count])
    _table("Messages by day", report.by_day)
    _table("To whom", _whom(report))
    _table("Offers", _offers(report))
    _table("Kept back for a while, at least once", _spoken(report.kept))
    _table("Reasons", [(reason.replace("_", " "), count) for reason, count in report.reasons.items()])
    out.print(f"{report.seconds:.1f} s")
    _warn(report)


def show_both(one: Report, other: Report, comparison: Comparison) -> None:
    """Two journeys side by side, and for whom something changes."""
    out.print(f"[bold]{one.source}[/]: {one.began} to {one.ended}, {_people(one)}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in (comparison.one, comparison.other, "change"):
        table.add_column(name, justify="right")
    for each in (*comparison.figures, *comparison.details):
        table.add_row(each.name.replace("_", " "), _number(each.one), _number(each.other), f"{each.change:+,}".replace(",", " "))
    out.print(table)
    _table("People who get", [(_CHANGES[kind], people.count) for kind, people in comparison.people.items()])
    out.print(f"{one.seconds + other.seconds:.1f} s")
    for report in (one, other):
        _warn(report)


_CHANGES = {
    "more": "more messages",
    "fewer": "fewer messages",
    "earlier": "as many, earlier",
    "later": "as many, later",
    "same": "the same",
}


def _warn(report: Report) -> None:
    if report.messages_after_purchase:
        out.print("[bold red]Messages went after a purchase. This must not happen: please report it.[/]")


def _people(report: Report) -> str:
    reach = "everybody reachable by a made-up address" if report.reach == "all" else "only real addresses"
    return reach + (", nobody held out" if not report.holdout else f", {report.holdout:.0%} held out")


def _funnel(report: Report) -> list[tuple[str, int]]:
    return [
        ("rows read", report.rows),
        ("  events", report.events),
        ("  duplicates dropped", report.duplicates),
        ("  rejected", report.rejected),
        ("people", report.people),
        ("carts", report.carts),
        ("  abandoned", report.abandoned),
        ("  of them reachable", report.reachable),
        ("  of them written to", report.messaged),
        ("  of them ordered later by themselves", report.returned),
        ("orders", report.orders),
        ("  recovered (after a human click)", report.recovered),
        ("messages", report.messages),
        ("  after a purchase", report.messages_after_purchase),
    ]


def _whom(report: Report) -> list[tuple[str, int]]:
    whom = report.whom
    rows = [
        ("customers", whom.customers),
        ("visitors", whom.visitors),
        ("with a name", whom.with_name),
        ("without a name", whom.without_name),
        *((f"in {language}", count) for language, count in whom.languages.items()),
    ]
    people = [(f"people who left a cart, reachable by {channel}", count) for channel, count in report.reachable_people.items()]
    return [*rows, *people, ("runs whose person ordered within a day after a message", report.ordered_within_a_day)]


def _offers(report: Report) -> list[tuple[str, int]]:
    rows: list[tuple[str, int]] = []
    for offer in report.offers:
        rows.append((f"{offer.step} ({offer.kind}), issued", offer.issued))
        rows += [(f"  their value in minor units of {currency}", value) for currency, value in offer.value.items()]
        rows += [("  of a value that cannot be told", offer.unknown)] if offer.unknown else []
    return rows


def _spoken(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(word.replace("_", " ").replace(".", ": "), count) for word, count in counts.items()]


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _table(title: str, rows: list[tuple[str, int]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in rows:
        table.add_row(name, _number(count))
    out.print(table)

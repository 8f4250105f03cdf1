"""The report of a replay for a terminal."""

from rich.table import Table

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
    _table("Reasons", [(reason.replace("_", " "), count) for reason, count in report.reasons.items()])
    out.print(f"{report.seconds:.1f} s")
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


def _table(title: str, rows: list[tuple[str, int]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in rows:
        table.add_row(name, f"{count:,}".replace(",", " "))
    out.print(table)

"""The report as one HTML file: no script, nothing from outside, light and dark, a table behind every chart."""

from collections.abc import Sequence
from html import escape

from wraca.app.replay.report import Report
from wraca.domain.journeys.durations import written_duration

_STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;
--ink:#1d1f23;--soft:#5d636e;--line:#e2e0dc;
--bar:#2f6f62;--pale:#dcebe7;--good:#1f6f43;--bad:#a3261c}
@media(prefers-color-scheme:dark){:root{--paper:#14161a;--card:#1c1f25;
--ink:#eceef1;--soft:#a2a9b5;--line:#30343c;
--bar:#6fc3b0;--pale:#263b37;--good:#7fd0a0;--bad:#ff9a8f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 6px;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:0 0 14px}
p{margin:0 0 10px}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0}
.tile,section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile span{display:block;color:var(--soft);font-size:.86rem}.tile strong{font-size:1.6rem;
font-variant-numeric:tabular-nums;font-weight:650}
.good strong{color:var(--good)}.bad strong{color:var(--bad)}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
section{padding:18px;min-width:0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:400;text-align:left;
padding:5px 10px 5px 0;overflow-wrap:anywhere}td{text-align:right;padding:5px 0;white-space:nowrap}
thead th{color:var(--soft);font-size:.85rem}thead th:last-child{text-align:right;padding-right:0;white-space:nowrap}
tbody tr+tr{border-top:1px solid var(--line)}
.bars td.chart{width:45%;padding:5px 12px;text-align:left}
.bars .track{display:block;height:12px;border-radius:3px;background:var(--pale)}
.bars .track i{display:block;height:100%;min-width:2px;border-radius:3px;background:var(--bar)}
svg{display:block;width:100%;height:auto}svg rect{fill:var(--bar)}svg line{stroke:var(--line)}

svg text{fill:var(--soft);font-size:11px}
details{margin-top:12px}
summary{cursor:pointer;color:var(--soft)}summary:focus-visible{outline:2px solid var(--bar);outline-offset:3px}
@media(max-width:480px){main{padding:20px 12px 40px}.bars td.chart{width:34%}svg text{font-size:15px}}
@media print{details>*{display:block}}
"""
_MOST_DAYS = 120  # bars; a longer past is shown by its table

_WORDS = {
    "row": "Row rejected",
    "message": "Message not sent",
    "cart": "Abandoned cart without a message",
    "run": "Journey ended early",
}


def page(report: Report) -> str:
    """The whole file. What comes from the past (names of files, reasons) is escaped."""
    title = f"Replay of {escape(report.source)}"
    sections = [
        _section("From carts to messages", _bars(_funnel(report), "Carts")),
        _section("Messages by step", _bars(_steps(report), "Messages")),
        _section(f"Messages by hour of the day ({escape(report.timezone)})", _hours(report)),
        _section("Messages by day", _days(report)),
        _section("To whom", _table(_whom(report), "Messages")),
        _section("Offers", _table(_offers(report), "Offer") if report.offers else "<p class=soft>The journey makes none.</p>"),
        _section("Kept back for a while", _kept(report)),
        _section("Why not more", _reasons(report)),
        _section("What was read", _table(_rows(report), "Rows of the file")),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f"<header><h1>{title}</h1><p>Journey <strong>{escape(report.journey)}</strong>, played over what happened from "
        f"{_moment(report.began)} to {_moment(report.ended)} (UTC).</p><p class=soft>{_manner(report)}</p></header>"
        f"{_tiles(report)}<div class=grid>{''.join(sections)}</div>"
        "<p class=soft style='margin-top:20px'>Nobody got a message. How somebody would have answered a message that never went "
        "cannot be known: everybody is taken to have given no answer, and an order counts as recovered only after a "
        "human click.</p>"
        "</main></body></html>\n"
    )


def _manner(report: Report) -> str:
    everybody = report.reach == "all"
    reach = "Whoever has no address was given a made-up one." if everybody else "Only real addresses count as reachable."
    held = f"{report.holdout:.0%} of the people were held out." if report.holdout else "Nobody was held out for comparison."
    often = "at once" if report.look_every < 1000 else f"every {written_duration(report.look_every)}"
    return f"{reach} {held} What was due was done {often}."


def _moment(written: str) -> str:
    return written.replace("T", " ").removesuffix("Z") or "–"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def _tiles(report: Report) -> str:
    tiles = (
        ("Carts", report.carts, ""),
        ("Abandoned", report.abandoned, ""),
        ("Messages", report.messages, ""),
        ("Messages after a purchase", report.messages_after_purchase, "bad" if report.messages_after_purchase else "good"),
        ("Orders", report.orders, ""),
        ("Recovered", report.recovered, ""),
    )
    shown = "".join(
        f'<div class="tile {kind}"><span>{name}</span><strong>{_number(count)}</strong></div>' for name, count, kind in tiles
    )
    return f"<div class=tiles>{shown}</div>"


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{title}</h2>{inside}</section>"


def _funnel(report: Report) -> list[tuple[str, int]]:
    return [
        ("Carts", report.carts),
        ("Abandoned", report.abandoned),
        ("Reachable", report.reachable),
        ("Written to", report.messaged),
        ("Ordered later by themselves", report.returned),
    ]


def _steps(report: Report) -> list[tuple[str, int]]:
    return [(f"{step} ({template})", count) for step, template, count in report.by_step]


def _rows(report: Report) -> list[tuple[str, int]]:
    return [
        ("Rows", report.rows),
        ("Events", report.events),
        ("Duplicates dropped", report.duplicates),
        ("Rejected", report.rejected),
        ("People", report.people),
    ]


def _whom(report: Report) -> list[tuple[str, int]]:
    whom = report.whom
    return [
        ("To customers", whom.customers),
        ("To visitors", whom.visitors),
        ("With a first name", whom.with_name),
        ("Without a first name", whom.without_name),
        *((f"In the language {language}", count) for language, count in whom.languages.items()),
        *((f"People who left a cart, reachable by {channel}", count) for channel, count in report.reachable_people.items()),
        ("Runs whose person ordered within a day after a message", report.ordered_within_a_day),
    ]


def _offers(report: Report) -> list[tuple[str, int]]:
    rows: list[tuple[str, int]] = []
    for offer in report.offers:
        rows.append((f"{offer.step} ({offer.kind.replace('_', ' ')}): issued", offer.issued))
        rows += [(f"{offer.step}: value in minor units of {currency}", value) for currency, value in offer.value.items()]
    return rows


def _kept(report: Report) -> str:
    if not report.kept:
        return "<p class=soft>No message had to wait.</p>"
    return _table([(word.replace("_", " ").replace(".", ": "), count) for word, count in report.kept.items()], "What the gate said")


def _reasons(report: Report) -> str:
    if not report.reasons:
        return "<p class=soft>There was no reason to keep anything back.</p>"
    return _table([(_reason(word), count) for word, count in report.reasons.items()], "Reason")


def _reason(word: str) -> str:
    kind, _, rest = word.partition(".")
    return f"{_WORDS.get(kind, kind)}: {rest.replace('_', ' ')}"


def _bars(rows: Sequence[tuple[str, int]], unit: str) -> str:
    most = max((count for _, count in rows), default=0) or 1
    lines = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td class=chart aria-hidden=true>"
        f"<span class=track><i style='width:{count / most:.1%}'></i></span></td><td>{_number(count)}</td></tr>"
        for name, count in rows
    )
    head = f"<thead><tr><th scope=col>What</th><td></td><th scope=col>{unit}</th></tr></thead>"
    return f"<table class=bars>{head}<tbody>{lines}</tbody></table>"


def _table(rows: Sequence[tuple[str, int]], what: str) -> str:
    lines = "".join(f"<tr><th scope=row>{escape(name)}</th><td>{_number(count)}</td></tr>" for name, count in rows)
    return f"<table><thead><tr><th scope=col>{what}</th><th scope=col>Number</th></tr></thead><tbody>{lines}</tbody></table>"


def _hours(report: Report) -> str:
    rows = [(f"{hour:02}:00", count) for hour, count in report.by_hour]
    labels = {place: f"{place:02}" for place in range(0, 24, 3)}
    return _columns(rows, labels, "Messages by hour of the day") + _behind(rows, "Hour")


def _days(report: Report) -> str:
    rows = report.by_day
    if not rows:
        return "<p class=soft>No message would have gone out.</p>"
    if len(rows) > _MOST_DAYS:
        return _table(rows, "Day")
    step = max(1, (len(rows) + 4) // 5)
    labels = {place: day[5:] for place, (day, _) in enumerate(rows) if place % step == 0}
    return _columns(rows, labels, "Messages by day") + _behind(rows, "Day")


def _behind(rows: Sequence[tuple[str, int]], what: str) -> str:
    return f"<details><summary>The same as a table</summary>{_table(rows, what)}</details>"


def _columns(rows: Sequence[tuple[str, int]], labels: dict[int, str], title: str) -> str:
    """A column chart, drawn by hand: 480 units wide, with the greatest value written at the top."""
    most = max((count for _, count in rows), default=0)
    width = min(60.0, 432 / len(rows))
    shapes = [
        f"<rect x='{46 + place * width + width * 0.1:.1f}' y='{150 - 130 * count / (most or 1):.1f}' width='{width * 0.8:.1f}' "
        f"height='{130 * count / (most or 1):.1f}' rx=1><title>{escape(name)}: {_number(count)}</title></rect>"
        for place, (name, count) in enumerate(rows)
        if count
    ]
    words = [
        f"<text x='{46 + (place + 0.5) * width:.1f}' y=168 text-anchor=middle>{escape(word)}</text>"
        for place, word in labels.items()
    ]
    top = max(rows, key=lambda row: row[1])
    said = f"{title}. The most is {_number(most)}, at {top[0]}." if most else f"{title}. There were none."
    axes = "<line x1=46 y1=150 x2=478 y2=150 /><line x1=46 y1=20 x2=478 y2=20 stroke-dasharray=3 />"
    scale = f"<text x=40 y=24 text-anchor=end>{_number(most)}</text><text x=40 y=154 text-anchor=end>0</text>" if most else ""
    return f"<svg viewBox='0 0 480 176' role=img aria-label='{escape(said)}'>{axes}{scale}{''.join(shapes)}{''.join(words)}</svg>"

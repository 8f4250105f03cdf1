"""A result in words: for people at a terminal, and as plain values for programs."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from wraca.domain.events import Instant
from wraca.domain.journeys.durations import MINUTE, SECOND, written_duration
from wraca.domain.journeys.run import Decision
from wraca.testing.scenarios.comparing import Difference, Fault
from wraca.testing.scenarios.happened import Happened
from wraca.testing.scenarios.moments import written_civil, written_length
from wraca.testing.scenarios.playing import Result
from wraca.testing.scenarios.script import Expected

_MOST_WHYS = 4
_AN_INSTANT = 10**12  # ms: numbers beyond are no lengths and no counts
_LENGTHS = frozenset({"length", "idle", "after", "gap", "at_most", "patience"})
_PHRASES = {
    "send": "send {name}",
    "skip": "skip {name}",
    "offer": "the offer of step {name}",
    "joins": "join the audience {name}",
    "leaves": "leave the audience {name}",
    "notice": "tell the team: {name}",
    "ends": "end: {name}",
}


def told(result: Result) -> Iterator[str]:
    """Lines about what went otherwise; none where the scenario passed."""
    if result.problem:
        yield result.problem
    for one in result.differences:
        yield _sentence(result, one)
        yield from (f"  why: {line}" for line in _whys(result, one))


def as_data(result: Result) -> dict[str, object]:
    """The result as JSON shows it. Times are as the shop's clocks show them, and minutes since the beginning."""
    return {
        "scenario": result.scenario.name,
        "line": result.scenario.line,
        "passed": result.is_passed,
        "problem": result.problem,
        "differences": [
            {
                "fault": one.fault.value,
                "line": one.wanted.expected.line if one.wanted else None,
                "expected": _expected_data(result, one.wanted.expected, one.wanted.at) if one.wanted else None,
                "happened": _happened_data(result, one.happened) if one.happened else None,
                "why": list(_whys(result, one)),
            }
            for one in result.differences
        ],
        "happened": [_happened_data(result, one) for one in result.course.events],
    }


def _expected_data(result: Result, one: Expected, at: Instant | None) -> dict[str, object]:
    return {one.kind: one.name, "detail": one.detail, **(_times(result, at) if at is not None else {})}


def _happened_data(result: Result, one: Happened) -> dict[str, object]:
    return {one.kind: one.name, "detail": one.detail, **_times(result, one.at)}


def _times(result: Result, at: Instant) -> dict[str, object]:
    return {
        "minute": (at - result.begin) // MINUTE,
        "at": written_length(at - result.begin),
        "civil": written_civil(at, _zone(result)),
    }


def _zone(result: Result) -> ZoneInfo:
    return ZoneInfo(result.scenario.shop.timezone)


def _at(result: Result, at: Instant | None) -> str:
    return "at some time" if at is None else f"at {written_length(at - result.begin)} ({written_civil(at, _zone(result))})"


def _sentence(result: Result, one: Difference) -> str:
    wanted, happened = one.wanted, one.happened
    place = f"line {wanted.expected.line}: " if wanted else ""
    if wanted is None and happened is not None:
        more = f" [{', '.join(happened.detail)}]" if any(happened.detail) else ""
        return f"not expected: {_phrase(happened.kind, happened.name)} {_at(result, happened.at)}{more}"
    if wanted is None:
        return ""
    what = f"{place}expected {_phrase(wanted.expected.kind, wanted.expected.name)} {_at(result, wanted.at)}"
    if one.fault is Fault.OTHER_TIME and happened is not None:
        return f"{what}; it came {_at(result, happened.at)}"
    if one.fault is Fault.OTHER_DETAIL and happened is not None:
        return f"{what} with {_listed(wanted.detail)}; it was {_listed(happened.detail)}"
    return f"{what}; it did not happen"


def _listed(detail: tuple[str, ...] | None) -> str:
    return ", ".join(one or "no code" for one in detail or ()) or "nothing"


def _phrase(kind: str, name: str) -> str:
    return _PHRASES[kind].format(name=name)


def _whys(result: Result, one: Difference) -> Iterator[str]:
    """What the runs decided until then, the last first; what waits; what became of the same message otherwise."""
    decisions = result.course.decisions
    if not decisions:
        yield "the journey never began: its trigger did not come, its filters did not hold, or it was not this person's turn"
        return
    name = one.wanted.expected.name if one.wanted else one.happened.name if one.happened else ""
    for waiting in result.course.waiting:
        if waiting.template == name:
            reasons = ", ".join(waiting.reasons) or "no objection"
            yield f"{name} waits ({waiting.state}) until {_at(result, waiting.due_at)[3:]}: {reasons}"
    if one.fault is Fault.MISSING:
        for event in result.course.events:
            if event.name == name and event.kind == "skip":
                yield f"{name} was not sent {_at(result, event.at)}: {', '.join(event.detail)}"
    moments = [at for at in (one.wanted.at if one.wanted else None, one.happened.at if one.happened else None) if at is not None]
    until = max(moments, default=decisions[-1].at) + MINUTE
    known = [each for each in decisions if each.at < until] or decisions[:1]
    for decided in known[-_MOST_WHYS:]:
        yield f"{_at(result, decided.at)}, {decided.journey}: {'; '.join(_rule(result, decision) for decision in decided.trail)}"


def _rule(result: Result, decision: Decision) -> str:
    seen = ", ".join(f"{name} {_seen(result, name, value)}" for name, value in decision.seen.items())
    place = f"step {decision.at} " if decision.at else ""
    return f"{place}{decision.rule}" + (f" ({seen})" if seen else "")


def _seen(result: Result, name: str, value: object) -> str:
    """Instants as clocks show them, lengths as a journey writes them."""
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    if value > _AN_INSTANT:
        return written_civil(value, _zone(result))
    return written_duration(value) if name in _LENGTHS and value % SECOND == 0 else str(value)

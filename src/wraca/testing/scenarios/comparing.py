"""What was expected beside what happened. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys.durations import MINUTE
from wraca.testing.scenarios.happened import Happened
from wraca.testing.scenarios.moments import instant
from wraca.testing.scenarios.script import Expected


class Fault(StrEnum):
    """How the course departs from the scenario."""

    MISSING = "missing"  # it did not happen
    SURPLUS = "surplus"  # it happened, and nobody expected it
    OTHER_TIME = "other_time"
    OTHER_DETAIL = "other_detail"  # over another channel, for other reasons, with another code


class Wanted(msgspec.Struct, frozen=True):
    """An expectation with its moment; None: at any time."""

    expected: Expected
    at: Instant | None
    detail: tuple[str, ...] | None


class Difference(msgspec.Struct, frozen=True):
    """`wanted` is None for what is surplus, `happened` for what is missing."""

    fault: Fault
    wanted: Wanted | None = None
    happened: Happened | None = None


def differences(
    expected: Sequence[Expected], happened: Sequence[Happened], journey: str, begin: Instant, zone: ZoneInfo
) -> tuple[Difference, ...]:
    """Every departure, in the order of time. How a journey ends is compared only where an expectation speaks of that journey."""
    wanted = [_wanted(one, journey, begin, zone) for one in expected]
    spoken_of = {one.detail for one in wanted if one.expected.kind == "ends"}
    real = [one for one in happened if one.kind != "ends" or one.detail in spoken_of]
    found: list[Difference] = []
    for key in dict.fromkeys(
        [*((one.expected.kind, one.expected.name) for one in wanted), *((one.kind, one.name) for one in real)]
    ):
        mine = [one for one in wanted if (one.expected.kind, one.expected.name) == key]
        theirs = [one for one in real if (one.kind, one.name) == key]
        found += _paired(mine, theirs, begin)
    return tuple(sorted(found, key=_place))


def _wanted(one: Expected, journey: str, begin: Instant, zone: ZoneInfo) -> Wanted:
    detail = (journey,) if one.kind == "ends" and one.detail is None else one.detail
    return Wanted(one, None if one.at is None else instant(one.at, begin, zone), detail)


def _paired(wanted: list[Wanted], happened: list[Happened], begin: Instant) -> Iterable[Difference]:
    """Those of the same minute belong together; of the rest the first with the first."""
    rest, left = [], list(happened)
    for one in wanted:
        match = next((each for each in left if _is_in_time(one, each.at, begin)), None)
        if match is None:
            rest.append(one)
            continue
        left.remove(match)
        if one.detail is not None and one.detail != match.detail:
            yield Difference(Fault.OTHER_DETAIL, one, match)
    for number, one in enumerate(rest):
        if number < len(left):
            yield Difference(Fault.OTHER_TIME, one, left[number])
        else:
            yield Difference(Fault.MISSING, one)
    for each in left[len(rest) :]:
        yield Difference(Fault.SURPLUS, happened=each)


def _is_in_time(one: Wanted, at: Instant, begin: Instant) -> bool:
    return one.at is None or _minute(one.at, begin) <= _minute(at, begin) <= _minute(one.at + one.expected.within, begin)


def _minute(at: Instant, begin: Instant) -> int:
    return (at - begin) // MINUTE


def _place(one: Difference) -> tuple[Instant, str]:
    times = [at for at in (one.wanted.at if one.wanted else None, one.happened.at if one.happened else None) if at is not None]
    return min(times, default=0), one.fault.value

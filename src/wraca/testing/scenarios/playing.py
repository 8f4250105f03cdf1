"""Scenarios played on the real use cases: a throw-away SQLite database and a virtual clock for each."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import CalledProcessError

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys.presets import NoSuchPreset
from wraca.domain.journeys.reading import read_plan
from wraca.testing.databases import migrated_file, new_file, opened
from wraca.testing.scenarios.casting import NoSuchVariant
from wraca.testing.scenarios.comparing import Difference, differences
from wraca.testing.scenarios.doings import CannotHappen, do
from wraca.testing.scenarios.happened import Course, course_of
from wraca.testing.scenarios.moments import BadMoment, instant
from wraca.testing.scenarios.script import Doing, Scenario
from wraca.testing.scenarios.stage import Stage
from wraca.testing.world import DAY, MINUTE

_LONGEST = 400 * DAY  # of virtual time; every journey ends before


class NoWorkshop(RuntimeError):
    """There is no place to play in; the message says what went wrong."""


class Result(msgspec.Struct, frozen=True):
    """A scenario as it went. `problem` says why it could not be played to its end; empty: it was."""

    scenario: Scenario
    journey: str
    begin: Instant
    differences: tuple[Difference, ...] = ()
    course: Course = Course((), (), ())
    problem: str = ""

    @property
    def is_passed(self) -> bool:
        return not self.differences and not self.problem


@contextmanager
def workshop() -> Iterator[Path]:
    """The migrated database that scenarios copy, for a while; making it takes two seconds. Raises NoWorkshop."""
    with tempfile.TemporaryDirectory(prefix="wraca-scenarios-") as folder:
        try:
            template = migrated_file(Path(folder))
        except CalledProcessError as problem:
            last = (problem.stderr or str(problem)).strip().splitlines()[-1]
            raise NoWorkshop(f"No throw-away database could be made in {folder}: {last}") from problem
        yield template


def play_all(
    text: str, scenarios: Sequence[Scenario], template: Path, advance: Callable[[int, int], object] = lambda _done, _all: None
) -> list[Result]:
    """Play each of them for this journey's file. `template` is a migrated SQLite file; `advance` hears how far it is.

    Raises BadPlan.
    """
    journey = read_plan(text).journey
    results = []
    for number, scenario in enumerate(scenarios):
        advance(number, len(scenarios))
        results.append(_played(text, journey, scenario, template))
    return results


def _played(text: str, journey: str, scenario: Scenario, template: Path) -> Result:
    with tempfile.TemporaryDirectory(prefix="wraca-scenario-") as folder, opened(new_file(template, Path(folder))) as database:
        try:
            stage = Stage(database, text, scenario)
        except (NoSuchVariant, NoSuchPreset) as unknown:
            return Result(scenario, journey, 0, problem=str(unknown))
        problem = _let_happen(stage)
        course = course_of(stage)
    if problem:
        return Result(scenario, journey, stage.begin, course=course, problem=problem)
    try:
        found = differences(scenario.expect, course.events, journey, stage.begin, stage.zone)
    except BadMoment as bad:
        return Result(scenario, journey, stage.begin, course=course, problem=str(bad))
    return Result(scenario, journey, stage.begin, found, course)


def _let_happen(stage: Stage) -> str:
    """Play what is given, then let time pass until nothing is left to do; why it could not go on, or nothing."""
    doings: list[tuple[Instant, Doing]] = sorted(
        ((instant(one.at, stage.begin, stage.zone), one) for one in stage.scenario.given), key=lambda pair: pair[0]
    )
    for at, doing in doings:
        if at < stage.begin:
            return f"line {doing.line}: {doing.at} is before the beginning"
        stage.pass_time(minutes=(at - stage.now) / MINUTE)
        try:
            do(stage, doing)
        except CannotHappen as problem:
            return f"line {doing.line}: at {doing.at}, {problem}"
    stage.pass_time(minutes=(stage.begin + _LONGEST - stage.now) / MINUTE)
    return ""

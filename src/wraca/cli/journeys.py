"""`wraca journey`: files in, checked; switched on and off; tried on a virtual clock."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from wraca import clock
from wraca.cli.opening import opened, shop_named
from wraca.cli.speaking import Failed, answer, as_json, out, table_of
from wraca.cli.waiting import progress
from wraca.domain.journeys.presets import preset_names, preset_scenarios, preset_text
from wraca.domain.journeys.reading import read_plan

if TYPE_CHECKING:
    from wraca.testing.scenarios.playing import Result

app = App(name="journey", help="Journeys are files: check them, put them into a shop, switch them on.")


@app.command
def presets(*, json: bool = False) -> None:
    """The ready-made journeys."""
    rows = [{"journey": name, "about": read_plan(preset_text(name)).about} for name in preset_names()]
    table_of(rows, ("journey", "about"), json=json, empty="None are installed.")


@app.command
def validate(file: str, *, json: bool = False) -> None:
    """Check a journey file (or a preset's name) and name every mistake with its line."""
    plan = read_plan(_text(file))
    answer({"journey": plan.journey, "valid": True, "messages": [send.template for send in plan.sends]}, json=json)


@app.command(name="test")
def play_scenarios(
    file: str,
    *,
    scenarios: Path | None = None,
    only: Annotated[str, Parameter(name=["-k", "--only"])] = "",
    json: bool = False,
) -> int:
    """Play the scenarios that stand beside a journey file (or a preset), each in a throw-away shop on a virtual clock.

    No database of yours is opened and nobody gets a message. Exit status 1 where something went otherwise than expected.

    Parameters
    ----------
    scenarios
        Where they are, if not beside the journey: FILE.test.yaml for FILE.yaml. See docs/howto/test-a-journey.md.
    only
        Play the scenarios whose names hold this text.
    """
    from wraca.testing.scenarios.playing import NoWorkshop, play_all, workshop
    from wraca.testing.scenarios.reading import BadScenarios, read_scenarios
    from wraca.testing.scenarios.telling import as_data

    journey = _text(file)
    read_plan(journey)
    try:
        chosen = [one for one in read_scenarios(_scenarios(file, scenarios)) if only.casefold() in one.name.casefold()]
    except BadScenarios as bad:
        raise Failed(f"The scenarios cannot be used:\n{bad}") from bad
    if not chosen:
        raise Failed(f"No scenario is called like {only!r}.")
    try:
        with progress("Playing", quiet=json) as advance, workshop() as template:
            results = play_all(journey, chosen, template, advance)
    except NoWorkshop as problem:
        raise Failed(str(problem)) from problem
    if json:
        as_json([as_data(result) for result in results])
    else:
        _tell(results)
    return 0 if all(result.is_passed for result in results) else 1


def _tell(results: "list[Result]") -> None:
    from wraca.testing.scenarios.telling import told

    for result in results:
        mark = "[green]\N{CHECK MARK}[/]" if result.is_passed else "[bold red]\N{BALLOT X}[/]"
        out.print(mark, end=" ")
        out.print(result.scenario.name, markup=False, highlight=False)
        for line in told(result):
            out.print(f"    {line}", markup=False, highlight=False)
    failed = sum(not result.is_passed for result in results)
    passed = len(results) - failed
    out.print(f"{passed} as expected" + (f", [bold red]{failed} otherwise[/]" if failed else ""), highlight=False)


def _scenarios(file: str, scenarios: Path | None) -> str:
    """The text of the scenarios for this journey."""
    if scenarios is None and file in preset_names():
        return preset_scenarios(file)
    path = scenarios or Path(file).with_suffix(".test.yaml")
    if not path.is_file():
        raise Failed(f"There is no file {path}: write scenarios (docs/howto/test-a-journey.md), or say where: --scenarios FILE.")
    return path.read_text(encoding="utf-8")


@app.command
def put(shop: str, file: str, *, activate: bool = True, json: bool = False) -> None:
    """Put a journey file (or a preset, by name) into a shop as a new version, and switch it on.

    Parameters
    ----------
    activate
        --no-activate leaves it switched off. Carts that began before a journey was switched on never start it.
    """
    with opened():
        from wraca.app.journeys import activate as switch_on
        from wraca.app.journeys import put_journey

        bucket, found = shop_named(shop)
        name, version = put_journey(bucket, found, _text(file), "command line", clock.wall())
        if activate:
            switch_on(bucket, found, name, clock.wall())
        answer({"shop": found, "journey": name, "version": version, "active": activate}, json=json)


@app.command
def pause(shop: str, journey: str, *, json: bool = False) -> None:
    """Start no new runs; those under way go on to their end."""
    with opened():
        from wraca.app.journeys import NoSuchJourney
        from wraca.app.journeys import pause as switch_off

        bucket, found = shop_named(shop)
        try:
            switch_off(bucket, found, journey)
        except NoSuchJourney:
            raise Failed(f"This shop has no journey {journey!r}: `wraca journey show {shop}` lists them.") from None
        answer({"shop": found, "journey": journey, "active": False}, json=json)


@app.command
def show(shop_or_file: str, journey: str = "", *, json: bool = False) -> None:
    """The journeys of a shop; with a name, that journey's file; of a preset or a file, its text."""
    if shop_or_file in preset_names() or Path(shop_or_file).is_file():
        out.print(_text(shop_or_file), markup=False, highlight=False)
        return
    with opened():
        from wraca.storage.models import Journey, JourneyVersion

        bucket, shop = shop_named(shop_or_file)
        if journey:
            newest = JourneyVersion.objects.filter(bucket=bucket, shop_id=shop, name=journey).order_by("-version").first()
            if newest is None:
                raise Failed(f"This shop has no journey {journey!r}.")
            if json:
                answer({"journey": journey, "version": newest.version, "source": newest.source}, json=True)
            else:
                out.print(newest.source, markup=False, highlight=False)
            return
        rows = [
            {"journey": row.name, "version": row.version, "active_since": row.active_since or ""}
            for row in Journey.objects.filter(bucket=bucket, shop_id=shop).order_by("name")
        ]
    table_of(rows, ("journey", "version", "active_since"), json=json, empty="No journey yet: `wraca journey put SHOP standard`.")


def _text(file: str) -> str:
    if file in preset_names():
        return preset_text(file)
    path = Path(file)
    if not path.is_file():
        raise Failed(f"There is no file and no ready-made journey {file!r}; ready-made are: {', '.join(preset_names())}.")
    return path.read_text(encoding="utf-8")

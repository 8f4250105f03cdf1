"""The journeys that come with Wraca, ready to be put into a shop and changed there."""

from importlib.resources import files

from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.reading import read_plan

_FOLDER = files("wraca.domain.journeys").joinpath("presets")
_SCENARIOS = ".test.yaml"  # what a journey is tested with stands beside it


class NoSuchPreset(LookupError):
    """No journey of this name comes with Wraca; the message names those that do."""


def preset_names() -> tuple[str, ...]:
    """The names of all presets, in alphabetical order."""
    files_there = [entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml")]
    return tuple(sorted(name.removesuffix(".yaml") for name in files_there if not name.endswith(_SCENARIOS)))


def preset_text(name: str) -> str:
    """The file, with its comments. Raises NoSuchPreset."""
    if name not in preset_names():
        raise NoSuchPreset(f"there is no preset `{name}`; there are {', '.join(preset_names())}")
    return _FOLDER.joinpath(f"{name}.yaml").read_text("utf-8")


def preset_scenarios(name: str) -> str:
    """The scenarios that ship with it (see docs/howto/test-a-journey.md). Raises NoSuchPreset."""
    if name not in preset_names():
        raise NoSuchPreset(f"there is no preset `{name}`; there are {', '.join(preset_names())}")
    return _FOLDER.joinpath(name + _SCENARIOS).read_text("utf-8")


def preset(name: str) -> Plan:
    """The checked plan of this preset. Raises NoSuchPreset."""
    return read_plan(preset_text(name))

"""The built-in panels: `templates/<name>/<language>.yaml`."""

from functools import cache
from pathlib import Path

import msgspec
import yaml

from wraca.domain.panels import LANGUAGES, Panel
from wraca.domain.placements import PlacementKind, Rules
from wraca.ports.channel import TemplateProblem

ROOT = Path(__file__).parent / "templates"
TEMPLATES = tuple(sorted(folder.name for folder in ROOT.iterdir() if (folder / "en.yaml").is_file()))


@cache
def built_in(template: str, language: str) -> Panel:
    """The panel of this name, in English where we have no other words. Raises TemplateProblem if unknown."""
    if template not in TEMPLATES:
        raise TemplateProblem(f"there is no panel called {template!r}; the built-in ones are {', '.join(TEMPLATES)}")
    known = language if language in LANGUAGES else "en"
    said = yaml.safe_load((ROOT / template / f"{known}.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(said, Panel)


class Ready(msgspec.Struct, frozen=True):
    """A placement to begin with; `ready/<name>.yaml`."""

    kind: PlacementKind
    rules: Rules
    panels: dict[str, Panel]


@cache
def ready_made() -> dict[str, Ready]:
    """What a shop can place at once, by name."""
    files = sorted((Path(__file__).parent / "ready").glob("*.yaml"))
    return {file.stem: msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), Ready) for file in files}


@cache
def style_sheet() -> str:
    """The visitors' own style sheet, for previews: from the checkout, or from the installed package."""
    here = Path(__file__)
    places = (here.parents[4] / "storefront" / "popup.css", here.parents[2] / "storefront" / "popup.css")
    return next((place.read_text(encoding="utf-8") for place in places if place.exists()), "")

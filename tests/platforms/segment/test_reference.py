"""The reference says what the code reads."""

from pathlib import Path

import pytest

from wraca.platforms.segment import NAMES
from wraca.platforms.segment.meanings import CONSENTS, MEANINGS
from wraca.platforms.segment.people import SHORTHANDS

REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "events.md").read_text()


@pytest.mark.parametrize("name", [*MEANINGS, *CONSENTS, *NAMES.values(), *SHORTHANDS])
def test_the_reference_names(name: str) -> None:
    assert f"`{name}`" in REFERENCE

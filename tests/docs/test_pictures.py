"""Every ready-made message has been looked at: its picture is in the docs, and the reference shows it."""

from pathlib import Path

import pytest

from wraca.channels.email.library import TEMPLATES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_its_picture(template: str) -> None:
    assert (DOCS / "img" / "templates" / f"{template}.jpg").stat().st_size > 20_000
    assert f"../img/templates/{template}.jpg" in (DOCS / "reference" / "templates.md").read_text(encoding="utf-8")


def test_no_picture_is_left_of_a_template_that_is_gone() -> None:
    assert {path.stem for path in (DOCS / "img" / "templates").iterdir()} == set(TEMPLATES)

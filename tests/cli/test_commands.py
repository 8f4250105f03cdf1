"""Commands as a whole: they are documented, they speak JSON, and they end as they say."""

from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Command
from wraca.cli import reference
from wraca.settings import MEANING, Settings


@pytest.mark.parametrize("page", sorted(reference.PAGES))
def test_the_reference_says_what_the_code_does(page: str) -> None:
    written = (reference.DIRECTORY / page).read_text(encoding="utf-8")

    assert written == reference.PAGES[page](), "run `python -m wraca.cli.reference` and commit what it writes"


def test_every_setting_has_a_meaning() -> None:
    assert list(MEANING) == [field.name for field in msgspec.structs.fields(Settings)]


def test_every_command_that_answers_can_answer_in_json() -> None:
    running = {"serve", "web", "work", "demo"}  # these run until they are stopped
    silent = [name for name, text in _commands() if "--json" not in text and name.removeprefix("wraca ") not in running]

    assert silent == []


def _commands() -> list[tuple[str, str]]:
    parts = reference.commands().split("\n## ")[1:]
    leaves = [part if part.startswith("wraca ") else "" for whole in parts for part in whole.split("\n### ")]
    return [(leaf.split("\n")[0], leaf) for leaf in leaves if "```console" in leaf]


def test_a_command_that_is_not_there_is_asked_for_wrongly(wraca: Command) -> None:
    said = wraca("remind", "everybody")

    assert said.status == 2
    assert "wraca --help" in said.err


def test_a_shop_that_is_not_there_is_told(wraca: Command) -> None:
    for words in (("person", "show", "Nowhere", "a@mail.example"), ("journey", "show", "Nowhere")):
        said = wraca(*words)
        assert (said.status, "There is no shop 'Nowhere'" in said.err) == (1, True)


@pytest.mark.slow
def test_an_operators_first_hour(program: Command, tmp_path: Path) -> None:
    """The installed program, step by step, as somebody types it."""
    made = program("shop", "create", "Plimsolls", "--domain", "plimsolls.example", "--country", "PL", "--json")
    assert made.status == 0, made.err
    shop = made.json["shop"]
    people = tmp_path / "people.csv"
    people.write_text("email,consent,consent_source,consent_at\nanna@mail.example,true,form,2025-01-01\n")

    assert program("import", str(people), "--shop", "Plimsolls", "--format", "contacts-csv", "--json").json["taken"] == 1
    assert program("person", "show", "plimsolls.example", "anna@mail.example", "--json").json["may_be_mailed"] is True
    assert program("doctor", "--json").status == 1  # nothing is connected yet
    backup = program("backup", "saved.wraca", "--json")
    assert (backup.status, backup.json["shops"]) == (0, 1)
    erased = program("person", "erase", shop, "anna@mail.example", "--yes", "--json")
    assert (erased.status, erased.json["found"]) == (0, True)


def test_the_version_is_told(wraca: Command) -> None:
    said = wraca("--version")

    assert (said.status, said.out.strip()) == (0, version("wraca"))

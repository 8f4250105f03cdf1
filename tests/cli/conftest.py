"""Commands as they are typed: in this process for many, as a program of their own for a few."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wraca.settings import MEANING
from wraca.testing.databases import TEST_SECRET


class Said(msgspec.Struct, frozen=True):
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  (whatever the command answers)
        return msgspec.json.decode(self.out)


Command = Callable[..., Said]


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The settings of an installation on this test's database, and of nothing else around us."""
    for name in MEANING:
        monkeypatch.delenv(f"WRACA_{name.upper()}", raising=False)
    chosen = {"WRACA_DATABASE_URL": database_url, "WRACA_SECRET_KEY": TEST_SECRET}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    point_django_at(database_url)
    yield chosen
    from django.db import connections

    connections.close_all()


def point_django_at(url: str) -> None:
    """Django is set up once per process; its connection is exchanged for each test."""
    from wraca import settings
    from wraca.bootstrap import configure_django
    from wraca.storage import django_settings

    configure_django(settings.load())
    from django.db import connections

    connections.close_all()
    django_settings._settings = settings.load()
    configured = connections.configure_settings({"default": django_settings._database()})
    connections.settings["default"] = configured["default"]
    with suppress(AttributeError):
        del connections["default"]


@pytest.fixture
def wraca(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Command:
    """`wraca("shop", "list")` in this process."""
    from wraca.cli import main

    def run(*words: str) -> Said:
        capsys.readouterr()
        try:
            main([str(word) for word in words])
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        spoken = capsys.readouterr()
        return Said(status, spoken.out, spoken.err)

    return run


@pytest.fixture
def program(environment: dict[str, str], tmp_path: Path) -> Command:
    """The installed program `wraca`, as an operator starts it."""
    executable = Path(sys.executable).with_name("wraca")

    def run(*words: str, **changed: str) -> Said:
        done = subprocess.run(
            [executable, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | environment | changed,
            cwd=tmp_path,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def shop(wraca: Command) -> str:
    """The id of a shop made by its command."""
    made = wraca("shop", "create", "Plimsolls", "--domain", "plimsolls.example", "--country", "PL", "--currency", "PLN", "--json")
    assert made.status == 0, made.err
    return str(made.json["shop"])

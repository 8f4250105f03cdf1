"""Django for these tests, pointed at a database of their own; and one played month that all of them look at."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wraca.testing.databases import TEST_SECRET, new_file, new_postgres, opened

os.environ.setdefault("WRACA_DATABASE_URL", "sqlite:////tmp/never-opened-by-wraca-tests.db")
os.environ.setdefault("WRACA_SECRET_KEY", TEST_SECRET)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wraca.storage.django_settings")

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.test import Client  # noqa: E402

from tests.console import seeding  # noqa: E402
from tests.console.browsing import chromium, played, site  # noqa: E402, F401 -- fixtures
from tests.console.pointing import point_django_at  # noqa: E402
from wraca.bootstrap import installed_channels  # noqa: E402
from wraca.testing.postgres import Cluster  # noqa: E402


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[seeding.Scene]:
    """The played month on this engine; a module's tests share it and leave each other's rows alone."""
    if request.param == "sqlite":
        url = new_file(migrated, tmp_path_factory.mktemp("console"))
        yield from _played(url)
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        url = new_postgres(cluster)
        yield from _played(url)
        cluster.drop_database(url)


def _played(url: str) -> Iterator[seeding.Scene]:
    with point_django_at(url), opened(url) as database, closing(installed_channels()["email"]) as email:
        yield seeding.build(database, email)


@pytest.fixture(autouse=True)
def _fresh_throttles() -> None:
    cache.clear()


@pytest.fixture
def browser() -> Client:
    """A browser that nobody has signed in with."""
    return Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=False)


@pytest.fixture
def owner(scene: seeding.Scene, browser: Client) -> Client:
    """The owner's browser."""
    browser.force_login(scene.owner)
    return browser

"""What every test stands on: an odd local time zone, hypothesis profiles, a private PostgreSQL."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from wraca.storage.database import PostgresDatabase, SqliteDatabase
from wraca.testing.databases import migrated_file, new_file, new_postgres, opened
from wraca.testing.postgres import Cluster, shared_cluster

# Far from UTC and not a whole hour: code that leans on the machine's zone fails here, not at a merchant's.
ODD_ZONE = "Asia/Kathmandu"
os.environ["TZ"] = ODD_ZONE
time.tzset()

# "ci" is what `make test` runs; "nightly" looks longer: HYPOTHESIS_PROFILE=nightly make test
_SLOW_MACHINES = [HealthCheck.too_slow]
settings.register_profile("ci", max_examples=50, deadline=None, print_blob=True, suppress_health_check=_SLOW_MACHINES)
settings.register_profile("nightly", max_examples=2_000, deadline=None, print_blob=True, suppress_health_check=_SLOW_MACHINES)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Long tests first: begun last, one of them would keep a single core busy at the end.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def _as_it_was() -> None:
    """Django moves the process to its own zone, commands set up logs: each test begins as if it were the first."""
    if os.environ.get("TZ") != ODD_ZONE:
        os.environ["TZ"] = ODD_ZONE
        time.tzset()
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Cluster:
    """One server for the whole run, shared by the xdist workers; it ends when the run ends. Durability is off."""
    if run := os.environ.get("PYTEST_XDIST_TESTRUNUID"):
        return shared_cluster(run, owner=os.getppid())
    return shared_cluster(f"alone-{os.getpid()}", owner=os.getpid())


@pytest.fixture(scope="session")
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """An empty PostgreSQL database for this worker, for the whole run."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy; one for all workers of a run."""
    own = tmp_path_factory.getbasetemp()
    return migrated_file(own.parent if os.environ.get("PYTEST_XDIST_TESTRUNUID") else own)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated database for this test; the test runs once on each engine."""
    if request.param == "sqlite":
        yield new_file(request.getfixturevalue("migrated"), request.getfixturevalue("tmp_path"))
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = new_postgres(cluster)
    yield url
    cluster.drop_database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[SqliteDatabase | PostgresDatabase]:
    """The same database, open."""
    with opened(database_url) as database:
        yield database

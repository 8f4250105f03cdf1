"""The private PostgreSQL of the tests: quick, ours alone, and gone afterwards."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wraca.testing.postgres import Cluster, NoPostgres, find_binaries, private_cluster

OWNER = """
import sys
from wraca.testing.postgres import private_cluster

with private_cluster() as cluster:
    print(cluster.directory, cluster.postmaster(), flush=True)
    sys.stdin.read()
"""


def test_every_database_is_a_fresh_copy_of_its_template(postgres: Cluster) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("create table carts (id int)")

    name = postgres.template("copied_in_a_test", prepare)
    assert postgres.template("copied_in_a_test", prepare) == name

    first, second = postgres.new_database(name), postgres.new_database(name)
    with psycopg.connect(first) as one, psycopg.connect(second) as two:
        one.execute("insert into carts values (1)")
        assert one.execute("select count(*) from carts").fetchone() == (1,)
        assert two.execute("select count(*) from carts").fetchone() == (0,)
    postgres.drop_database(first)
    postgres.drop_database(second)
    assert len(prepared) == 1


def test_a_template_that_failed_half_way_is_made_again(postgres: Cluster) -> None:
    def fail(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("create table carts (id int)")
        raise ValueError("migration 7 is broken")

    def prepare(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("create table carts (id int, value int)")

    with pytest.raises(ValueError, match="migration 7"):
        postgres.template("made_again_in_a_test", fail)
    url = postgres.new_database(postgres.template("made_again_in_a_test", prepare))
    with psycopg.connect(url) as connection:
        assert connection.execute("select value from carts").fetchall() == []


def test_dropping_a_database_puts_out_who_is_still_connected(postgres: Cluster) -> None:
    url = postgres.new_database()
    left_open = psycopg.connect(url)
    postgres.drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("select 1")
    left_open.close()


def test_a_stranger_without_the_password_is_refused(postgres: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url().replace(postgres.password, "guess"))


@pytest.mark.slow
def test_a_durable_server_writes_to_disk_and_leaves_nothing_behind() -> None:
    with private_cluster(durable=True, options={"work_mem": "8MB"}) as cluster:
        with psycopg.connect(cluster.url()) as connection:
            assert connection.execute("show fsync").fetchone() == ("on",)
            assert connection.execute("show work_mem").fetchone() == ("8MB",)
        assert Path(cluster.directory).exists()
    assert not Path(cluster.directory).exists()


@pytest.mark.slow
def test_the_server_goes_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    directory, postmaster = owner.stdout.readline().split()
    owner.kill()
    owner.communicate()

    assert _soon(lambda: not Path(directory).exists() and not Path(f"/proc/{postmaster}").exists())


def test_missing_programs_are_named_with_the_package_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(NoPostgres, match="apt-get install postgresql"):
        find_binaries()


def _soon(happened: Callable[[], bool]) -> bool:
    """Whether it happens within 15 seconds of real time: real processes need some."""
    deadline = time.monotonic() + 15
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True

"""A backup is one file; what comes back from it is complete, and silent until somebody says so."""

import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event as Flag

import msgspec
import pytest

from tests.cli.conftest import Command, point_django_at
from wraca.app.intake import Idle, take_in
from wraca.bootstrap import Wraca
from wraca.domain.events import CartReplaced, Consent, Event, Identity, IdentityKind, Line, Other
from wraca.domain.ids import EventId, ShopId, bucket_of, derived_id
from wraca.settings import load
from wraca.storage.database import Database, open_database
from wraca.testing.postgres import Cluster

NOW = 1_767_607_200_000


@pytest.fixture
def saved(wraca: Command, shop: str, database: Database, tmp_path: Path) -> Path:
    """A backup of an installation with one shop and a hundred people."""
    here = ShopId(shop)
    events = [
        Event(EventId(derived_id("event", str(n))), "Seen", NOW + n, NOW + n, Other(), (Identity(IdentityKind.USER, str(n)),))
        for n in range(100)
    ]
    take_in(database, bucket_of(here), [(here, events)], NOW, lambda _: Idle())
    file = tmp_path / "saved.wraca"
    said = wraca("backup", str(file), "--json")
    assert said.status == 0, said.err
    assert said.json["shops"] == 1
    return file


@pytest.fixture
def empty_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A second database of the same engine, without a table in it."""
    if database_url.startswith("sqlite:"):
        yield f"sqlite:///{tmp_path}/second/wraca.db"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.new_database()
    yield url
    cluster.drop_database(url)


@pytest.fixture
def elsewhere(empty_url: str, saved: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A clean machine: from here on commands work on the empty database."""
    monkeypatch.setenv("WRACA_DATABASE_URL", empty_url)
    point_django_at(empty_url)
    return empty_url


def manifest_of(file: Path) -> dict[str, object]:
    with zipfile.ZipFile(file) as archive:
        return msgspec.json.decode(archive.read("manifest.json"), type=dict[str, object])


def test_a_backup_comes_back_complete_and_paused(wraca: Command, saved: Path, elsewhere: str) -> None:
    said = wraca("restore", str(saved), "--json")

    assert said.status == 0, said.err
    assert (said.json["epoch"], said.json["paused"], said.json["shops"]) == (2, True, 1)
    from wraca.storage.models import EventRow, Installation, Person

    assert (Person.objects.count(), EventRow.objects.count()) == (100, 100)
    installation = Installation.objects.get()
    assert installation.epoch == 2
    assert "wraca resume" in installation.paused_reason


def test_a_clone_that_is_started_by_mistake_sends_nothing(
    wraca: Command, shop: str, database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    wraca("journey", "put", shop, "standard", "--json")
    _leave_a_due_message(database, ShopId(shop))
    wraca("backup", str(tmp_path / "clone.wraca"), "--json")
    empty, monkeypatch = request.getfixturevalue("empty_url"), request.getfixturevalue("monkeypatch")
    monkeypatch.setenv("WRACA_DATABASE_URL", empty)
    point_django_at(empty)
    restored = wraca("restore", str(tmp_path / "clone.wraca"), "--json")
    assert restored.status == 0, restored.err

    clone = Wraca(load(), now=lambda: NOW + 1000)
    assert clone.sender().send_due(bucket_of(ShopId(shop)), NOW + 1000) == 1
    clone.close()

    from wraca.storage.models import OutboxRow

    row = OutboxRow.objects.get()
    assert (row.state, row.attempts) == ("held", 0)
    assert "paused" in row.reasons


def _leave_a_due_message(database: Database, shop: ShopId) -> None:
    from wraca.storage.fields import to_datetime
    from wraca.storage.models import CartRow, OutboxRow, RunRow

    cart = CartReplaced((Line("p", 1, 4999, "Plimsolls", trusted=True),), "c", "PLN")
    who = (Identity(IdentityKind.EMAIL, "anna@mail.example"),)
    event = Event(EventId(derived_id("cart")), "Cart Updated", NOW, NOW, cart, who, consents=(Consent("email", given=True),))
    take_in(database, bucket_of(shop), [(shop, [event])], NOW, lambda _: Idle())
    left, at = CartRow.objects.get(), to_datetime(NOW)
    about = {"bucket": left.bucket, "shop_id": shop, "person_id": left.person_id, "cart_id": left.id, "journey": "standard"}
    RunRow.objects.create(**about, id=derived_id("run"), version=1, at="first", entered_at=at, started_at=at)
    message = {"run_id": derived_id("run"), "step": "first", "channel": "email", "id": derived_id("message"), "template": "first"}
    deadline = to_datetime(NOW + 86_400_000)
    OutboxRow.objects.create(**about, **message, state="planned", planned_at=at, due_at=NOW, deadline_at=deadline)


def test_a_restored_installation_lives_on(wraca: Command, saved: Path, elsewhere: str, tmp_path: Path) -> None:
    wraca("restore", str(saved), "--json")

    assert wraca("resume", "--json").json["was_paused_because"].startswith("restored from a backup")
    assert wraca("shop", "list", "--json").json[0]["name"] == "Plimsolls"
    shop = ShopId(wraca("shop", "list", "--json").json[0]["shop"])
    database = open_database(elsewhere)
    event = Event(EventId(derived_id("new")), "Seen", NOW, NOW, Other(), (Identity(IdentityKind.USER, "new"),))
    assert take_in(database, bucket_of(shop), [(shop, [event])], NOW, lambda _: Idle()) == [0]
    database.close()
    again = tmp_path / "again.wraca"
    assert wraca("backup", str(again), "--json").status == 0
    assert manifest_of(again)["epoch"] == 2


def test_a_backup_names_what_it_holds_and_not_the_key(saved: Path) -> None:
    manifest = manifest_of(saved)

    assert manifest["format"] == "wraca-backup/1"
    assert manifest["counts"]["person"] == 100  # type: ignore[index]
    assert len(str(manifest["key_hint"])) == 12
    assert saved.stat().st_mode & 0o077 == 0


def test_a_database_in_use_is_never_overwritten(wraca: Command, saved: Path) -> None:
    said = wraca("restore", str(saved), "--json")

    assert said.status == 1
    assert "Restore into an empty one" in said.err
    from wraca.storage.models import Installation

    assert not Installation.objects.exclude(paused_reason="").exists()


def test_a_restore_under_another_key_is_refused_unless_wanted(
    wraca: Command, saved: Path, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRACA_SECRET_KEY", "another-secret-for-tests-0123456789")

    refused = wraca("restore", str(saved), "--json")
    wanted = wraca("restore", str(saved), "--accept-other-key", "--json")

    assert (refused.status, wanted.status) == (1, 0)
    assert "WRACA_SECRET_KEY is not the one" in refused.err


def test_a_damaged_backup_is_refused(wraca: Command, saved: Path, elsewhere: str, tmp_path: Path) -> None:
    broken, cut = tmp_path / "broken.wraca", tmp_path / "cut.wraca"
    cut.write_bytes(saved.read_bytes()[:-200])
    with zipfile.ZipFile(saved) as whole, zipfile.ZipFile(broken, "w") as out:
        for name in whole.namelist():
            out.writestr(name, whole.read(name) if name == "manifest.json" else whole.read(name)[:-1] + b"x")

    said = [wraca("restore", str(file), "--json") for file in (broken, cut, tmp_path / "nowhere.wraca")]

    assert [each.status for each in said] == [1, 1, 1]
    assert "not the one that was saved" in said[0].err or "damaged:" in said[0].err
    assert "not a backup of Wraca, or it is damaged" in said[1].err
    assert "There is no file" in said[2].err


def test_a_backup_made_while_events_come_in_is_one_moment_of_the_whole(
    wraca: Command, shop: str, database: Database, tmp_path: Path
) -> None:
    here, stop = ShopId(shop), Flag()

    def keep_coming() -> None:
        for n in count():
            if stop.is_set():
                return
            event = Event(
                EventId(derived_id("more", str(n))), "Seen", NOW, NOW, Other(), (Identity(IdentityKind.USER, f"more-{n}"),)
            )
            take_in(database, bucket_of(here), [(here, [event])], NOW, lambda _: Idle())

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(keep_coming)
        said = [wraca("backup", str(tmp_path / f"{n}.wraca"), "--json") for n in range(3)]
        stop.set()
        coming.result()

    assert [each.status for each in said] == [0, 0, 0]
    counts = [manifest_of(tmp_path / f"{n}.wraca")["counts"] for n in range(3)]
    assert all(each["person"] == each["identity"] == each["event"] for each in counts)  # type: ignore[index]


def test_a_backup_never_overwrites_a_file(wraca: Command, saved: Path) -> None:
    before = saved.read_bytes()

    said = wraca("backup", str(saved))

    assert (said.status, saved.read_bytes() == before) == (1, True)


def test_pause_and_resume_say_what_they_did(wraca: Command, environment: dict[str, str]) -> None:
    assert wraca("pause", "a bad template", "--json").json == {"paused": True, "reason": "a bad template"}
    assert wraca("resume", "--json").json == {"paused": False, "was_paused_because": "a bad template"}
    assert wraca("resume", "--json").json["was_paused_because"] == ""

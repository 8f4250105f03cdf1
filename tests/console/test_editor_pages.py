"""The editor with plain forms alone: every edit is a POST, nothing is saved before somebody says so, nothing is lost on the way."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client

from tests.console.seeding import Scene, member
from wraca.console.roles import Role
from wraca.domain.journeys.presets import preset_text
from wraca.domain.journeys.reading import read_plan
from wraca.storage.models import Audit, Journey, JourneyVersion

STANDARD = preset_text("standard")


class Editor:
    """One browser at one journey's editor."""

    def __init__(self, browser: Client, scene: Scene, name: str) -> None:
        self.browser = browser
        self.address = f"/console/{scene.shop}/journeys/{name}/edit/"

    def page(self, query: str = "") -> str:
        answer = self.browser.get(f"{self.address}{query}")
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def turn(self) -> str:
        found = re.search(r'data-turn="(\d+)"', self.page())
        assert found
        return found[1]

    def act(self, act: str, at: str = "", **said: str) -> str:
        """One edit; where the browser is sent then."""
        answer = self.browser.post(self.address, {"act": act, "at": at, "turn": self.turn(), **said})
        assert answer.status_code == 302, answer.content.decode()[:500]
        return str(answer["Location"])

    def titles(self) -> list[str]:
        return re.findall(r'class="pick title"[^>]*>([^<]*)<', self.page())


def new(browser: Client, scene: Scene, name: str, begin: str = "preset:standard") -> Editor:
    answer = browser.post(f"/console/{scene.shop}/journeys/new/", {"name": name, "begin": begin})
    assert answer["Location"].endswith(f"/{name}/edit/")
    return Editor(browser, scene, name)


def versions(scene: Scene, name: str) -> list[JourneyVersion]:
    return list(JourneyVersion.objects.filter(shop_id=scene.shop, name=name).order_by("version"))


def test_a_journey_is_made_from_a_ready_made_one_and_exists_when_it_is_saved(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "made")
    assert versions(scene, "made") == []
    before = editor.titles()
    place = editor.act("insert", "steps.1", kind="wait")
    assert place.endswith("?at=steps.1")
    editor.act("change", "steps.1", **{"wait:key": "length", "wait": "5", "wait:unit": "h"})
    assert editor.titles() == [*before[:2], "Wait 5 hours", *before[2:]]
    editor.act("up", "steps.1")
    editor.act("save")
    (saved,) = versions(scene, "made")
    assert saved.author == "owner@kawa.example"
    assert saved.source.index("wait: 5h") < saved.source.index("wait: 60m")
    assert Journey.objects.get(shop_id=scene.shop, name="made").active_since is None
    assert Audit.objects.filter(shop_id=scene.shop, what="journey.saved", body__journey="made").exists()


def test_undo_survives_a_reload_and_goes_back_to_the_beginning(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "undone")
    before = editor.titles()
    editor.act("remove", "steps.1")
    editor.act("duplicate", "steps.0")
    assert editor.titles() != before
    editor.act("undo")
    editor.act("undo")
    assert editor.titles() == before
    editor.act("redo")
    assert len(editor.titles()) == len(before) - 1


def test_a_draft_with_faults_is_kept_marked_and_not_saved(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "faulty")
    editor.act("insert", "steps.2", kind="branch")
    page = editor.page("?at=steps.2")
    assert "2 things to mend" in page
    assert page.count("There is nothing here yet: add at least one step.") >= 4  # in the list, at each way, at each field
    editor.act("save")
    assert versions(scene, "faulty") == []
    assert "Not saved: there is still something to mend." in editor.page()


def test_a_page_that_is_out_of_date_changes_nothing(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "two-windows")
    turn = editor.turn()
    editor.act("remove", "steps.0")
    left = editor.titles()
    owner.post(editor.address, {"act": "remove", "at": "steps.0", "turn": turn})
    assert "changed in another window" in editor.page()
    assert editor.titles() == left


def test_whoever_saved_meanwhile_is_not_overwritten_in_silence(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "raced")
    editor.act("save")
    editor.act("remove", "steps.2")
    other = versions(scene, "raced")[0].source.replace("60m", "2h")
    owner.post(f"/console/{scene.shop}/journeys/raced/code/", {"source": other})
    editor.act("save")
    assert len(versions(scene, "raced")) == 2
    assert 'name="over" value="2"' in editor.page()
    editor.act("save", over="2")
    assert len(versions(scene, "raced")) == 3


def test_places_that_are_not_there_are_refused_kindly(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "nowhere")
    before = editor.titles()
    for act, at, more in (
        ("remove", "steps.99", {}), ("move", "steps.0", {"to": "about"}), ("insert", "steps.0", {"kind": "rm -rf"}),
        ("insert", "x.y", {"kind": "wait"}), ("explode", "steps.0", {}), ("add_arm", "steps.0", {}),
        ("drop_arm:branch.9", "steps.0", {}), ("remove", "../../", {}), ("move", "steps.0", {}),
    ):  # fmt: skip
        editor.act(act, at, **more)
    assert editor.titles() == before
    for query in ("?at=steps.99", "?add=steps.99", "?at=%00", "?add=journey"):
        assert owner.get(f"{editor.address}{query}").status_code == 302
    assert owner.get(f"/console/{scene.shop}/journeys/never-was/edit/").status_code == 404


def test_what_a_draft_says_runs_nothing_on_the_page(scene: Scene, owner: Client) -> None:
    editor = new(owner, scene, "hostile")
    editor.act("insert", "steps.1", kind="notify_team")
    editor.act("change", "steps.1", notify_team='"><script>alert(1)</script>')
    page = editor.page("?at=steps.1")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def bring(owner: Client, scene: Scene, **said: object) -> HttpResponseBase:
    return owner.post(f"/console/{scene.shop}/journeys/import/", said)


def test_a_file_is_brought_in_with_its_comments_once_it_is_right(scene: Scene, owner: Client) -> None:
    text = STANDARD.replace("journey: standard", "journey: brought")
    address = f"/console/{scene.shop}/journeys/import/"
    broken = owner.post(address, {"source": text.replace("wait: 60m", "wate: 60m")})
    assert broken.status_code == 422
    assert 'data-line="' in broken.content.decode()
    assert versions(scene, "brought") == []

    upload = SimpleUploadedFile("brought.yaml", text.encode())
    assert bring(owner, scene, file=upload).status_code == 302
    assert [version.source for version in versions(scene, "brought")] == [text]

    newer = text.replace("60m", "90m")
    asked = owner.post(address, {"source": newer})
    assert "becomes its next version" in asked.content.decode()
    assert len(versions(scene, "brought")) == 1
    assert bring(owner, scene, source=newer, over="1").status_code == 302
    assert len(versions(scene, "brought")) == 2


def test_a_file_that_is_no_text_is_refused(scene: Scene, owner: Client) -> None:
    assert bring(owner, scene, file=SimpleUploadedFile("x.yaml", bytes(range(256)) * 1000)).status_code == 422


def test_a_file_goes_out_as_it_was_saved(scene: Scene, owner: Client) -> None:
    answer = owner.get(f"/console/{scene.shop}/journeys/reaction-series/file/")
    assert answer.content.decode() == versions(scene, "reaction-series")[-1].source
    assert answer["Content-Disposition"] == 'attachment; filename="reaction-series-1.yaml"'
    assert owner.get(f"/console/{scene.shop}/journeys/reaction-series/file/?version=77").status_code == 404


def test_two_versions_are_compared_and_runs_are_moved(scene: Scene, owner: Client) -> None:
    scene.world.leaves_cart("mover", 55_500)
    scene.world.pass_time(hours=2)
    editor = Editor(owner, scene, "reaction-series")
    editor.act("insert", "steps.2", kind="notify_team")
    editor.act("change", "steps.2", notify_team="One more is through")
    editor.act("save")
    page = owner.get(f"/console/{scene.shop}/journeys/reaction-series/compare/").content.decode()
    assert "One more is through" in page
    assert "Tell the team" in page
    address = f"/console/{scene.shop}/journeys/reaction-series/migrate/"
    page = owner.get(address).content.decode()
    assert "can go" in page
    assert owner.post(address).status_code == 302
    assert "went over to version 2" in owner.get(address).content.decode()
    assert "Everybody is on the newest version" in owner.get(address).content.decode()
    assert Audit.objects.filter(shop_id=scene.shop, what="journey.migrated").exists()


def test_the_last_look_tells_what_will_happen(scene: Scene, owner: Client) -> None:
    page = owner.get(f"/console/{scene.shop}/journeys/standard/start/").content.decode()
    assert "1 hour after the cart was used last, at the earliest" in page
    assert f"/console/{scene.shop}/journeys/standard/try/" in page
    early = STANDARD.replace("journey: standard", "journey: early").replace("60m", "30m").replace("holdout: 10%", "holdout: 0%")
    bring(owner, scene, source=early)
    assert "Reminders within the first hour" in owner.get(f"/console/{scene.shop}/journeys/early/start/").content.decode()


def test_only_who_may_change_journeys_comes_in(scene: Scene, browser: Client) -> None:
    browser.force_login(member(scene.world, f"analyst-{id(scene)}@kawa.example", Role.ANALYST))
    for page in (
        "new/",
        "import/",
        "reaction-series/edit/",
        "reaction-series/migrate/",
        "reaction-series/start/",
        "reaction-series/file/",
    ):
        assert browser.get(f"/console/{scene.shop}/journeys/{page}").status_code == 403
    assert browser.get(f"/console/{scene.shop}/journeys/reaction-series/compare/").status_code == 200


def test_a_new_journey_needs_a_name_that_is_free(scene: Scene, owner: Client) -> None:
    for name in ("", "Standard", "standard", "new", "x y", "ż"):
        answer = owner.post(f"/console/{scene.shop}/journeys/new/", {"name": name, "begin": ""})
        assert answer.status_code == 422, name
    assert read_plan(STANDARD).journey == "standard"

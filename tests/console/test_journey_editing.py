"""A merchant changes times and words by plain forms; the file keeps its comments, and a broken one is never saved."""

import re
import time

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.console.seeding import Scene
from wraca.console import timing
from wraca.console.editing.tree import Node, tree
from wraca.domain.journeys.durations import HOUR, MINUTE
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.domain.journeys.reading import read_plan
from wraca.storage.fields import to_datetime
from wraca.storage.models import CartRow, EventRow, Journey, JourneyVersion, OutboxRow, Rehearsal, RunRow

SERIES = preset_text("reaction-series")


def test_every_time_of_a_journey_is_a_knob() -> None:
    names = [knob.name for knob in timing.knobs(read_plan(SERIES))]
    assert len(names) == len(set(names))
    assert {"idle", "idle_at_payment", "min_gap", "reentry", "holdout", "wait:0", "wait:1.b0.1"} <= set(names)
    assert sum(name.startswith("after:") for name in names) == 3


@pytest.mark.parametrize("name", preset_names())
def test_nothing_turned_leaves_the_file_alone(name: str) -> None:
    assert timing.turned(preset_text(name), read_plan(preset_text(name)), {}) == preset_text(name)


def test_a_turned_time_moves_nothing_else() -> None:
    text = timing.turned(SERIES, read_plan(SERIES), {"wait:1.b0.1": 36 * HOUR, "min_gap": 12 * HOUR})
    assert read_plan(text).min_gap == 12 * HOUR
    assert [line for line in text.splitlines() if line not in SERIES.splitlines()] == ["min_gap: 12h", "          - wait: 36h"]
    assert text.count("#") == SERIES.count("#")


@given(st.data())
def test_any_times_can_be_turned_and_are_read_back(data: st.DataObject) -> None:
    plan = read_plan(SERIES)
    chosen = {
        knob.name: data.draw(
            st.integers(0, 50) if knob.kind == "percent" else st.integers(1, 80 * 24 * 60).map(lambda n: n * MINUTE)
        )
        for knob in timing.knobs(plan)
        if data.draw(st.booleans())
    }
    turned = read_plan(timing.turned(SERIES, plan, chosen))
    assert {knob.name: knob.value for knob in timing.knobs(turned)} == {
        knob.name: chosen.get(knob.name, knob.value) for knob in timing.knobs(plan)
    }


def test_the_tree_shows_every_message() -> None:
    def sends(nodes: tuple[Node, ...]) -> list[str]:
        return [
            name
            for node in nodes
            for name in ([node.step] if node.kind == "send" else [s for way in node.ways for s in sends(way.nodes)])
        ]

    plan: Plan = read_plan(SERIES)
    assert sends(tree(plan, {})) == [str(send.id) for send in plan.sends] or set(sends(tree(plan, {}))) == {
        str(send.id) for send in plan.sends
    }


def filled(page: str) -> dict[str, str]:
    """The values of the page's own form, as a browser would send them."""
    form = page.partition('class="card times"')[2]
    values = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)) | {
        name: value for value, name in re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="([^"]+)"', form)
    }
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]+)" selected', options)
        assert chosen
        values[name] = chosen[1]
    return {name: value for name, value in values.items() if name != "csrfmiddlewaretoken"}


def test_a_new_time_becomes_a_new_version(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/journeys/standard/times/"
    said = filled(owner.get(address).content.decode())
    before = Journey.objects.get(shop_id=scene.shop, name="standard").version
    assert owner.post(address, said).status_code == 302
    assert Journey.objects.get(shop_id=scene.shop, name="standard").version == before

    assert owner.post(address, {**said, "idle_0": "45", "idle_1": "m"}).status_code == 302
    now = Journey.objects.get(shop_id=scene.shop, name="standard")
    assert now.version == before + 1
    version = JourneyVersion.objects.get(shop_id=scene.shop, name="standard", version=now.version)
    assert "idle: 45m" in version.source
    assert version.author == "owner@kawa.example"
    assert owner.post(address, {**said, "idle_0": "99", "idle_1": "w"}).status_code == 200
    assert Journey.objects.get(shop_id=scene.shop, name="standard").version == now.version


def test_a_broken_file_is_refused_at_its_line(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/journeys/reaction-series/code/"
    broken = SERIES.replace("- wait: 48h", "- wate: 48h").replace("holdout: 10%", "holdout: 190%")
    answer = owner.post(address, {"source": broken})
    assert answer.status_code == 422
    text = answer.content.decode()
    for word in ("- wate", "holdout"):
        line = next(number for number, each in enumerate(broken.splitlines(), 1) if word in each)
        assert f'data-line="{line}"' in text
    assert JourneyVersion.objects.filter(shop_id=scene.shop, name="reaction-series").count() == 1


def test_a_file_cannot_change_its_name(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/journeys/reaction-series/code/"
    owner.post(address, {"source": SERIES.replace("journey: reaction-series", "journey: standard")})
    assert JourneyVersion.objects.filter(shop_id=scene.shop, name="reaction-series").count() == 1


def test_a_journey_is_switched_on_for_carts_from_now_on(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/journeys/standard/switch/"
    owner.post(address, {"to": "on"})
    since = Journey.objects.get(shop_id=scene.shop, name="standard").active_since
    assert since is not None
    owner.post(address, {"to": "on"})
    assert Journey.objects.get(shop_id=scene.shop, name="standard").active_since == since
    owner.post(address, {"to": "off"})
    assert Journey.objects.get(shop_id=scene.shop, name="standard").active_since is None


def played(browser: Client, address: str, **asked: str) -> str:
    """The page of a dry run once it is done."""
    started = browser.post(address, {"days": "90", **asked})
    assert started.status_code == 302, started.content.decode()
    for _ in range(600):
        page = browser.get(started.headers["Location"], headers={"HX-Request": "true"}).content.decode()
        if "<progress" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the dry run does not end")


def test_a_dry_run_tells_what_would_have_gone_and_sends_nothing(scene: Scene, owner: Client) -> None:
    tables = (OutboxRow, RunRow, CartRow, EventRow, JourneyVersion)
    before = [table.objects.count() for table in tables]
    delivered = len(scene.world.channel.delivered)

    page = played(owner, f"/console/{scene.shop}/journeys/reaction-series/try/")

    assert "What would have happened" in page
    told = re.search(r"Messages</span><strong>([0-9,]+)<", page)
    assert told
    assert int(told[1].replace(",", "")) > 10
    assert "Thanks for the visit" in page
    assert "Would have hit a buyer</span><strong>0<" in page
    assert [table.objects.count() for table in tables] == before
    assert len(scene.world.channel.delivered) == delivered


def test_two_journeys_are_played_side_by_side(scene: Scene, owner: Client) -> None:
    owner.post(f"/console/{scene.shop}/journeys/add/", {"preset": "standard"})

    page = played(owner, f"/console/{scene.shop}/journeys/reaction-series/try/", rival="standard")

    assert "Side by side" in page
    heads = page.partition("<thead>")[2]
    assert heads.index("standard") < heads.index("reaction-series")
    assert "For whom it makes a difference" in page


def test_a_dry_run_can_be_stopped_and_one_at_a_time_is_enough(scene: Scene, owner: Client) -> None:
    address = f"/console/{scene.shop}/journeys/reaction-series/try/"
    row = Rehearsal.objects.create(
        bucket=scene.world.bucket,
        shop_id=scene.shop,
        id="e" * 32,
        journey="reaction-series",
        asked={"journeys": ["reaction-series"], "days": 7},
        state="running",
        started_at=to_datetime(scene.world.now),
        seen_at=to_datetime(scene.world.now),
    )

    refused = owner.post(address, {"days": "7"})
    assert "under way already" in refused.content.decode()

    stopped = owner.post(f"{address}{row.id}/", follow=True)
    assert "The dry run was stopped" in stopped.content.decode()
    assert "What would have happened" in played(owner, address)

"""What is placed on the shop's pages: made ready at once, changed by plain forms, refused where it shames or leads elsewhere."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.console import seeding
from tests.console.pointing import point_django_at
from wraca.app.deciding import Asked, Pages
from wraca.channels.onsite import OnsiteChannel
from wraca.channels.onsite.library import ready_made
from wraca.console.roles import Role
from wraca.domain.panels import LANGUAGES
from wraca.storage.database import Database
from wraca.storage.models import Audit, Placement
from wraca.testing.world import World


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    with point_django_at(database_url):
        made = World(database)
        made.register.channels = {**made.register.channels, "onsite": OnsiteChannel()}
        seeding.connect(made)
        yield made


@pytest.fixture
def owner(world: World, browser: Client) -> Client:
    browser.force_login(seeding.member(world, "owner@kawa.example", Role.OWNER, is_superuser=True))
    return browser


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    form = page.partition('id="placing"')[2].partition("</form>")[0]
    said = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            said[name[1]] = value[1] if value else "on" if "checkbox" in tag else ""
    said |= dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s?(.*?)</textarea>', form, re.DOTALL))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        said[name] = chosen[1] if chosen else ""
    return {name: text.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&") for name, text in said.items()}


@pytest.mark.parametrize("name", list(ready_made()))
def test_a_ready_made_one_is_saved_as_it_is_by_one_press(world: World, owner: Client, name: str) -> None:
    address = f"/console/{world.shop}/onsite/{name}/"
    answer = owner.post(address, fields_of(owner.get(address).content.decode()))
    assert answer.status_code == 302
    row = Placement.objects.get()
    ready = ready_made()[name]
    assert (row.name, row.version, row.kind, row.is_active) == (name, 1, ready.kind, False)
    assert set(row.content) == set(LANGUAGES)
    assert [block["block"] for block in row.content["pl"]["blocks"]] == [
        block.__struct_config__.tag for block in ready.panels["pl"].blocks
    ]


def test_it_is_shown_once_it_is_switched_on(world: World, owner: Client) -> None:
    address = f"/console/{world.shop}/onsite/exit-form/"
    said = fields_of(owner.get(address).content.decode()) | {"pl-heading": "Zostawić <b>ślad</b>?", "trigger": "load"}
    owner.post(address, said)
    pages = Pages(world.register)
    assert pages.decide(world.shop, Asked("a1", language="pl"), world.now).show == ()
    owner.post(f"{address}switch/", {"to": "on"})
    pages.showcase.forget()
    [shown] = pages.decide(world.shop, Asked("a1", language="pl"), world.now).show
    assert shown["title"] == "Zostawić <b>ślad</b>?"
    pages.note(world.shop, "a1", "p:exit-form", "shown", world.now)

    owner.post(address, said | {"times": "1"})
    pages.showcase.forget()
    assert pages.decide(world.shop, Asked("a2"), world.now).show != ()
    text = owner.get(f"/console/{world.shop}/onsite/").content.decode()
    assert '<td class="num">1</td>' in text
    owner.post(f"{address}switch/", {"to": "off"})
    pages.showcase.forget()
    assert pages.decide(world.shop, Asked("a2"), world.now).show == ()
    assert [row.what for row in Audit.objects.order_by("at")][-2:] == ["placement.saved", "placement.off"]


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("en-decline", "No, I prefer to pay full price", "shame"),
        ("pl-decline", "Nie chcę oszczędzać", "shame"),
        ("bg-decline", "Не искам да спестя", "shame"),
        ("en-consent", "", "words of the consent"),
        ("pl-consent", "Zgoda jest wymagana", "never an obligation"),
        ("en-heading", "", "heading is missing"),
        ("en-text", "Hurry, only 3 left!", "hurry"),
    ],
)
def test_what_we_would_not_want_to_read_is_not_saved(world: World, owner: Client, field: str, text: str, told: str) -> None:
    address = f"/console/{world.shop}/onsite/exit-form/"
    answer = owner.post(address, fields_of(owner.get(address).content.decode()) | {field: text})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Placement.objects.exists()


def test_a_button_leads_nowhere_but_into_the_shop(world: World, owner: Client) -> None:
    address = f"/console/{world.shop}/onsite/welcome-back/"
    said = fields_of(owner.get(address).content.decode())
    for bad in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "https://shop.example.evil.example/"):
        assert owner.post(address, said | {"en-to": bad}).status_code == 422
    for good in ("/cart", "https://shop.example/cart", "shop"):
        assert owner.post(address, said | {"en-to": good}).status_code == 302


def test_the_preview_shows_what_is_typed_and_runs_nothing(world: World, owner: Client) -> None:
    address = f"/console/{world.shop}/onsite/welcome-back/"
    said = fields_of(owner.get(address).content.decode()) | {"language": "bg", "bg-heading": "<script>x</script>Здравейте"}
    answer = owner.post(f"{address}preview/", said)
    text = answer.content.decode()
    assert "&lt;script&gt;x&lt;/script&gt;Здравейте" in text
    assert "Мелничка за кафе" in text
    assert "<script" not in text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert not Placement.objects.exists()

"""Two windows: somebody on the shop's page, somebody of the team in the console. Real browsers, a real server, two origins."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, TimeoutError, expect, sync_playwright  # noqa: A004  (Playwright's own)

from tests.browser.chatsite import PASSWORD
from tests.browser.test_demo import _FLAGS, _free_ports
from wraca.testing.programs import find_chromium

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

ROOT = Path(__file__).parents[2]
AXE = (ROOT / "tests" / "console" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tests.browser.chatsite", str(tmp_path_factory.mktemp("chat")), str(_free_ports(2))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            yield json.loads(served.stdout.readline())
        finally:
            served.terminate()
            try:
                served.wait(20)
            except subprocess.TimeoutExpired:
                served.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield browser
        browser.close()


def shop_page(browser: Browser, site: dict[str, str], query: str = "", width: int = 1280, colours: str = "light") -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=colours)  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.faults = faults  # type: ignore[attr-defined]

    def note(said: ConsoleMessage) -> None:
        if said.type == "error":
            faults.append(said.text)

    page.on("console", note)
    for _ in range(5):  # the snippet gives a server up after two seconds, and a busy test machine may be slower
        page.goto(f"{site['home']}/{query}")
        try:
            page.locator("[data-wraca-chat]").wait_for(state="attached", timeout=6_000)
        except TimeoutError:
            continue
        return page
    raise AssertionError(page.faults)  # type: ignore[attr-defined]


def console(browser: Browser, site: dict[str, str], width: int = 1280) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=site["host"])
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/console/")
    page.get_by_label("Email").fill("owner@lamps.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/console/[0-9a-f]{32}/$"))
    return page


def says(page: Page, text: str, *, at_once: bool = True) -> None:
    page.get_by_role("button", name="Open the chat").click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    if at_once:
        expect(page.get_by_role("log")).to_contain_text(text)
    else:  # taken, and not yet heard
        expect(page.get_by_role("textbox", name="Write a message")).to_have_value("")


def complaints(page: Page) -> list[tuple[str, str]]:
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {RULES})")
    return [(each["id"], each["nodes"][0]["html"][:160]) for each in found["violations"]]


def test_both_windows_talk_both_ways(browser: Browser, site: dict[str, str], tmp_path: Path) -> None:
    team, visitor = console(browser, site), shop_page(browser, site)
    team.goto(f"/console/{site['shop']}/chats/")

    visitor.get_by_role("button", name="Open the chat").click()
    expect(visitor.get_by_role("textbox", name="Write a message")).to_be_focused()
    visitor.keyboard.type("Is the <b>lamp</b> in stock?")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("log")).to_contain_text("Is the <b>lamp</b> in stock?")

    expect(team.locator("[data-chat-live]")).to_have_text("1", timeout=15_000)
    expect(team).to_have_title(re.compile(r"^\(1\)"))
    team.get_by_role("link", name=re.compile("^Visitor")).click()
    expect(team.get_by_role("log")).to_contain_text("Is the <b>lamp</b> in stock?")
    team.get_by_label("Your answer").fill("Yes, ten of them.")
    team.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("log")).to_contain_text("Yes, ten of them.")
    visitor.keyboard.type("Wonderful")
    visitor.keyboard.press("Enter")
    expect(team.get_by_role("log")).to_contain_text("Wonderful")

    visitor.reload()  # the conversation is still there, under the token that this browser keeps
    expect(visitor.get_by_role("log")).to_contain_text("Wonderful")
    assert complaints(visitor) == []
    assert complaints(team) == []
    assert visitor.faults == []  # type: ignore[attr-defined]


def test_a_picture_goes_over_and_anything_else_is_refused(browser: Browser, site: dict[str, str], tmp_path: Path) -> None:
    team, visitor = console(browser, site), shop_page(browser, site)
    says(visitor, "Look at this")
    team.goto(f"/console/{site['shop']}/chats/")
    team.get_by_role("row", name=re.compile("Look at this")).get_by_role("link").click()

    picture = tmp_path / "lamp.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 90)
    visitor.locator("input[type=file]").set_input_files(picture)
    expect(team.get_by_role("link", name="lamp.png")).to_be_visible(timeout=15_000)
    with team.expect_download() as downloading:
        team.get_by_role("link", name="lamp.png").click()
    assert Path(downloading.value.path()).read_bytes() == picture.read_bytes()
    picture.write_bytes(b"<svg onload=alert(1)>")
    visitor.locator("input[type=file]").set_input_files(picture)
    expect(visitor.get_by_role("status")).to_contain_text("Only pictures")


def test_an_unread_answer_is_told_on_the_button(browser: Browser, site: dict[str, str]) -> None:
    team, visitor = console(browser, site), shop_page(browser, site)
    says(visitor, "Anybody there?")
    visitor.keyboard.press("Escape")
    expect(visitor.get_by_role("dialog")).to_be_hidden()
    expect(visitor.get_by_role("button", name="Open the chat")).to_be_focused()

    team.goto(f"/console/{site['shop']}/chats/")
    team.get_by_role("row", name=re.compile("Anybody there")).get_by_role("link").click()
    team.get_by_text("Prepared answers").first.click()
    team.get_by_role("button", name="Hello! How can we help?").click()
    team.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("button", name="Open the chat, 1 unread")).to_be_visible()


@pytest.mark.parametrize(("language", "name"), [("pl", "Otwórz czat"), ("bg", "Отворете чата")])
def test_on_a_phone_in_the_dark_and_in_their_language(browser: Browser, site: dict[str, str], language: str, name: str) -> None:
    page = shop_page(browser, site, f"?language={language}", 390, "dark")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert complaints(page) == []


def test_without_consent_there_is_no_chat_and_with_a_narrow_one_only_this_tab_keeps_it(
    browser: Browser, site: dict[str, str]
) -> None:
    asked: list[str] = []
    nobody = browser.new_context().new_page()
    nobody.on("request", lambda request: asked.append(request.url))
    nobody.goto(f"{site['home']}/?consent=none")
    nobody.wait_for_timeout(1_500)
    assert [url for url in asked if "/v1/" in url or "chat" in url] == []

    page = shop_page(browser, site, "?consent=necessary")
    says(page, "Hello")
    page.wait_for_function("(sessionStorage.getItem('wraca.chat') || '').includes('token')")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.evaluate("wraca.setConsent('none')")
    assert page.evaluate("Object.keys(sessionStorage).length") == 0
    expect(page.locator("[data-wraca-chat]")).to_have_count(0)


def test_where_streams_are_held_back_the_page_asks_again_and_again(browser: Browser, site: dict[str, str]) -> None:
    team, visitor = console(browser, site), shop_page(browser, site)

    def proxy(route: Route) -> None:
        if '"poll":true' in (route.request.post_data or ""):
            route.continue_()  # a stream gets no answer at all

    visitor.route("**/v1/chat/listen", proxy)
    says(visitor, "Behind a proxy", at_once=False)
    team.goto(f"/console/{site['shop']}/chats/")
    team.get_by_role("row", name=re.compile("Behind a proxy")).get_by_role("link").click()
    team.get_by_label("Your answer").fill("It works all the same.")
    team.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("log")).to_contain_text("It works all the same.")
    expect(visitor.get_by_role("log")).to_contain_text("Behind a proxy")


@pytest.mark.parametrize("answer", ["Write to us", "No, thank you"])
def test_an_invitation_takes_no_focus_and_takes_no_for_an_answer(browser: Browser, site: dict[str, str], answer: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    told: list[str] = []
    said = {"id": "f" * 32, "title": "Any questions?", "text": "We are glad to help.", "yes": "Write to us", "no": "No, thank you"}

    def hello(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "invitation": said})

    def invited(route: Route) -> None:
        told.append(json.loads(route.request.post_data or "{}")["what"])
        route.fulfill(json={"success": True}, headers={"Access-Control-Allow-Origin": site["home"]})

    page.route("**/v1/chat/hello", hello)
    page.route("**/v1/chat/invited", invited)
    page.goto(site["home"])
    expect(page.get_by_text("Any questions?")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    assert complaints(page) == []
    page.get_by_role("button", name=answer).click()
    expect(page.get_by_text("Any questions?")).to_be_hidden()
    if answer == "Write to us":
        expect(page.get_by_role("log")).to_contain_text("We are glad to help.")
        expect(page.get_by_role("textbox", name="Write a message")).to_be_focused()
    else:
        expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_timeout(300)
    assert told == (["shown"] if answer == "Write to us" else ["shown", "refused"])

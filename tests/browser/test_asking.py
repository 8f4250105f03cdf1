"""The question why in a real browser: by mouse, by keyboard, on a phone, in the dark; and for people who hear the page."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tests.edge.pretend import TOKEN, Behind
from wraca.domain.reasons import Reason
from wraca.edge import edge_app
from wraca.testing.programs import find_chromium

pytestmark = pytest.mark.slow

AXE = (Path(__file__).parents[1] / "console" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def site(behind: Behind) -> Iterator[str]:
    """The edge on a port that nobody uses."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(edge_app(behind.services()), log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(params=[(1000, "light"), (390, "dark")], ids=lambda look: f"{look[0]}-{look[1]}")
def page(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Page]:
    width, colours = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=colours, base_url=site)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield page
    context.close()
    assert [said for said in complaints if "404" not in said] == []  # browsers ask for an icon that nobody has


def fits(page: Page) -> None:
    """Nothing that axe finds, nothing wider than the window."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]] == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("language", ["en", "pl", "bg"])
def test_somebody_follows_a_reason_changes_it_and_sends_it(page: Page, behind: Behind, language: str) -> None:
    behind.language = language
    page.goto(f"/w/{TOKEN}/price")
    fits(page)
    assert page.locator("input:checked").get_attribute("value") == "price"
    assert page.evaluate("getComputedStyle(document.querySelector('button')).minHeight") == "48px"  # the style is let in

    page.locator("label:has(input[value=payment])").click()
    page.get_by_role("textbox").fill("BLIK nie działa\n<b>!</b>")
    page.get_by_role("button").click()

    page.get_by_role("status").wait_for()
    fits(page)
    assert behind.answers == [(TOKEN, Reason.PAYMENT, "BLIK nie działa\r\n<b>!</b>")]
    assert page.get_by_role("link", name="+48 61 222 33 44").get_attribute("href") == "tel:+48612223344"


def test_it_can_be_answered_by_keyboard_alone(page: Page, behind: Behind) -> None:
    page.goto(f"/w/{TOKEN}/price")

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("dear")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_role("status").wait_for()
    assert behind.answers == [(TOKEN, Reason.SHIPPING, "dear")]


def test_a_form_without_an_answer_is_not_sent(page: Page, behind: Behind) -> None:
    page.goto(f"/w/{TOKEN}")

    page.get_by_role("button").click()

    assert page.evaluate("document.querySelector('input').validity.valueMissing")
    assert behind.answers == []


def test_going_back_and_pressing_again_says_it_once_more_and_harms_nobody(page: Page, behind: Behind) -> None:
    for _ in range(2):
        page.goto(f"/w/{TOKEN}/trust")
        page.get_by_role("button").click()
        page.get_by_role("status").wait_for()

    assert {reason for _, reason, _ in behind.answers} == {Reason.TRUST}


@pytest.mark.parametrize("language", ["en", "pl", "bg"])
def test_the_page_of_a_confirmation_says_what_was_agreed_to_and_changes_nothing_by_itself(
    page: Page, behind: Behind, language: str
) -> None:
    behind.language = language
    page.goto(f"/y/{TOKEN}")
    fits(page)
    assert page.get_by_text("<b>wszystko</b>").is_visible()
    assert behind.said == []

    page.get_by_role("button").first.click()

    page.get_by_role("status").wait_for()
    fits(page)
    assert behind.said == ["yes"]

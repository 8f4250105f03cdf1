"""The console in a real browser: by keyboard, on a phone, in the dark, and for people who hear the page."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.console import routes
from tests.console.browsing import AXE, in_a_thread, opened_page
from tests.console.seeding import Scene
from wraca.storage.models import Journey

pytestmark = pytest.mark.slow


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=lambda look: f"{look[0]}-{look[1]}")
def page(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Page]:
    """Signed in as the owner, in this width and these colours."""
    width, colours = request.param
    with opened_page(chromium, site, width, colours) as page:
        yield page


def test_every_page_is_accessible_and_fits(page: Page, played: Scene) -> None:
    addresses = in_a_thread(lambda: [(n, a) for n, a in routes.readable(played) if routes.is_whole_page(n)])
    faults = []
    for name, address in [*addresses, ("password", "/console/account/password/"), ("mfa", "/console/account/two-factor/")]:
        page.goto(address)
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'], iframes: false})")
        faults += [(name, each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append((name, "wider than the window", ""))
    assert not faults, "\n".join(map(str, faults))


def test_a_cart_is_found_and_explained(chromium: Browser, site: str) -> None:
    with opened_page(chromium, site) as page:
        page.get_by_role("link", name="Carts", exact=True).click()
        page.get_by_label("State").select_option("abandoned")
        page.get_by_role("button", name="Filter").click()
        assert set(page.locator(".rows .badge").all_inner_texts()) == {"left behind"}
        page.locator(".who", has_text="@example.com").get_by_role("link").first.click()
        assert page.get_by_role("heading", name="What happened, and why").is_visible()
        assert page.get_by_text("Put into the cart").first.is_visible()


def test_the_list_of_carts_lives(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        page.get_by_role("link", name="Carts", exact=True).click()
        in_a_thread(lambda: played.world.leaves_cart("latecomer", 55_500))
        page.get_by_role("link", name="Latecomer").wait_for(timeout=15_000)


def test_a_journey_is_changed_by_keyboard_alone(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        go_to(page, "Journeys")
        go_to(page, "standard")
        go_to(page, "Times")
        walk_to(page, 'input[name="idle_0"]')
        page.keyboard.press("Control+a")
        page.keyboard.type("90")
        page.keyboard.press("Tab")
        page.keyboard.type("minutes")
        page.keyboard.press("Tab")
        walk_to(page, "main form.card button[type=submit]")
        page.keyboard.press("Enter")
        page.get_by_text("Saved as version").wait_for()
        assert page.get_by_text("A cart is left for 1 hour 30 minutes").is_visible()
    version = in_a_thread(lambda: Journey.objects.get(shop_id=played.shop, name="standard").version)
    assert version == 2


def go_to(page: Page, name: str) -> None:
    """Follow a link as the keyboard does: Tab until it has the focus, then Enter."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName === 'A' && document.activeElement.textContent.trim()") == name:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(name)


def walk_to(page: Page, selector: str) -> None:
    for _ in range(120):
        if page.evaluate("document.activeElement.matches(" + json.dumps(selector) + ")"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(selector)


def test_the_skip_link_comes_first_and_leads_to_the_content(chromium: Browser, site: str) -> None:
    with opened_page(chromium, site) as page:
        page.goto(page.url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_a_fault_in_the_file_leads_to_its_line(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        page.goto(f"/console/{played.shop}/journeys/reaction-series/code/")
        source = page.locator("#source")
        source.fill(source.input_value().replace("- wait: 48h", "- wate: 48h"))
        page.get_by_role("button", name="Check and save").click()
        page.get_by_role("button", name=re.compile("^Line ")).first.click()
        assert "wate" in page.evaluate(
            "(() => { const a = document.activeElement; return a.value.slice(a.selectionStart, a.selectionEnd); })()"
        )


def test_the_language_changes_everything(chromium: Browser, site: str) -> None:
    with opened_page(chromium, site) as page:
        page.locator("summary", has_text="owner@kawa.example").click()
        page.get_by_role("button", name="Български").click()
        assert page.locator("html").get_attribute("lang") == "bg"
        assert page.get_by_role("link", name="Колички", exact=True).is_visible()

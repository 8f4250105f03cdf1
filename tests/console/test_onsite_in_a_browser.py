"""The designer of what is placed on the shop's pages, in a real browser: on a phone, in the dark, by plain words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.browsing import AXE, opened_page
from tests.console.seeding import Scene

pytestmark = pytest.mark.slow


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=lambda look: f"{look[0]}-{look[1]}")
def page(request: pytest.FixtureRequest, played: Scene) -> Iterator[Page]:
    width, colours = request.param
    browser, address = request.getfixturevalue("chromium"), request.getfixturevalue("site")
    with opened_page(browser, address, width, colours) as page:
        page.goto(f"/console/{played.shop}/onsite/exit-form/")
        yield page


def fits(page: Page) -> None:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'], iframes: false})")
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]] == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_the_preview_follows_what_is_typed_and_saving_keeps_it(page: Page, tmp_path: Path) -> None:
    frame = page.frame_locator("iframe[name=placed]")
    expect(frame.get_by_role("heading")).to_be_visible()
    page.locator("[name=en-heading]").fill("Wait a moment")
    expect(frame.get_by_role("heading", name="Wait a moment")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Phone").click()
    expect(page.locator("iframe[name=placed]")).to_have_class("phone")
    page.screenshot(path=tmp_path / "designer.png", full_page=True)

    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Saved as version")).to_be_visible()
    expect(page.locator("[name=en-heading]")).to_have_value("Wait a moment")
    fits(page)


def test_shaming_words_come_back_with_the_reason(page: Page, tmp_path: Path) -> None:
    page.locator("[name=en-decline]").fill("No, I prefer to pay full price")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("alert").first).to_contain_text("must not shame anybody")
    expect(page.locator("[name=en-decline]")).to_have_value("No, I prefer to pay full price")
    page.screenshot(path=tmp_path / "refused.png")

"""The editor of journeys in a real browser: with a mouse, and with a keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browsing import AXE, in_a_thread, opened_page
from tests.console.seeding import Scene
from wraca.domain.journeys.plan import ReactTo, Send, Wait
from wraca.domain.journeys.reading import read_plan
from wraca.storage.models import JourneyVersion

pytestmark = pytest.mark.slow


def begin(page: Page, scene: Scene, name: str) -> None:
    page.goto(f"/console/{scene.shop}/journeys/new/")
    page.get_by_label("Its name").fill(name)
    page.get_by_role("button", name="Go to the editor").click()
    page.locator("#editor").wait_for()


def saved(page: Page, scene: Scene, name: str) -> Any:  # noqa: ANN401
    page.get_by_text("Saved as version 1").wait_for()
    version = in_a_thread(lambda: JourneyVersion.objects.get(shop_id=scene.shop, name=name, version=1))
    assert version.author == "owner@kawa.example"
    return read_plan(version.source)


def pick(page: Page, title: str) -> Locator:
    return page.locator("#editor-tree .pick", has_text=title)


def titles(page: Page) -> list[str]:
    return page.locator("#editor-tree .pick").all_inner_texts()


def drag(page: Page, grip: Locator, target: Locator) -> None:
    start, end = grip.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    page.mouse.up()


def test_a_journey_is_built_with_the_mouse(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        begin(page, played, "by-mouse")
        page.get_by_label("Add a step at the end", exact=True).click()
        page.get_by_role("button", name="Send a message").click()
        page.get_by_label("Message", exact=True).select_option("visitor-first")
        pick(page, "Thanks for the visit").wait_for()
        page.get_by_label("Add a step at the end", exact=True).click()
        page.get_by_role("button", name="By the reaction").click()
        page.get_by_text("3 things to mend").wait_for()
        page.get_by_label("Add a step at the end of “Clicked”").click()
        page.get_by_role("button", name=re.compile("^Wait")).click()
        page.locator("#editor-panel").get_by_role("heading", name="Wait").wait_for()
        page.locator("#editor-panel [name='wait']").fill("3")
        pick(page, "Wait 3 days").wait_for()
        drag(page, page.locator("[data-grip='steps.0']"), page.locator("[data-gap='steps.2.none.steps.0']"))
        page.locator(".pick[data-pick='steps.1.none.steps.0']", has_text="Wait 1 hour").wait_for()
        page.get_by_role("button", name="Undo").click()
        page.locator(".pick[data-pick='steps.0']", has_text="Wait 1 hour").wait_for()
        page.get_by_role("button", name="Redo").click()
        page.locator(".pick[data-pick='steps.1.none.steps.0']").wait_for()
        pick(page, "What did the person do").click()
        page.get_by_label("Somebody opened it: go on after").uncheck()
        page.get_by_text("This is a draft").wait_for()
        page.reload()
        assert "Wait 3 days" in titles(page)
        page.get_by_role("button", name="Save as a new version").click()
        plan = saved(page, played, "by-mouse")
    assert [type(step) for step in plan.steps] == [Send, ReactTo]
    assert [answer.reaction.value for answer in plan.steps[1].answers] == ["clicked", "none"]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def wait_for_focus(page: Page, text: str) -> None:
    page.locator(":focus", has_text=text).wait_for()


def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        if page.evaluate("name => document.activeElement.textContent.trim() === name", name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(name)


def test_the_same_journey_is_built_by_keyboard_alone(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        begin(page, played, "by-keyboard")
        add_by_keyboard(page)
        move_by_keyboard(page)
        answer_by_keyboard(page)
        press(page, "Escape")
        page.locator(".pick:focus").wait_for()
        while focused(page) != "Save as a new version":
            press(page, "Shift+Tab")
        press(page, "Enter")
        plan = saved(page, played, "by-keyboard")
    assert [type(step) for step in plan.steps] == [Send, ReactTo]
    assert [type(step) for step in plan.steps[1].answers[0].steps] == [Wait]


def add_by_keyboard(page: Page) -> None:
    """A message below the wait, and a fork below the message."""
    page.locator("#main").focus()
    tab_to(page, "A cart is left for 1 hour")
    press(page, "ArrowDown", "+")
    wait_for_focus(page, "Send a message")
    press(page, "Enter")
    page.locator("[name='send:key']:focus").wait_for()
    press(page, "Tab")
    page.keyboard.type("Thanks for the visit")
    pick(page, "Thanks for the visit").wait_for()
    press(page, "Escape")
    wait_for_focus(page, "Thanks for the visit")
    press(page, "+")
    wait_for_focus(page, "Send a message")
    tab_to(page, "By the reactionA click, an opening or silence after a message decides.")
    press(page, "Enter")
    page.locator(".pick[data-pick='steps.2']").wait_for()
    page.locator("[name='react_to']:focus").wait_for()


def move_by_keyboard(page: Page) -> None:
    """The wait goes down through every place into the last way of the fork; undone and done again."""
    press(page, "Escape")
    wait_for_focus(page, "What did the person do")
    press(page, "ArrowUp", "ArrowUp")
    assert focused(page) == "Wait 1 hour"
    for place in ("steps.1", "steps.1.clicked.steps.0", "steps.1.opened.steps.0", "steps.1.none.steps.0"):
        press(page, "Alt+ArrowDown")
        page.locator(f".pick[data-pick='{place}'][aria-current]", has_text="Wait 1 hour").wait_for()
        page.locator(f".pick[data-pick='{place}']:focus").wait_for()
    press(page, "Control+z")
    page.locator(".pick[data-pick='steps.1.opened.steps.0']").wait_for()
    press(page, "Control+Shift+Z")
    page.locator(".pick[data-pick='steps.1.none.steps.0']").wait_for()


def answer_by_keyboard(page: Page) -> None:
    """Only silence is answered."""
    page.locator(".pick[data-pick='steps.1']").focus()
    press(page, "Enter")
    page.locator("[name='react_to']:focus").wait_for()
    for name in ("clicked", "opened"):
        while page.evaluate("document.activeElement.name") != name:
            press(page, "Tab")
        press(page, "Space")
    page.get_by_text("This is a draft").wait_for()


def test_a_condition_is_put_together_from_rows_and_shown_as_text(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        page.goto(f"/console/{played.shop}/journeys/reaction-series/edit/?at=steps.1")
        rows = page.locator("[data-condition='branch.0.when']")
        rows.get_by_label("What", exact=True).nth(1).select_option("cart.stage")
        rows.get_by_label("Value").nth(1).fill("payment")
        text = rows.get_by_label("As text (CEL)")
        expect(text).to_have_value('person.orders_count > 0 && cart.stage == "payment"')
        text.fill("size(cart.products) > 2 && (person.is_customer")
        page.locator("#editor-panel .error", has_text="cannot be read").wait_for()
        page.locator("#editor-tree .flaw", has_text="cannot be read").wait_for()
        text.fill("size(cart.products) > 2")
        rows.get_by_text("It stays the text below").wait_for()
        page.get_by_role("button", name="Throw the draft away").click()


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "dark")])
def test_the_editor_is_accessible_and_fits(chromium: Browser, site: str, played: Scene, width: int, colours: str) -> None:
    faults = []
    with opened_page(chromium, site, width, colours) as page:
        for place in ("edit/", "edit/?at=journey", "edit/?at=steps.1", "edit/?add=steps.1", "compare/", "migrate/", "start/"):
            page.goto(f"/console/{played.shop}/journeys/reaction-series/{place}")
            page.evaluate(AXE)
            found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
            faults += [(place, each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                faults.append((place, "wider than the window", ""))
    assert not faults, "\n".join(map(str, faults))

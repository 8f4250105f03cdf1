"""The editor of messages in a real browser: with a mouse, with a keyboard alone, and in hostile hands."""

import re

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page

from tests.console.browsing import AXE, in_a_thread, opened_page
from tests.console.seeding import Scene
from wraca.channels.email.blockfile import read_message
from wraca.channels.email.blocks import Message
from wraca.storage.models import TemplateVersion

pytestmark = pytest.mark.slow


def desk(page: Page, scene: Scene, template: str, language: str = "en", query: str = "") -> None:
    page.goto(f"/console/{scene.shop}/templates/{template}/{language}/{query}")
    page.locator("#composer").wait_for()


def saved(page: Page, scene: Scene, template: str, language: str = "en") -> Message:
    page.get_by_text(re.compile("Saved as version")).wait_for()
    rows = TemplateVersion.objects.filter(shop_id=scene.shop, name=template, language=language).order_by("-version")
    sources = in_a_thread(lambda: rows[0].sources)
    return read_message(sources["blocks"])


def kinds(page: Page) -> list[str]:
    return [str(kind) for kind in page.locator(".block > input[name$='.kind']").evaluate_all("all => all.map(each => each.value)")]


def wait_for_kinds(page: Page, *wanted: str) -> None:
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('.block > input[name$=\".kind\"]')].map(each => each.value).join() === wanted",
        arg=",".join(wanted),
    )


def drag(page: Page, grip: Locator, target: Locator) -> None:
    start, end = grip.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + end["height"] - 2, steps=8)
    page.mouse.up()


def test_a_message_is_changed_with_the_mouse(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        desk(page, played, "visitor-first")
        before = kinds(page)
        page.get_by_label("Subject", exact=True).fill("A subject of ours")
        page.locator(".inbox-subject", has_text="A subject of ours").wait_for()
        page.get_by_label("Add a block before 3").click()
        page.get_by_role("button", name="Coupon").click()
        wait_for_kinds(page, *before[:2], "coupon", *before[2:])
        page.locator("[id='b2.lead']").fill("A present:")
        page.locator("#composer-state", has_text="This is a draft").wait_for()
        drag(page, page.locator("[data-grip='2']"), page.locator(".block[data-block='4']"))
        wait_for_kinds(page, *before[:4], "coupon", *before[4:])
        page.get_by_role("button", name="Undo").click()
        wait_for_kinds(page, *before[:2], "coupon", *before[2:])
        page.get_by_role("button", name="Redo").click()
        wait_for_kinds(page, *before[:4], "coupon", *before[4:])
        page.get_by_label("Offer").select_option("1")
        page.frame_locator(".frame iframe:not(.coming)").get_by_text("SAMPLE-10").wait_for()
        page.reload()
        assert page.get_by_label("Subject", exact=True).input_value() == "A subject of ours"
        page.get_by_role("button", name="Save as a new version").click()
        message = saved(page, played, "visitor-first")
    assert message.subject == "A subject of ours"
    assert [block.kind for block in message.blocks] == [*before[:4], "coupon", *before[4:]]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, test: str) -> None:
    for _ in range(120):
        if page.evaluate(f"(() => {{ const e = document.activeElement; return {test}; }})()"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(test)


def choose_text(page: Page) -> None:
    tab_to(page, "e.value === 'menu:1'")
    press(page, "Enter")
    page.wait_for_function("() => document.activeElement.value === 'insert:1:heading'")
    tab_to(page, "e.value === 'insert:1:text'")
    press(page, "Enter")


def test_a_message_is_changed_by_keyboard_alone(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        desk(page, played, "how-are-you")
        before = kinds(page)
        page.locator("#main").focus()
        tab_to(page, "e.id === 'subject'")
        press(page, "Control+a")
        page.keyboard.type("By keyboard")
        page.locator(".inbox-subject", has_text="By keyboard").wait_for()
        choose_text(page)
        page.wait_for_function("() => document.activeElement.id === 'b1.text'")
        page.keyboard.type("Typed words.")
        press(page, "Alt+ArrowDown")
        page.wait_for_function("() => document.activeElement.id === 'b2.text' && document.activeElement.value === 'Typed words.'")
        press(page, "Alt+ArrowUp")
        page.wait_for_function("() => document.activeElement.id === 'b1.text'")
        wait_for_kinds(page, before[0], "text", *before[1:])
        press(page, "Shift+Tab")
        press(page, "Alt+ArrowUp")
        page.wait_for_function("() => document.activeElement.id === 'b0'")
        press(page, "Control+z")
        wait_for_kinds(page, before[0], "text", *before[1:])
        page.locator("#composer-bar").evaluate("bar => bar.querySelector('button:not(:disabled)').focus()")
        tab_to(page, "e.textContent.trim() === 'Save as a new version'")
        press(page, "Enter")
        message = saved(page, played, "how-are-you")
    assert message.subject == "By keyboard"
    assert message.blocks[1].text == "Typed words."  # type: ignore[union-attr]


def test_faults_are_told_while_typing_and_lead_to_their_place(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        desk(page, played, "any-questions")
        page.locator(".block[data-block='2'] summary").click()
        page.locator("[id='b2.text']").fill("{% if cart.count %}never closed")
        page.locator("#composer-state", has_text="1 thing to mend").wait_for()
        page.locator(".block[data-block='2'].wrong .error", has_text="This Liquid cannot be read.").wait_for()
        page.locator(".frame.stale").wait_for()
        page.get_by_role("button", name="Save as a new version").click()
        page.get_by_text("Not saved").wait_for()
        page.locator(".block[data-block='2'] summary").click()
        page.locator("#composer-findings [data-to='b2.text']").click()
        assert page.evaluate("document.activeElement.id") == "b2.text"
        page.locator("[id='b2.text']").fill("Closed again")
        page.locator("#composer-state", has_text="This is a draft").wait_for()
        assert page.locator(".block.wrong").count() == 0
        page.get_by_role("button", name="Throw the draft away").click()
        page.get_by_text("The draft is gone").wait_for()


def test_the_preview_turns_with_its_buttons(chromium: Browser, site: str, played: Scene) -> None:
    with opened_page(chromium, site) as page:
        desk(page, played, "cart-reminder", "pl")
        frame = page.frame_locator(".frame iframe:not(.coming)")
        page.get_by_role("button", name="Dark").click()
        page.wait_for_function("() => document.querySelector('.frame iframe:not(.coming)').src.includes('is_dark=1')")
        frame.locator(".card").first.wait_for()
        assert frame.locator(".card").first.evaluate("card => getComputedStyle(card).backgroundColor") == "rgb(31, 36, 40)"
        page.get_by_role("button", name="Phone").click()
        page.wait_for_function("() => document.querySelector('.frame.phone iframe:not(.coming)')?.clientWidth === 375")
        page.get_by_role("button", name="Text", exact=True).click()
        page.wait_for_function("() => document.querySelector('.frame iframe:not(.coming)').src.includes('/text/')")
        page.get_by_label("Person").select_option("m")
        frame.get_by_text("Dzień dobry, Piotrze!").wait_for()


HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "</title><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "javascript:alert(1)", "<a href='javascript:alert(1)'>x</a>",
    "<style>*{background:url(http://127.0.0.1:9/x)}</style>", "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
)  # fmt: skip
CODE = (
    "<mjml><mj-body><mj-section><mj-column><mj-raw><script>alert(1);top.location='http://127.0.0.1:9/'</script><form action="
    "'http://127.0.0.1:9/'><button>x</button></form><iframe src='http://127.0.0.1:9/'></iframe><link rel=stylesheet "
    "href='https://127.0.0.1:9/x.css'><img src='https://127.0.0.1:9/p' onerror='alert(2)'></mj-raw><mj-text>{{ links.preferences }}"
    "</mj-text></mj-column></mj-section></mj-body></mjml>"
)


def test_hostile_words_and_code_run_nothing(chromium: Browser, site: str, played: Scene) -> None:
    opened = opened_page(chromium, site)
    with opened as page:
        dialogs: list[str] = []

        def noted(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", noted)
        foreign: list[str] = []
        page.on("request", lambda asked: foreign.append(asked.url) if "127.0.0.1:9/" in asked.url else None)
        desk(page, played, "any-questions", "en", "?open=0.2")
        page.locator("[id='b0.text']").fill(" ".join(each for each in HOSTILE[:5] if "src" not in each))
        page.locator("[id='b2.text']").fill(" ".join(HOSTILE[5:]))
        page.locator("#composer-state", has_text="1 thing to mend").wait_for()  # an address that runs something, even if only told
        page.locator("[id='b2.text']").fill(" ".join(each for each in HOSTILE[5:] if "href" not in each and "src" not in each))
        page.locator("#composer-state", has_text="This is a draft").wait_for()
        page.get_by_role("button", name="Save as a new version").click()
        saved(page, played, "any-questions")
        page.goto(f"/console/{played.shop}/templates/any-questions/en/preview/html/")
        desk(page, played, "any-questions")
        page.get_by_role("button", name="Code").click()
        page.get_by_label("MJML").fill(CODE.replace("<img src='https://127.0.0.1:9/p' onerror='alert(2)'>", ""))
        page.wait_for_timeout(1500)
        page.goto(f"/console/{played.shop}/templates/any-questions/en/preview/html/")
        page.wait_for_timeout(300)
        assert dialogs == []
        assert foreign == []
        desk(page, played, "any-questions")
        page.get_by_role("button", name="Throw the draft away").click()
        page.get_by_text("The draft is gone").wait_for()
    # The browser says aloud that it kept scripts, frames and style sheets out.
    opened.complaints[:] = []


PLACES = (
    "templates/", "templates/new/", "templates/visitor-first/pl/?open=0.1.2.3.4.5.6.7", "templates/others-and-faq/en/?add=2",
    "templates/visitor-first/pl/versions/", "templates/visitor-first/pl/compare/", "journeys/reaction-series/texts/",
)  # fmt: skip


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_accessible_and_fit(
    chromium: Browser,
    site: str,
    played: Scene,
    width: int,
    colours: str,
) -> None:
    faults = []
    with opened_page(chromium, site, width, colours) as page:
        for place in PLACES:
            page.goto(f"/console/{played.shop}/{place}")
            page.evaluate(AXE)
            rules = "['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']"
            found = page.evaluate(f"axe.run(document, {{runOnly: {rules}, iframes: false}})")
            faults += [(place, each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                faults.append((place, "wider than the window", ""))
    assert not faults, "\n".join(map(str, faults))

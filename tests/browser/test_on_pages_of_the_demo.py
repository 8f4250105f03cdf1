"""The demo's own pages: the cart waits on the way back, and an address is kept once its owner said yes."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_demo import _leave_a_cart, _mails_to, _push, browser, context, shop

__all__ = ["browser", "context", "shop"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
ADDRESS = "kept@example.com"


def _put_into_the_cart(page: Page, shop: str) -> None:
    page.goto(f"{shop}/p/mighty-mug")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_timeout(2_000)  # the snippet sends what waits within a second


def test_the_cart_waits_on_the_way_back(shop: str, context: BrowserContext) -> None:
    page = context.new_page()
    _put_into_the_cart(page, shop)
    _push(page, "+1 h")
    page.goto(f"{shop}/")
    dialog = page.get_by_role("dialog", name="Your cart is still here")
    expect(dialog.get_by_text("Mighty Mug")).to_be_visible()
    expect(page.locator("[data-wraca-place] wraca-panel").get_by_text("In your cart")).to_be_visible()
    dialog.get_by_role("link", name="Back to the cart").click()
    page.wait_for_url(re.compile(r"/(cart)?(\?|$)"))

    page.goto(f"{shop}/")
    page.wait_for_timeout(1_500)
    expect(dialog).to_have_count(0)  # once a day is enough


def test_an_address_is_kept_once_its_owner_said_yes(shop: str, context: BrowserContext) -> None:
    page = context.new_page()
    _put_into_the_cart(page, shop)
    page.goto(f"{shop}/")
    page.wait_for_timeout(1_500)
    page.evaluate("document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1}))")
    page.get_by_role("textbox", name="E-mail address").fill(ADDRESS)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Almost done.")).to_be_visible()
    page.keyboard.press("Escape")
    for _ in range(60):
        if _mails_to(page, shop, ADDRESS):
            break
        page.wait_for_timeout(500)
    [mail] = [one for one in page.request.get(f"{shop}/mailbox/list").json() if one["to"] == ADDRESS]
    assert "Please confirm your address" in mail["subject"]
    link = re.search(r"https?://[^\s\"<>]+/y/[A-Za-z0-9_-]+", mail["text"])
    assert link
    _push(page, "+1 h", 2)
    assert _mails_to(page, shop, ADDRESS) == 1  # nothing before a yes

    page.goto(link[0])
    expect(page.get_by_text("k***@example.com")).to_be_visible()
    expect(page.get_by_text("Yes, Parrot & Plimsoll may remind me by e-mail")).to_be_visible()
    page.get_by_role("button", name="Yes, confirm").click()
    expect(page.get_by_role("heading", name="Thank you, confirmed")).to_be_visible()


def test_who_leaves_no_address_is_asked_for_none_at_the_checkout(shop: str, context: BrowserContext) -> None:
    page = context.new_page()
    _leave_a_cart(page, shop, address="busy@example.com")
    _push(page, "+1 h", 2)
    page.goto(f"{shop}/checkout/payment")
    page.wait_for_timeout(1_500)
    expect(page.locator("body > wraca-panel")).to_have_count(0)

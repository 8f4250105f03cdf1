"""The whole way in a real browser: leave a cart in the demo shop, read the mail, follow it, be back in the cart."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from wraca.testing.programs import find_chromium

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

ADDRESS = "anna@example.com"
expect.set_options(timeout=60_000)  # other tests keep the machine busy
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def _free_ports(count: int) -> int:
    """The first of so many neighbouring ports that nobody uses; every worker of the test run looks in a range of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for first in range(18400 + 500 * worker, 18900 + 500 * worker, 10):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for offset, each in enumerate(sockets):
                each.bind(("127.0.0.1", first + offset))
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
        return first
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`wraca demo`, as a person starts it; the address of its shop."""
    port = _free_ports(3)
    log = tmp_path_factory.mktemp("demo") / "log"
    with log.open("w") as out:
        demo = subprocess.Popen([Path(sys.executable).parent / "wraca", "demo", "--port", str(port)], stdout=out, stderr=out)
        try:
            _wait_for(f"http://127.0.0.1:{port + 1}/demo/status", demo, log)
            yield f"http://127.0.0.1:{port + 1}"
        finally:
            demo.terminate()
            demo.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(60_000)
        yield context


def _leave_a_cart(page: Page, shop: str, *, address: str, allow: bool = True) -> None:
    """Take two things, go as far as the payment, and stop there."""
    page.goto(f"{shop}/p/mighty-mug")
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    page.goto(f"{shop}/p/white-plimsolls")
    page.get_by_role("button", name="Add to cart").click()
    page.goto(f"{shop}/cart")
    page.get_by_role("link", name="Go to checkout").click()
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("First name").fill("Anna")
    if allow:
        page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Delivery")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    page.wait_for_timeout(2500)  # the snippet sends what waits within a second


def _push(page: Page, button: str, times: int = 1) -> None:
    for _ in range(times):
        with page.expect_response(re.compile("/demo/push"), timeout=60_000):
            page.get_by_role("button", name=button).click()
        expect(page.get_by_role("button", name=button)).to_be_enabled()


def test_a_cart_left_at_the_payment_comes_back_by_mail(shop: str, context: BrowserContext, browser: Browser) -> None:
    page = context.new_page()
    _leave_a_cart(page, shop, address=ADDRESS)
    page.goto(f"{shop}/mailbox")
    _push(page, "+1 h", 2)
    mine = page.locator("#mails button", has_text=ADDRESS)
    expect(mine).to_have_count(1)
    mine.click()
    expect(page.locator("#facts")).to_contain_text(ADDRESS)
    mail = page.frame_locator("#html")
    expect(mail.get_by_text("Mighty Mug").first).to_be_visible()

    with browser.new_context() as elsewhere:  # another device: its cart is empty
        elsewhere.set_default_timeout(60_000)
        link = mail.locator("a[href*='/r/']").first.get_attribute("href")
        there = elsewhere.new_page()
        there.goto(str(link))
        there.wait_for_url(re.compile("/checkout/contact|/cart"))
        expect(there.locator("#basket")).to_contain_text("3")
        assert "wraca_restore" not in there.url
        assert ADDRESS not in there.content()

    with context.expect_page() as opened:  # the same device: the very cart is still there
        mail.locator("a[href*='/r/']").first.click()
    back = opened.value
    back.wait_for_url(re.compile("/checkout/payment"))
    expect(back.locator("#basket")).to_contain_text("3")


def test_who_buys_gets_no_second_mail(shop: str, context: BrowserContext) -> None:
    page = context.new_page()
    _leave_a_cart(page, shop, address="buyer@example.com")
    _push(page, "+1 h", 2)
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    before = _mails_to(page, shop, "buyer@example.com")
    page.goto(f"{shop}/mailbox")
    _push(page, "+1 day", 4)
    assert (before, _mails_to(page, shop, "buyer@example.com")) == (1, 1)


def test_who_did_not_allow_it_gets_nothing(shop: str, context: BrowserContext) -> None:
    page = context.new_page()
    _leave_a_cart(page, shop, address="quiet@example.com", allow=False)
    _push(page, "+1 day", 3)
    assert _mails_to(page, shop, "quiet@example.com") == 0


def test_the_way_out_of_a_mail_works(shop: str, context: BrowserContext) -> None:
    page = context.new_page()
    _leave_a_cart(page, shop, address="leaving@example.com")
    _push(page, "+1 h", 2)
    mails = page.request.get(f"{shop}/mailbox/list").json()
    mine = next(mail for mail in mails if mail["to"] == "leaving@example.com")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mine["headers"]
    link = re.search(r"List-Unsubscribe: <([^>]+)>", mine["headers"])
    assert link
    page.goto(link[1])
    expect(page.get_by_text("l***@example.com")).to_be_visible()
    page.get_by_role("button").first.click()
    page.goto(f"{shop}/mailbox")
    _push(page, "+1 day", 4)
    assert _mails_to(page, shop, "leaving@example.com") == 1


def _mails_to(page: Page, shop: str, address: str) -> int:
    return sum(mail["to"] == address for mail in page.request.get(f"{shop}/mailbox/list").json())

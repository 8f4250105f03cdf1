"""Web push in Chromium: when somebody is asked, what the worker shows, and where it leads.

Subscribing itself needs the network of its maker and is tried in Firefox; here the browser's answer to it is ours.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

from tests.browser.pushshop import Shop, standing
from tests.channels.webpush.pushservice import Browser as Receiver
from tests.channels.webpush.pushservice import PushService, running
from wraca.testing.databases import new_file, opened
from wraca.testing.programs import find_chromium

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("push")]

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
# What Google's push service would answer; and a note of every time the browser's own question comes up.
_ANSWERS = """(told) => {
  window.asked = 0;
  let permission = told.permission;
  Object.defineProperty(Notification, "permission", { get: () => permission });
  Notification.requestPermission = async () => { window.asked += 1; permission = told.says; return permission; };
  const made = { endpoint: told.endpoint, options: {}, toJSON: () => ({ endpoint: told.endpoint, keys: told.keys }),
    unsubscribe: async () => { localStorage.removeItem("made"); return true; } };
  PushManager.prototype.subscribe = async () => { localStorage.setItem("made", "yes"); return made; };
  PushManager.prototype.getSubscription = async () => localStorage.getItem("made") ? made : null;
}"""
PANEL = "wraca-notifications"
_A_QUARTER_AGO = """() => {
  const kept = JSON.parse(localStorage["wraca.push"]);
  localStorage["wraca.push"] = JSON.stringify({ ...kept, no: kept.no - 91 * 864e5 });
}"""
_OTHERS = """
self.addEventListener("push", (event) => {
  if (event.data.text() === "mine") event.waitUntil(self.registration.showNotification("Mine"));
});"""
_SHOWN = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => one.title)"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def service() -> Iterator[PushService]:
    with running() as opened:
        yield opened


@pytest.fixture
def shop(migrated: Path, tmp_path: Path, service: PushService) -> Iterator[Shop]:
    with opened(new_file(migrated, tmp_path)) as database, standing(database, ("127.0.0.1",)) as made:
        service.now = made.now
        yield made


@pytest.fixture
def context(chromium: Browser, shop: Shop) -> Iterator[BrowserContext]:
    with chromium.new_context(base_url=shop.url) as context:
        context.set_default_timeout(20_000)
        context.grant_permissions(["notifications"], origin=shop.url)
        yield context


def answers(context: BrowserContext, service: PushService, permission: str = "default", says: str = "granted") -> Receiver:
    """Let the browser answer like this from now on."""
    receiver = Receiver()
    subscription = receiver.subscription(f"{service.url}/p/1", "")
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    told = {"permission": permission, "says": says, "endpoint": subscription.endpoint, "keys": keys}
    context.add_init_script(f"({_ANSWERS})({json.dumps(told)})")
    return receiver


def visit(page: Page, path: str = "/") -> None:
    page.goto(path)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(400)


def touch(page: Page) -> None:
    """A gesture somewhere on the page, and the moment after it."""
    page.mouse.click(5, 400)
    page.wait_for_timeout(1200)


def test_nobody_is_asked_on_the_first_page_nor_without_a_gesture_and_a_no_lasts(
    context: BrowserContext, service: PushService
) -> None:
    answers(context, service)
    page = context.new_page()
    visit(page)
    touch(page)
    assert page.locator(PANEL).count() == 0
    visit(page, "/second")
    page.wait_for_timeout(1200)
    assert page.locator(PANEL).count() == 0
    touch(page)
    assert page.evaluate("window.asked") == 0

    page.get_by_role("button", name="Nie teraz").click()

    visit(page, "/third")
    touch(page)
    assert page.locator(PANEL).count() == 0
    assert page.evaluate("window.asked") == 0
    page.evaluate(_A_QUARTER_AGO)
    visit(page, "/a-quarter-later")
    touch(page)
    expect(page.get_by_role("button", name="Nie teraz")).to_be_visible()


@pytest.mark.parametrize("why", ["no worker", "necessary", "denied"])
def test_nobody_is_asked_in_vain(context: BrowserContext, shop: Shop, service: PushService, why: str) -> None:
    answers(context, service, permission="denied" if why == "denied" else "default")
    shop.worker, shop.consent = (
        ("", "consented") if why == "no worker" else (shop.worker, "necessary" if why == "necessary" else "consented")
    )
    page = context.new_page()
    for path in ("/", "/2", "/3"):
        visit(page, path)
    touch(page)
    assert page.locator(PANEL).count() == 0


def test_who_says_yes_is_reminded_and_comes_back_to_the_cart(context: BrowserContext, shop: Shop, service: PushService) -> None:
    receiver = answers(context, service)
    page = context.new_page()
    visit(page)
    visit(page, "/second")
    touch(page)
    page.get_by_role("button", name="Tak, przypomnij").click()
    shop.wait_until_subscribed()
    shop.world.pass_time(seconds=1)
    assert page.evaluate("window.asked") == 1

    shop.leaves_cart(page.evaluate("window.wraca.anonymousId()"))
    shop.world.pass_time(minutes=31)
    assert (shop.messages, service.complaints) == (["accepted"], [])
    told = receiver.read(service.taken[0][1])

    worker, registration = _deliver(page, shop, json.dumps(told))
    shown = page.evaluate(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => [one.title, one.body, one.tag])"
    )
    assert shown == [["Koszyk wciąż czeka", "Lamp w sklepie Sklep.", told["tag"]]]
    _deliver(page, shop, json.dumps({**told, "title": "Nadal aktualne?"}), (worker, registration))
    again = page.evaluate(_SHOWN)
    assert again == ["Nadal aktualne?"]  # the newer one in place of the older

    page.goto(told["url"])
    expect(page.locator("#cart")).to_have_text("Lamp")


def _deliver(page: Page, shop: Shop, data: str, known: tuple[CDPSession, str] | None = None) -> tuple[CDPSession, str]:
    """As if the push service had sent it."""
    if known is None:
        session, found = page.context.new_cdp_session(page), []
        session.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
        session.send("ServiceWorker.enable")
        for _ in range(50):
            if found:
                break
            page.wait_for_timeout(100)
        known = session, str(found[-1]["registrationId"])
    known[0].send("ServiceWorker.deliverPushMessage", {"origin": shop.url, "registrationId": known[1], "data": data})
    page.wait_for_timeout(800)
    return known


def test_a_message_of_somebody_else_is_left_to_them(context: BrowserContext, shop: Shop, service: PushService) -> None:
    shop.worker += _OTHERS
    answers(context, service, permission="granted")
    page = context.new_page()
    visit(page)
    page.evaluate("navigator.serviceWorker.register('/wraca-sw.js').then(() => navigator.serviceWorker.ready).then(() => true)")
    _deliver(page, shop, "mine")
    assert page.evaluate(_SHOWN) == ["Mine"]


def test_a_wraca_that_is_away_costs_the_shop_nothing(context: BrowserContext, shop: Shop, service: PushService) -> None:
    answers(context, service)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    shop.worker = (
        shop.worker.replace(shop.host, "http://127.0.0.1:9")
        + "\nself.addEventListener('message', (e) => e.source.postMessage('alive'));"
    )
    visit(page)
    said = page.evaluate("""async () => {
      await navigator.serviceWorker.register('/wraca-sw.js');
      const place = await navigator.serviceWorker.ready;
      return new Promise((done) => { navigator.serviceWorker.onmessage = (e) => done(e.data); place.active.postMessage('?'); });
    }""")
    assert (said, complaints) == ("alive", [])

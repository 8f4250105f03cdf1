"""Web push from end to end in a real Firefox: subscribed, sent, decrypted, shown, clicked, and back in the cart.

Nothing is pretended but the push service, which is on this machine.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.autopush import Autopush, listening
from tests.browser.marionette import Firefox, firefox
from tests.browser.pushshop import Shop, standing
from wraca.channels.webpush.keys import read_keys
from wraca.testing.databases import new_file, opened
from wraca.testing.programs import find_firefox

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("push")]

_SHOWN = """const place = await navigator.serviceWorker.ready;
  return (await place.getNotifications()).map((one) => [one.title, one.body]);"""

# What Firefox does when it renews a subscription: it drops the old one and tells the worker.
_CHANGE = """
  const scope = arguments[0];
  const principal = Services.scriptSecurityManager.createContentPrincipal(Services.io.newURI(scope), {});
  const push = Cc["@mozilla.org/push/Service;1"].getService(Ci.nsIPushService);
  await new Promise((done) => push.unsubscribe(scope, principal, { onUnsubscribe: done }));
  Cc["@mozilla.org/push/Notifier;1"].getService(Ci.nsIPushNotifier).notifySubscriptionChange(scope, principal, null);
"""


@pytest.fixture
def service() -> Iterator[Autopush]:
    with listening() as opened_service:
        yield opened_service


@pytest.fixture
def shop(migrated: Path, tmp_path: Path, service: Autopush) -> Iterator[Shop]:
    with opened(new_file(migrated, tmp_path)) as database, standing(database, ("127.0.0.1",)) as made:
        service.now = made.now
        yield made


@pytest.fixture
def browser(tmp_path: Path, service: Autopush) -> Iterator[Firefox]:
    prefs = {
        "dom.push.serverURL": service.socket_url,
        "dom.push.testing.allowInsecureServerURL": True,
        "dom.push.connection.enabled": True,
        "alerts.useSystemBackend": False,  # there is no desktop that could show anything
        "permissions.default.desktop-notification": 1,
    }
    with firefox(find_firefox(), tmp_path / "profile", prefs) as started:
        yield started


def subscribe(browser: Firefox, shop: Shop) -> None:
    """By the shop's own button, as a person does it."""
    browser.visit(f"{shop.url}/")
    browser.until("return document.body.dataset.ready;")
    browser.press("#ask")
    browser.until("return document.querySelector('wraca-notifications');")
    browser.press_inside("wraca-notifications", "button.yes")
    assert browser.until("return document.getElementById('said').textContent;") == "on"
    shop.wait_until_subscribed()
    shop.world.pass_time(seconds=1)


def test_from_the_yes_to_the_cart(browser: Firefox, shop: Shop, service: Autopush) -> None:
    subscribe(browser, shop)
    shop.leaves_cart(browser.run("return window.wraca.anonymousId();"))
    shop.world.pass_time(minutes=31)
    assert (shop.messages, service.complaints) == (["accepted"], [])
    assert browser.until(f"const found = await (async () => {{ {_SHOWN} }})(); return found.length && found;") == [
        ["Koszyk wciąż czeka", "Lamp w sklepie Sklep."]
    ]
    assert service.acks == [100]

    here = browser.windows()
    click(browser)

    # The tab was opened before there was a worker: it cannot be steered, and is left as it is.
    browser.turn_to(another(browser, here))
    assert browser.until("return document.getElementById('cart')?.textContent;") == "Lamp"
    assert "restore" in shop.hits


def test_an_open_tab_is_used_and_a_newer_reminder_replaces_the_older(browser: Firefox, shop: Shop, service: Autopush) -> None:
    subscribe(browser, shop)
    browser.visit(f"{shop.url}/lamp")  # from here on the worker is at work for this tab
    browser.until("return document.body.dataset.ready && navigator.serviceWorker.controller && 1;")
    shop.leaves_cart(browser.run("return window.wraca.anonymousId();"))
    shop.world.pass_time(minutes=31)
    browser.until(f"const found = await (async () => {{ {_SHOWN} }})(); return found.length;")
    shop.world.pass_time(days=1, minutes=31)
    browser.until(f"const found = await (async () => {{ {_SHOWN} }})(); return found[0][0] === 'Nadal aktualne?';")
    assert len(browser.run(_SHOWN)) == 1

    click(browser)

    assert browser.until("return document.getElementById('cart')?.textContent;") == "Lamp"
    assert len(browser.windows()) == 1


def test_a_click_leads_home_when_the_cart_is_gone(browser: Firefox, shop: Shop, service: Autopush) -> None:
    subscribe(browser, shop)
    who = browser.run("return window.wraca.anonymousId();")
    shop.leaves_cart(who)
    shop.world.pass_time(minutes=31)
    browser.until(f"const found = await (async () => {{ {_SHOWN} }})(); return found.length;")
    shop.buys(who)

    here = browser.windows()
    click(browser)

    browser.turn_to(another(browser, here))
    assert browser.until("return document.body.dataset.ready && location.pathname;") == "/"
    assert browser.run("return document.getElementById('cart').textContent;") == ""


def test_what_nobody_can_read_is_not_shown(browser: Firefox, shop: Shop, service: Autopush) -> None:
    subscribe(browser, shop)
    service.garbage = True
    shop.leaves_cart(browser.run("return window.wraca.anonymousId();"))
    shop.world.pass_time(minutes=31)
    end = time.monotonic() + 20
    while not service.acks and time.monotonic() < end:
        time.sleep(0.1)
    assert service.acks == [101]
    assert browser.run(_SHOWN) == []


def test_a_new_key_is_taken_on_the_next_visit_and_a_no_ends_everything(browser: Firefox, shop: Shop, service: Autopush) -> None:
    subscribe(browser, shop)
    shop.save(shop.channel.renewed(shop.settings))
    wanted = read_keys(shop.settings)[0].id
    browser.run(
        "const kept = JSON.parse(localStorage['wraca.push']); localStorage['wraca.push'] = JSON.stringify({ ...kept, at: 0 });"
    )
    browser.visit(f"{shop.url}/next-day")
    shop.wait_until_subscribed(wanted)
    shop.leaves_cart(browser.run("return window.wraca.anonymousId();"))
    shop.world.pass_time(minutes=31)
    assert (shop.messages, service.complaints) == (["accepted"], [])

    assert browser.run("return window.wraca.notifications.off();")

    shop.world.pass_time(days=2)
    assert len(service.taken) == 1
    assert browser.run("return window.wraca.notifications.state();") == "off"


def test_a_browser_that_changes_its_subscription_by_itself_stays_reachable(browser: Firefox, shop: Shop, service: Autopush) -> None:
    subscribe(browser, shop)
    who, before = browser.run("return window.wraca.anonymousId();"), set(service.channels)
    browser.visit("about:blank")  # no page of the shop is open: only the worker can do it
    browser.inside(_CHANGE, f"{shop.url}/")
    end = time.monotonic() + 20
    while not service.channels.keys() - before and time.monotonic() < end:
        time.sleep(0.1)
    shop.wait_until_gone(1)

    shop.leaves_cart(who)
    shop.world.pass_time(minutes=31)

    assert (shop.messages, service.complaints) == (["accepted"], [])
    assert set(service.channels).isdisjoint(before)


def test_whoever_wants_nothing_stored_any_more_is_sent_nothing_any_more(browser: Firefox, shop: Shop) -> None:
    subscribe(browser, shop)
    browser.run("window.wraca.setConsent('none');")
    shop.wait_until_gone(1)
    assert browser.until("return !(await caches.match('/wraca-push.json')) && Object.keys(localStorage).length === 0 && 1;")
    assert (
        browser.run("const place = await navigator.serviceWorker.ready; return await place.pushManager.getSubscription();") is None
    )


def another(browser: Firefox, known: list[str]) -> str:
    """The tab that was not there before."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if new := [one for one in browser.windows() if one not in known]:
            return new[0]
        time.sleep(0.1)
    raise AssertionError("no tab was opened")


def click(browser: Firefox) -> None:
    """On the notification, where Firefox draws it by itself."""
    browser.inside("""
      for (let turn = 0; turn < 100; turn += 1) {
        for (const shown of Services.wm.getEnumerator("alert:alert")) { shown.onAlertClick(); return true; }
        await new Promise((done) => setTimeout(done, 100));
      }
      throw new Error("no notification is on the screen");
    """)

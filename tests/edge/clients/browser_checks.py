"""The official browser build, in chromium."""

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.edge.clients.server import Shop, expect, serving
from tests.edge.pretend import BROWSER
from wraca.domain.events import IdentityKind


@contextmanager
def shop_page(folder: Path) -> Iterator[str]:
    """A page of the shop that loads the browser build; its origin."""
    root = folder / "page"
    root.mkdir(exist_ok=True)
    shutil.copytree(folder / "node_modules/@segment/analytics-next/dist/umd", root / "umd", dirs_exist_ok=True)
    (root / "index.html").write_text('<!doctype html><title>Shop</title><script src="umd/index.js"></script>')

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


LOAD = """([key, host, strategy]) => {
  const settings = {apiKey: key, apiHost: host, protocol: "http", deliveryStrategy: {strategy, config: {size: 3, timeout: 200}}};
  const lib = window.AnalyticsNext;
  const options = {writeKey: key, cdnSettings: {integrations: {"Segment.io": settings}}};
  lib.AnalyticsBrowser.load(options).then(async ([ajs]) => {
    await ajs.identify("u1", {email: "victim@example.com"});
    await ajs.track("Product Added", {product_id: "p1", price: "19.99", cart_id: "c1"});
    await ajs.page("Cart");
  });
  return true;
}"""


def browse(folder: Path, behind: Shop, strategy: str, act: Callable[[Page], None], *, allowed: bool = True) -> None:
    """Load the browser build in chromium and let it send three calls."""
    with shop_page(folder) as origin, serving(behind) as port, sync_playwright() as play:
        behind.origin = origin if allowed else "https://elsewhere.example"
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page()
        page.goto(origin)
        page.evaluate(LOAD, [BROWSER, f"127.0.0.1:{port}/v1", strategy])
        act(page)
        browser.close()


def wait_for_three(behind: Shop) -> Callable[[Page], None]:
    """Wait until three events are committed, ten seconds at most."""

    def wait(page: Page) -> None:
        for _ in range(100):
            if len(behind.committed) >= 3:
                return
            page.wait_for_timeout(100)

    return wait


def browser_single_calls(folder: Path) -> None:
    """The browser build as it is: one request per call, to /v1/i, /v1/t and /v1/p, with a preflight each."""
    browser_with(folder, "standard")


def browser_batches(folder: Path) -> None:
    """The browser build with batching, to /v1/b."""
    browser_with(folder, "batching")


def browser_with(folder: Path, strategy: str) -> None:
    """All three calls arrive; the address that the page said is a claim and nothing more."""
    behind = Shop()
    browse(folder, behind, strategy, wait_for_three(behind))
    by_name = {event.name: event for event in behind.committed}
    expect(set(by_name) == {"Identified", "Product Added", "Page Viewed"}, sorted(by_name))
    for event in by_name.values():
        expect({one.kind for one in event.identities} == {IdentityKind.ANONYMOUS}, event)
    expect([claim.value for claim in by_name["Identified"].claims] == ["victim@example.com"], by_name["Identified"])


def browser_forbidden_page(folder: Path) -> None:
    """On a page that is not the shop's, nothing arrives."""
    behind = Shop()
    browse(folder, behind, "standard", lambda page: page.wait_for_timeout(1_500), allowed=False)
    expect(behind.committed == [], behind.committed)

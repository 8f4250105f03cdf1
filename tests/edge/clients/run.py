"""The official Node client and browser build of Segment, unchanged, against a real server: `make clients`.

Not a part of `make test`: it installs two packages from npm into a temporary folder. It needs npm, node and chromium, and fails
with a sentence where one of them or the registry is missing.
"""

import functools
import http.server
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from tests.edge.pretend import BROWSER, SERVER, Behind
from wraca.app.answers import KeyHolder
from wraca.domain.events import IdentityKind, LineAdded, OrderPlaced
from wraca.edge import edge_app

PACKAGES = ("@segment/analytics-node", "@segment/analytics-next")
HERE = Path(__file__).parent


class Shop(Behind):
    """The pretend application, whose browser key works on the page that this script serves."""

    origin = ""

    def recover(self) -> None:
        self.busy = False

    def knows_origin(self, origin: str) -> bool:
        return origin == self.origin

    def find_key(self, key: str) -> KeyHolder | None:
        holder = super().find_key(key)
        return KeyHolder(holder.shop, "browser", (self.origin,)) if holder and key == BROWSER else holder


def main() -> None:
    """Run all checks; the exit status says how it went."""
    for tool in ("npm", "node", "chromium"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed; these checks need npm, node and chromium.")
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder))
        for check in (node_all_calls, node_partly_bad, node_busy, browser_single_calls, browser_batches, browser_forbidden_page):
            check(Path(folder))
            sys.stdout.write(f"ok  {check.__name__.replace('_', ' ')}\n")


def install(folder: Path) -> None:
    """The packages, from npm, without running their scripts."""
    command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        sys.exit(f"npm could not install {' and '.join(PACKAGES)}: {done.stderr.strip() or done.stdout.strip()}")
    for package in PACKAGES:
        about = json.loads((folder / "node_modules" / package / "package.json").read_text())
        sys.stdout.write(f"    {package} {about['version']}\n")


@contextmanager
def serving(behind: Behind) -> Iterator[int]:
    """A real server on loopback; its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(edge_app(behind.services()), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def node(folder: Path, port: int, mode: str) -> dict[str, list[object]]:
    """Run the Node client; what it saw."""
    command = ["node", str(HERE / "node.mjs"), str(folder), f"http://127.0.0.1:{port}", SERVER, mode]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    seen: dict[str, list[object]] = json.loads(done.stdout)
    return seen


def node_all_calls(folder: Path) -> None:
    """Every call of the Node client arrives with its values."""
    behind = Shop()
    with serving(behind) as port:
        seen = node(folder, port, "good")
    by_name = {event.name: event for event in behind.committed}
    expect(seen == {"statuses": [200], "failures": []}, seen)
    names = {"Identified", "Product Added", "Order Completed", "Page Viewed", "Screen Viewed", "Aliased", "Grouped"}
    expect(set(by_name) == names, sorted(by_name))
    added, order = by_name["Product Added"].body, by_name["Order Completed"].body
    expect(isinstance(added, LineAdded) and (added.line.price, added.line.quantity) == (1999, 2), added)
    expect(isinstance(order, OrderPlaced) and order.total == 3998, order)
    expect(any(one.value == "ann@example.com" for one in by_name["Identified"].identities), by_name["Identified"])


def node_partly_bad(folder: Path) -> None:
    """A batch that stays wrong is answered once and not repeated; its good events are kept."""
    behind = Shop()
    with serving(behind) as port:
        seen = node(folder, port, "bad")
    expect(seen["statuses"] == [400], seen)
    expect([event.name for event in behind.committed] == ["Product Viewed"], behind.committed)


def node_busy(folder: Path) -> None:
    """A busy answer is repeated until it is taken."""
    behind = Shop(busy=True)
    with serving(behind) as port:
        threading.Timer(1.0, behind.recover).start()
        seen = node(folder, port, "good")
    expect(seen["statuses"][0] == 503 and seen["statuses"][-1] == 200, seen)
    expect(len(behind.committed) == 7, len(behind.committed))


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


def expect(holds: bool, seen: object) -> None:
    """Stop with what was seen instead."""
    if not holds:
        raise SystemExit(f"not as promised: {seen}")


if __name__ == "__main__":
    main()

"""What is shown on a shop's pages, in a real browser, under a content policy that allows nothing more than the snippet needs."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect, sync_playwright
from playwright.sync_api import Route as Going
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.edge.pretend import APP, Behind
from wraca.app.deciding import Asked as Visit
from wraca.app.deciding import Decided
from wraca.bootstrap import storefront_part, storefront_script
from wraca.channels.onsite.drawing import draw
from wraca.channels.onsite.library import ready_made
from wraca.domain.ids import ShopId
from wraca.edge import edge_app
from wraca.ports.channel import Links
from wraca.testing.programs import find_chromium

pytestmark = pytest.mark.slow

AXE = (Path(__file__).parents[1] / "console" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
expect.set_options(timeout=15_000)
LINES = [
    {"name": "Mighty Mug", "variant": "blue", "quantity": 2, "line_total": 5980, "image_url": "", "url": ""},
    {"name": "White Plimsolls", "variant": "", "quantity": 1, "line_total": 24900, "image_url": "", "url": ""},
]
FACTS = {"shop": {"name": "Kubki"}, "cart": {"lines": LINES, "currency": "PLN", "total": 30880}}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/shop.css"><script src="/snippet.js"></script><script src="{wraca}/sdk/wraca.js" async></script></head>
<body><main><h1>Shop</h1><button id="own">Buy</button>
<label>Name <input id="name"></label><div data-wraca-place="cart"></div></main></body></html>"""
SNIPPET = 'window.wraca = [["load", "{key}", {{host: "{wraca}", consent: "{consent}", signals: {signals}}}]];'


def item(name: str, language: str = "en", **when: object) -> dict[str, object]:
    """A ready-made placement as /v1/decide hands it over."""
    ready = ready_made()[name]
    drawn = draw(ready.panels[language], language, FACTS, Links(restore="/cart", preferences=""))
    told = {"trigger": ready.rules.trigger, "after": 0, "place": ready.rules.place} | when
    return {"id": f"p:{name}", "name": name, "kind": ready.kind, "version": 1, "when": told, "quiet_days": 30, **drawn}


class Site:
    """A shop and the edge beside it. `show` is what is decided; `consent` what the shop's snippet says."""

    def __init__(self) -> None:
        self.behind = Behind()
        self.show: list[dict[str, object]] = []
        self.consent, self.signals = "necessary", "false"
        self.broken = ""
        services = self.behind.services()
        on_pages = services.on_pages
        assert on_pages is not None

        def decide(shop: ShopId, asked: Visit, now: int) -> Decided:
            on_pages.decide(shop, asked, now)
            fitting = [one for one in self.show if one["name"] not in asked.refused]
            return Decided(tuple(fitting), ("popup",) if fitting else ())

        pages = msgspec.structs.replace(on_pages, decide=decide, part=storefront_part)
        self._edge = edge_app(msgspec.structs.replace(services, sdk=storefront_script, on_pages=pages))
        self.servers = [self._start(self._edge), self._start(Starlette(routes=[Route("/{path:path}", self._answer)]))]
        self.wraca, self.shop = (f"http://127.0.0.1:{port}" for _, _, port in self.servers)

    def _start(self, app: Starlette) -> tuple[uvicorn.Server, threading.Thread, int]:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        return server, thread, int(listening.getsockname()[1])

    async def _answer(self, request: Asked) -> Response:
        policy = (
            f"default-src 'none'; script-src 'self' {self.wraca}; connect-src {self.wraca}; style-src 'self'; img-src 'self' data:;"
            " require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'"
        )
        if request.url.path == "/snippet.js":
            said = SNIPPET.format(key=APP, wraca=self.wraca, consent=self.consent, signals=self.signals)
            return Response(said, media_type="text/javascript")
        if request.url.path == "/shop.css":
            return Response("body{font:16px sans-serif;min-height:3000px} main{max-width:900px;margin:auto}", media_type="text/css")
        return HTMLResponse(PAGE.replace("{wraca}", self.wraca), headers={"Content-Security-Policy": policy})

    def close(self) -> None:
        for server, thread, _ in self.servers:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda said: complaints.append(str(said)))
    yield page
    assert complaints == []


def panel(page: Page) -> Locator:
    return page.locator("wraca-panel section")


def deeds(site: Site, count: int) -> list[str]:
    until = time.monotonic() + 10
    while len(site.behind.deeds) < count and time.monotonic() < until:
        time.sleep(0.05)
    return [deed for _, _, deed in site.behind.deeds]


def axe(page: Page) -> list[Any]:
    """Trusted types forbid scripts by text; the tester's own are let in."""
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
    return [(each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]]


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
@pytest.mark.parametrize("name", list(ready_made()))
def test_everything_ready_made_can_be_read_by_everybody(
    chromium: Browser, site: Site, name: str, width: int, colours: str, tmp_path: Path
) -> None:
    site.show = [item(name, "bg" if width == 390 else "pl", trigger="load")]
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
    with context:
        page = context.new_page()
        page.add_init_script(AXE)
        page.goto(site.shop)
        panel(page).wait_for()
        assert axe(page) == []
        page.screenshot(path=tmp_path / f"{name}-{width}-{colours}.png")
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        size = page.locator("wraca-panel .close").bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 24


def test_a_pop_up_is_a_dialog_for_the_keyboard_and_gives_the_focus_back(site: Site, page: Page) -> None:
    site.show = [item("welcome-back", after=2)]  # the button has the focus before it comes
    page.goto(site.shop)
    page.locator("#own").focus()
    dialog = page.get_by_role("dialog", name="Your cart is still here")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "WRACA-PANEL"
    inside = "document.querySelector('wraca-panel').shadowRoot.activeElement.className"
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(inside))
    assert seen == ["close", "go", "no", "close"]
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(inside) == "no"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "own"
    assert deeds(site, 2) == ["shown", "closed"]


def test_a_no_is_remembered_by_the_browser(site: Site, page: Page) -> None:
    site.show = [item("welcome-back")]
    page.goto(site.shop)
    page.get_by_role("button", name="Not now").click()
    assert deeds(site, 2) == ["shown", "refused"]
    page.reload()
    page.wait_for_timeout(800)
    expect(panel(page)).to_have_count(0)
    assert site.behind.asked[-1][1].refused == ("welcome-back",)


def test_one_overlay_and_one_block_at_a_time(site: Site, page: Page) -> None:
    site.show = [item("welcome-back"), item("thin-bar"), item("exit-form", trigger="load"), item("cart-block"), item("cart-block")]
    page.goto(site.shop)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("body > wraca-panel")).to_have_count(1)
    expect(page.locator("[data-wraca-place] wraca-panel")).to_have_count(1)


def test_who_is_writing_is_not_interrupted_and_the_form_comes_when_the_pointer_leaves(site: Site, page: Page) -> None:
    site.show = [item("exit-form")]
    page.goto(site.shop)
    page.wait_for_timeout(800)
    page.locator("#name").fill("Anna")
    page.evaluate("document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1}))")
    page.wait_for_timeout(300)
    expect(panel(page)).to_have_count(0)
    page.locator("#name").blur()
    expect(panel(page)).to_be_visible()


def test_nothing_leaves_the_page_before_the_form_is_sent(site: Site, page: Page) -> None:
    site.show = [item("exit-form", trigger="load")]
    sent: list[str] = []
    page.on("request", lambda request: sent.append(_said(request)))
    page.goto(site.shop)
    box = page.get_by_role("checkbox")
    expect(box).not_to_be_checked()
    page.get_by_role("textbox", name="E-mail address").fill("canary@example.com")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Please tick the box if we may write to you.")).to_be_visible()
    page.wait_for_timeout(1_000)
    assert not [one for one in sent if "canary" in one]
    assert site.behind.wishes == []

    box.check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Almost done.")).to_be_visible()
    [wish] = site.behind.wishes
    assert (wish.address, wish.ticked, wish.name, wish.language) == ("canary@example.com", True, "exit-form", "en")
    assert [one for one in sent if "canary" in one and "/v1/capture" not in one] == []


def test_who_types_and_leaves_has_said_nothing(site: Site, page: Page) -> None:
    site.show = [item("exit-form", trigger="load")]
    sent: list[str] = []
    page.on("request", lambda request: sent.append(_said(request)))
    page.goto(site.shop)
    page.get_by_role("textbox", name="E-mail address").fill("canary@example.com")
    page.get_by_role("checkbox").check()
    page.goto(f"{site.shop}/cart")
    page.wait_for_timeout(500)
    assert not [one for one in sent if "canary" in one]
    assert "canary" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def _said(request: Request) -> str:
    return f"{request.url} {request.post_data or ''}"


@pytest.mark.parametrize("signals", ["false", "true"])
def test_without_consent_there_is_no_request_and_no_storage(site: Site, page: Page, signals: str) -> None:
    site.consent, site.signals = ("none", "false") if signals == "false" else ("consented", "true")
    site.show = [item("welcome-back")]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.shop)
    page.wait_for_timeout(1_200)
    beyond = [url for url in asked if url.startswith(site.wraca) and not url.endswith("/wraca.js")]
    assert beyond == ([] if signals == "false" else [f"{site.wraca}/sdk/adapters.js"])
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]

    if signals == "true":
        page.evaluate("""dataLayer.push((function () { return arguments })(
            'consent', 'update', {ad_storage: 'granted', analytics_storage: 'granted'}))""")
    else:
        page.evaluate("wraca.setConsent('necessary')")
    expect(panel(page)).to_be_visible()


@pytest.mark.parametrize("fault", ["down", "slow", "garbage", "styles", "part"])
def test_the_shop_goes_on_without_us(site: Site, context: BrowserContext, fault: str) -> None:
    site.show = [item("welcome-back")]
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda said: faults.append(str(said)))

    def answer(route: Going) -> None:
        url = route.request.url
        if fault == "styles" and not url.endswith(".css"):
            return route.continue_()
        if fault == "part" and not url.endswith("popup.js"):
            return route.continue_()
        if url.endswith("/wraca.js") and fault != "down":
            return route.continue_()
        if fault == "slow":
            return None  # never answered
        return route.abort() if fault in ("down", "styles") else route.fulfill(status=200, body="<html>", content_type="text/html")

    page.route(f"{site.wraca}/**", answer)
    page.goto(site.shop)
    page.evaluate("wraca.push(['track', 'Product Added', {product_id: 'mug'}])")
    page.wait_for_timeout(2_500)
    page.locator("#own").click()
    expect(panel(page)).to_have_count(0)
    assert faults == []


def test_texts_stay_texts(site: Site, page: Page) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
    one = item("exit-form", trigger="load")
    one["blocks"] = [
        {"block": "heading", "text": evil},
        {"block": "button", "text": evil, "url": "javascript:document.title=1"},
        {"block": "image", "url": "data:text/html,x", "alt": evil},
        {"block": "unknown"},
        None,
    ][:4]
    site.show = [one]
    page.goto(site.shop)
    expect(panel(page).get_by_role("heading")).to_have_text(evil)
    expect(panel(page).locator("a, img, script")).to_have_count(0)
    assert page.title() == "Shop"

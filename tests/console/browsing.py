"""A console for a browser to look at: its site, somebody signed in, and what the browser complains about."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, Page, sync_playwright

from tests.console.pointing import point_django_at
from tests.console.seeding import PASSWORD, Scene, build
from wraca.bootstrap import installed_channels
from wraca.testing.databases import new_file, opened
from wraca.testing.programs import find_chromium

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def played(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    url = new_file(migrated, tmp_path_factory.mktemp("browser"))
    pointed = point_django_at(url)
    with opened(url) as database, closing(installed_channels()["email"]) as email:
        in_a_thread(pointed.__enter__)
        yield in_a_thread(lambda: build(database, email))
        in_a_thread(lambda: pointed.__exit__(None, None, None))


def in_a_thread(act: Any) -> Any:  # noqa: ANN401
    """Playwright's loop runs in this thread, and Django refuses to be asked beside a loop."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join()
    return found[0]


class QuietRequests(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- Django's signature
        """Tests read the pages, not the log."""


@pytest.fixture(scope="module")
def site(played: Scene) -> Iterator[str]:
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietRequests)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


class opened_page:  # noqa: N801 -- reads as a verb
    def __init__(self, chromium: Browser, site: str, width: int = 1280, colours: Any = "light") -> None:  # noqa: ANN401
        self.context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=colours, base_url=site)
        self.complaints: list[str] = []

    def __enter__(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda said: self.complaints.append(f"{said.text} {said.location}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto("/console/")
        page.get_by_label("Email").fill("owner@kawa.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/console/[0-9a-f]{32}/$"))
        return page

    def __exit__(self, *_: object) -> None:
        self.context.close()
        # A mail's template may name a font that the preview does not load.
        complaints = [said for said in self.complaints if "fonts.googleapis" not in said and "422" not in said]
        assert not complaints, complaints

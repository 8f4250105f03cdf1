"""Programs the tests need that pip cannot bring: a browser, Node, gettext. Found, or named with what to install."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

OLDEST_NODE = 18


class NoProgram(RuntimeError):
    """A program is missing or too old; says what to install."""


def find_chromium() -> Path:
    """A Chromium or Chrome that starts: `WRACA_CHROMIUM`, the PATH, or what `playwright install chromium` fetched."""
    for candidate in _browsers():
        if "Chrom" in _version(candidate):
            return candidate
    raise NoProgram(
        "The browser tests need Chromium, and none was found. On Debian: apt-get install chromium. "
        "On Ubuntu: .venv/bin/playwright install --with-deps chromium. Or set WRACA_CHROMIUM to its path."
    )


def find_firefox() -> Path:
    """A Firefox that starts: `WRACA_FIREFOX`, or the PATH."""
    for candidate in filter(None, (os.environ.get("WRACA_FIREFOX"), shutil.which("firefox-esr"), shutil.which("firefox"))):
        if "Firefox" in _version(Path(candidate)):
            return Path(candidate)
    raise NoProgram(
        "The tests of web push need Firefox, and none was found. On Debian: apt-get install firefox-esr. "
        "On Ubuntu its package is a snap: take Mozilla's own from https://packages.mozilla.org. Or set WRACA_FIREFOX to its path."
    )


def find_node() -> Path:
    """Node, new enough to have `node --test`."""
    found = shutil.which("node") or shutil.which("nodejs")
    said = _version(Path(found)) if found else ""
    match = re.match(r"v(\d+)\.", said)
    if found and match and int(match[1]) >= OLDEST_NODE:
        return Path(found)
    seen = f"{found} says {said or 'nothing'}" if found else "none was found"
    raise NoProgram(
        f"The storefront tests need Node {OLDEST_NODE} or newer; {seen}. On Debian or Ubuntu: apt-get install nodejs; "
        "newer ones are at https://nodejs.org."
    )


def find_gettext() -> Path:
    """xgettext, which collects the texts of the console's pages."""
    if found := shutil.which("xgettext"):
        return Path(found)
    raise NoProgram(
        "The test of the translations needs xgettext, and it was not found. On Debian or Ubuntu: apt-get install gettext."
    )


def _browsers() -> Iterator[Path]:
    if named := os.environ.get("WRACA_CHROMIUM"):
        yield Path(named)
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if found := shutil.which(name):
            yield Path(found)
    fetched = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    yield from sorted(fetched.glob("chromium-*/chrome-linux*/chrome"), reverse=True)


def _version(program: Path) -> str:
    """What it calls itself; empty where it does not start (Ubuntu's chromium-browser is only a pointer to a snap)."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

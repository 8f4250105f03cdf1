"""The browser snippet: its own tests run under node, and its size is what a shop pays for."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNIPPET = ROOT / "storefront" / "wraca.js"


@pytest.mark.parametrize("file", ["wraca", "adapters"])
def test_the_scripts_do_what_their_sentences_say(file: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node (18 or later) is needed to test storefront/wraca.js: install it, for example with `apt install nodejs`")

    ran = subprocess.run(
        [node, "--test", f"tests/storefront/{file}.test.mjs"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_snippet_stays_below_six_kilobytes_gzipped() -> None:
    assert len(gzip.compress(SNIPPET.read_bytes(), 9)) <= 6144


def test_everything_together_stays_below_fifteen_kilobytes_gzipped() -> None:
    parts = ("wraca.js", "popup.js", "popup.css", "adapters.js")
    assert sum(len(gzip.compress((SNIPPET.parent / part).read_bytes(), 9)) for part in parts) <= 15 * 1024


@pytest.mark.parametrize("part", ["popup.js", "adapters.js", "push.js", "wraca-sw.js"])
def test_no_part_of_the_script_can_run_what_it_is_told(part: str) -> None:
    source = (SNIPPET.parent / part).read_text("utf-8").replace("notificationclick", "")  # the name of an event

    forbidden = (
        "eval(",
        "new Function",
        "innerHTML",
        "insertAdjacentHTML",
        "document.write",
        ".cookie",
        'setAttribute("style',
        ".style.",
        "onclick",
    )
    assert not [word for word in forbidden if word in source]


def test_the_snippet_works_under_a_strict_content_security_policy() -> None:
    source = SNIPPET.read_text("utf-8")

    assert not [
        word for word in ("eval(", "new Function", "innerHTML", "document.write", ".cookie", "createElement") if word in source
    ]

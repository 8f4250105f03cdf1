"""The browser snippet: its own tests run under node, and its size is what a shop pays for."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNIPPET = ROOT / "storefront" / "wraca.js"


def test_the_snippet_does_what_its_sentences_say() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node (18 or later) is needed to test storefront/wraca.js: install it, for example with `apt install nodejs`")

    ran = subprocess.run(  # noqa: S603 - our own file, no outside input
        [node, "--test", "tests/storefront/wraca.test.mjs"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_snippet_stays_below_six_kilobytes_gzipped() -> None:
    assert len(gzip.compress(SNIPPET.read_bytes(), 9)) <= 6144


def test_the_snippet_works_under_a_strict_content_security_policy() -> None:
    source = SNIPPET.read_text("utf-8")

    assert not [word for word in ("eval(", "new Function", "innerHTML", "document.write", ".cookie", "createElement") if word in source]

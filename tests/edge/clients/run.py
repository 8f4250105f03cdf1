"""The official Node client and browser build of Segment, unchanged, against a real server: `make clients`.

Not a part of `make test`: it installs two packages from npm into a temporary folder. It needs npm, node and chromium, and fails
with a sentence where one of them or the registry is missing.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.edge.clients.browser_checks import browser_batches, browser_forbidden_page, browser_single_calls
from tests.edge.clients.node_checks import node_all_calls, node_busy, node_partly_bad

PACKAGES = ("@segment/analytics-node", "@segment/analytics-next")


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


if __name__ == "__main__":
    main()

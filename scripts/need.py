"""Make sure of the programs the tests need beside Python: `need.py postgresql chromium firefox node gettext`.

What is there is left alone. As root on Debian or Ubuntu the missing ones are installed by apt-get; otherwise this says exactly what
to install and fails, so that no test is left out in silence.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from wraca.testing.postgres import NoPostgres, find_binaries
from wraca.testing.programs import NoProgram, find_chromium, find_firefox, find_gettext, find_node

FINDERS: dict[str, Callable[[], Path]] = {
    "postgresql": find_binaries,
    "chromium": find_chromium,
    "firefox": find_firefox,
    "node": find_node,
    "gettext": find_gettext,
}
PACKAGES = {"postgresql": "postgresql", "chromium": "chromium", "firefox": "firefox-esr", "node": "nodejs", "gettext": "gettext"}


def main(wanted: Sequence[str]) -> int:
    """Return 0 when every wanted program is there, 1 otherwise."""
    missing = [name for name in wanted if _complaint(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(missing)
    complaints = [complaint for name in missing if (complaint := _complaint(name))]
    for complaint in complaints:
        print(f"- {complaint}", file=sys.stderr)
    if complaints:
        print("\nInstall what is named above, then run the same command again.", file=sys.stderr)
    return 1 if complaints else 0


def _complaint(name: str) -> str:
    """Why the program cannot be used; empty when it can."""
    try:
        FINDERS[name]()
    except (NoPostgres, NoProgram) as error:
        return str(error)
    return ""


def _install(missing: Sequence[str]) -> None:
    packages = [PACKAGES[name] for name in missing]
    # Ubuntu's package of Chromium only points to a snap, which does not run in containers: Playwright brings one instead.
    if "chromium" in packages and _is_ubuntu():
        packages.remove("chromium")
        _run([str(Path(sys.executable).with_name("playwright")), "install", "--with-deps", "chromium"])
    if packages:
        print(f"Installing {', '.join(packages)} by apt-get ...", flush=True)
        _run(["apt-get", "update", "-q"])
        _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages])


def _is_ubuntu() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "\nID=ubuntu" in f"\n{release.read_text()}"


def _run(command: Sequence[str]) -> None:
    # A failure shows in the output; what is still missing afterwards is named by main.
    subprocess.run(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

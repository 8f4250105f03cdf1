"""The types of the storefront's scripts, as their comments say, checked by TypeScript: `make types`.

TypeScript comes from npm into .venv/typescript, once per version.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "5.9.3"
ROOT = Path(__file__).parents[1]
PLACE = ROOT / ".venv" / "typescript"


def main() -> int:
    """0 when every script agrees with its types."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        print("npm and node are needed to check the types of the storefront: apt-get install npm", file=sys.stderr)
        return 1
    stamp, compiler = PLACE / VERSION, PLACE / "node_modules" / "typescript" / "bin" / "tsc"
    if not stamp.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(PLACE), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run([*command, f"typescript@{VERSION}"], env=os.environ, check=False)
        if done.returncode:
            print(f"npm could not fetch typescript {VERSION}; is its registry within reach?", file=sys.stderr)
            return 1
        stamp.touch()
    return subprocess.run([node, str(compiler), "--project", str(ROOT / "storefront" / "jsconfig.json")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

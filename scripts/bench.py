"""Run the benchmarks one after the other and show each figure against its bar: `bench.py [name ...]`.

A benchmark is a file in bench/ with a `__main__` part. Its last line is one JSON object: name, figure, unit, reference, ratio,
bar, ok. Exit status 1 when one misses its bar, breaks, or says nothing.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[1] / "bench"
SECONDS_EACH = 600


def main(names: Sequence[str]) -> int:
    """Run the named benchmarks, or all; return the exit status."""
    files = [file for file in sorted(BENCH.glob("*.py")) if "__main__" in file.read_text() and (not names or file.stem in names)]
    if unknown := set(names) - {file.stem for file in files}:
        print(f"No benchmark is called {', '.join(sorted(unknown))}: see {BENCH}", file=sys.stderr)
        return 2
    results = [_measure(file) for file in files]
    print()
    for result in results:
        print(_line(result))
    return 0 if results and all(result["ok"] for result in results) else 1


def _measure(file: Path) -> dict[str, Any]:
    print(f"\n==== {file.stem} ====", flush=True)
    try:
        done = subprocess.run([sys.executable, file], stdout=subprocess.PIPE, text=True, timeout=SECONDS_EACH, check=False)
    except subprocess.TimeoutExpired:
        return {"name": file.stem, "ok": False, "why": f"took more than {SECONDS_EACH} s"}
    print(done.stdout, end="", flush=True)
    last = done.stdout.strip().rpartition("\n")[2]
    try:
        result: dict[str, Any] = {"name": file.stem, **json.loads(last)}
        result["ok"] = result["ok"] is True and done.returncode == 0
    except (ValueError, TypeError, KeyError):
        return {"name": file.stem, "ok": False, "why": f"exit status {done.returncode}, and its last line is no result"}
    return result


def _line(result: dict[str, Any]) -> str:
    mark = "ok  " if result["ok"] else "MISS"
    if why := result.get("why"):
        return f"{mark} {result['name']}: {why}"
    figure = f"{result.get('figure')} {result.get('unit', '')}".strip()
    against = f"reference {result.get('reference')}, ratio {result.get('ratio')}, bar {result.get('bar')}"
    return f"{mark} {result['name']}: {figure} ({against})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

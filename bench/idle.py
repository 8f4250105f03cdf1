"""How much memory one idle `wraca serve` takes: all of Wraca in one process, on SQLite, after its first page was served."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

BAR = 150.0  # MB
_PATIENCE = 30.0  # seconds


def main() -> int:
    """Print the resident memory of the process and its children, beside a bare Python's."""
    with tempfile.TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = os.environ | {
            "WRACA_DATABASE_URL": f"sqlite:///{Path(directory) / 'wraca.db'}",
            "WRACA_LISTEN": f"127.0.0.1:{port}",
            "WRACA_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        command = [sys.executable, "-c", "from wraca.cli import main; main(['serve'])"]
        served = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for path in ("/healthz", "/console/", "/sdk/wraca.js"):
                _fetch(f"http://127.0.0.1:{port}{path}")
            time.sleep(3)
            figure = _resident(served.pid)
        finally:
            served.terminate()
            served.wait()
    bare = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    time.sleep(0.5)
    reference = _resident(bare.pid)
    bare.communicate(b"\n")
    result = {
        "name": "idle",
        "figure": round(figure, 1),
        "unit": "MB resident, one idle `wraca serve`",
        "reference": round(reference, 1),
        "ratio": round(figure / reference, 2),
        "bar": BAR,
        "ok": figure <= BAR,
    }
    print(json.dumps(result))
    return 0


def _resident(pid: int) -> float:
    process = psutil.Process(pid)
    resident: int = sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))
    return resident / 1e6


def _fetch(address: str) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answered
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())

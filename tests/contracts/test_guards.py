"""The guards around every test and every module do guard."""

import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READS_THE_CLOCK = '"""A door."""\n\nimport time\n\nNOW = time.time()\n'


def test_the_network_is_closed() -> None:
    with pytest.raises((UserWarning, RuntimeError), match=r"192\.0\.2\.1"), socket.socket() as line:
        line.connect(("192.0.2.1", 80))


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as line:
        assert line.getpeername() == server.getsockname()


def test_a_warning_is_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("soon to go", DeprecationWarning, stacklevel=1)


def test_the_local_time_zone_is_not_utc() -> None:
    assert time.timezone == -(5 * 60 + 45) * 60, "not Kathmandu's: is tzdata installed?"


@pytest.mark.parametrize(
    ("path", "allowed"), [("src/wraca/clock.py", True), ("src/wraca/app/door.py", False), ("bench/door.py", False)]
)
def test_only_the_clock_reads_the_wall_clock(path: str, allowed: bool) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "check", "--no-cache", "--select", "TID251", "--stdin-filename", path, "-"]
    done = subprocess.run(command, cwd=ROOT, input=READS_THE_CLOCK, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is allowed, done.stdout

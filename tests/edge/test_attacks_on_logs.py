"""What the log tells of a person who went through everything: nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_log_names_no_address_no_phone_and_no_token(database_url: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.edge.canary", database_url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3_000:]
    told = json.loads(ran.stdout)
    assert told["mails"] > 0
    assert len(told["tokens"]) > 2

    found = {secret: line for secret in told["secret"] for line in ran.stderr.splitlines() if secret in line}

    assert found == {}
    lines = [json.loads(line) for line in ran.stderr.splitlines()]  # one event a line: nobody's line feed made another
    events = {line["event"] for line in lines}
    assert {"request", "request failed", "message could not be made", "message is uncertain"} <= events
    assert {line["route"] for line in lines if line["event"] == "request"} >= {"/v1/batch", "/r/{token}", "/u/{token}"}

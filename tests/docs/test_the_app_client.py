"""The client of docs/howto/in-your-app.md runs as it stands there, against the real edge."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.edge.pretend import APP, Behind
from wraca.edge import edge_app

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "in-your-app.md").read_text(encoding="utf-8")


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def host(behind: Behind) -> Iterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(edge_app(behind.services()), log_level="error"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def client(host: str) -> Any:  # noqa: ANN401  (a class of the documentation)
    made: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], made)
    return made["WracaCards"](host, APP, "installation-4711")


def test_it_shows_what_is_there_and_says_what_became_of_it(host: str, behind: Behind) -> None:
    cards = client(host)
    [card] = cards.cards("home", "pl")
    cards.shown(card)
    cards.clicked(card)
    cards.closed(card)

    [(_, asked)] = behind.asked
    assert (asked.anonymous_id, asked.path, asked.device, asked.language) == ("installation-4711", "/home", "phone", "pl")
    assert behind.deeds == [("installation-4711", "p:exit", deed) for deed in ("shown", "clicked", "closed")]


def test_a_host_that_is_away_means_nothing_to_show() -> None:
    assert client("http://127.0.0.1:1").cards("home") == []

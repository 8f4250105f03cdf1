"""The official Node client."""

import json
import subprocess
import threading
from pathlib import Path

from tests.edge.clients.server import Shop, expect, serving
from tests.edge.pretend import SERVER
from wraca.domain.events import LineAdded, OrderPlaced

HERE = Path(__file__).parent


def node(folder: Path, port: int, mode: str) -> dict[str, list[object]]:
    """Run the Node client; what it saw."""
    command = ["node", str(HERE / "node.mjs"), str(folder), f"http://127.0.0.1:{port}", SERVER, mode]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    seen: dict[str, list[object]] = json.loads(done.stdout)
    return seen


def node_all_calls(folder: Path) -> None:
    """Every call of the Node client arrives with its values."""
    behind = Shop()
    with serving(behind) as port:
        seen = node(folder, port, "good")
    by_name = {event.name: event for event in behind.committed}
    expect(seen == {"statuses": [200], "failures": []}, seen)
    names = {"Identified", "Product Added", "Order Completed", "Page Viewed", "Screen Viewed", "Aliased", "Grouped"}
    expect(set(by_name) == names, sorted(by_name))
    added, order = by_name["Product Added"].body, by_name["Order Completed"].body
    expect(isinstance(added, LineAdded) and (added.line.price, added.line.quantity) == (1999, 2), added)
    expect(isinstance(order, OrderPlaced) and order.total == 3998, order)
    expect(any(one.value == "ann@example.com" for one in by_name["Identified"].identities), by_name["Identified"])


def node_partly_bad(folder: Path) -> None:
    """A batch that stays wrong is answered once and not repeated; its good events are kept."""
    behind = Shop()
    with serving(behind) as port:
        seen = node(folder, port, "bad")
    expect(seen["statuses"] == [400], seen)
    expect([event.name for event in behind.committed] == ["Product Viewed"], behind.committed)


def node_busy(folder: Path) -> None:
    """A busy answer is repeated until it is taken."""
    behind = Shop(busy=True)
    with serving(behind) as port:
        threading.Timer(1.0, behind.recover).start()
        seen = node(folder, port, "good")
    expect(seen["statuses"][0] == 503 and seen["statuses"][-1] == 200, seen)
    expect(len(behind.committed) == 7, len(behind.committed))

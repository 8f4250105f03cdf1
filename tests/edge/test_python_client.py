"""The official Python client of Segment, unchanged, against a real server on loopback."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import segment.analytics as official  # type: ignore[import-untyped]
import uvicorn

from tests.edge.pretend import SERVER, Behind
from wraca.domain.events import Identified, IdentityKind, LineAdded, OrderPlaced, Seen
from wraca.edge import edge_app


@pytest.fixture
def address(behind: Behind) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(edge_app(behind.services()), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("packed", [False, True])
def test_all_calls_of_the_client_arrive(behind: Behind, address: str, packed: bool) -> None:
    failures: list[object] = []
    client = official.Client(SERVER, host=address, gzip=packed, on_error=lambda error, _items: failures.append(error))
    products = [{"product_id": "p1", "price": 19.99, "quantity": 2}]

    client.identify("u1", {"email": "Ann@Example.com", "first_name": "Ann", "phone": "+48 601 234 567"})
    client.track("u1", "Product Added", products[0])
    client.track("u1", "Order Completed", {"order_id": "o1", "total": "39.98", "currency": "PLN", "products": products})
    client.page("u1", "Docs", "Cart", {"url": "https://shop.example/cart"})
    client.screen("u1", "App", "Cart")
    client.alias("anon-1", "u1")
    client.group("u1", "g1", {"name": "Readers"})
    client.flush()
    client.shutdown()

    assert failures == []
    by_name = {event.name: event for event in behind.committed}
    assert set(by_name) == {
        "Identified",
        "Product Added",
        "Order Completed",
        "Page Viewed",
        "Screen Viewed",
        "Aliased",
        "Grouped",
    }
    assert {(one.kind, one.value) for one in by_name["Identified"].identities} == {
        (IdentityKind.USER, "u1"),
        (IdentityKind.EMAIL, "ann@example.com"),
        (IdentityKind.PHONE, "+48601234567"),
    }
    assert isinstance(by_name["Identified"].body, Identified)
    added, order, page = (by_name[name].body for name in ("Product Added", "Order Completed", "Page Viewed"))
    assert isinstance(added, LineAdded)
    assert (added.line.price, added.line.quantity) == (1999, 2)
    assert isinstance(order, OrderPlaced)
    assert order.total == 3998
    assert page == Seen("", "https://shop.example/cart")


def test_the_client_drops_a_refused_event_and_keeps_the_good_ones(behind: Behind, address: str) -> None:
    failures: list[object] = []
    client = official.Client(SERVER, host=address, on_error=lambda error, _items: failures.append(error))

    client.track("u1", "Product Added", {"product_id": "p1", "price": "cheap"})
    client.track("u1", "Product Viewed", {"product_id": "p1"})
    client.flush()
    client.shutdown()

    # One answer, no repetition: a batch that stays wrong must not come back for twelve hours.
    assert len(failures) == 1
    assert "partly_rejected" in str(failures[0])
    assert [event.name for event in behind.committed] == ["Product Viewed"]


def test_the_client_comes_back_after_a_busy_answer(behind: Behind, address: str) -> None:
    behind.busy = True
    client = official.Client(SERVER, host=address)
    client.track("u1", "Product Viewed", {"product_id": "p1"})
    time.sleep(1.0)
    assert behind.committed == []

    behind.busy = False
    client.flush()
    client.shutdown()

    assert [event.name for event in behind.committed] == ["Product Viewed"]

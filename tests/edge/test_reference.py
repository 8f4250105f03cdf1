"""The reference says what the edge serves and how much of it."""

from pathlib import Path

from starlette.routing import Route

from tests.edge.pretend import Behind
from wraca.edge import Limits, edge_app
from wraca.edge.errors import _STATUS

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "http.md").read_text()


def test_the_reference_names_every_path() -> None:
    paths = [route.path for route in edge_app(Behind().services()).routes if isinstance(route, Route)]
    long = [path for path in paths if not path.startswith("/v1/") or len(path.split("/")[2]) > 1]

    missing = [path for path in long if path.replace("{index:int}", "{number}") not in REFERENCE and path[4:] not in REFERENCE]

    assert missing == []


def test_the_reference_tells_the_limits() -> None:
    limits = Limits()
    told = [
        f"{limits.browser_body // 1024} kB | {limits.server_body // 1024} kB",
        f"{limits.browser_items:,} | {limits.server_items:,}",
        f"{limits.per_shop.per_second:,} and {limits.per_shop.burst:,} | ",
        f"{limits.per_server.per_second:,} and {limits.per_server.burst:,}",
        f"{limits.per_address.per_second:,} and {limits.per_address.burst:,}",
        f"{limits.per_visitor.per_second:,} and {limits.per_visitor.burst:,}",
    ]

    assert [line for line in told if line not in REFERENCE] == []


def test_the_reference_tells_every_status() -> None:
    assert [status for status in _STATUS.values() if status != 405 and str(status) not in REFERENCE] == []

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.edge.pretend import Behind
from wraca.edge import edge_app


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def client(behind: Behind) -> Iterator[TestClient]:
    with TestClient(edge_app(behind.services()), follow_redirects=False, raise_server_exceptions=False) as opened:
        yield opened

"""The edge in a process of its own, to be flooded: `python -m tests.edge.flooded PORT rate|queue`."""

import sys
import time
from collections.abc import Sequence

import uvicorn

from tests.edge.pretend import Behind
from wraca.domain.events import Event, Instant
from wraca.domain.ids import ShopId
from wraca.edge import Limits, Rate, edge_app

_COMMIT = 0.004  # seconds: a slow disk
LIMITS = {
    # A shop may send 50 events a second: beyond that the answer is 429.
    "rate": Limits(per_server=Rate(50, 100), misses=Rate(0.5, 60), remembered=1_000),
    # No speed limit, but a disk that cannot follow and little room to wait: the answer is 503.
    "queue": Limits(per_server=Rate(0, 0), misses=Rate(0.5, 60), remembered=1_000, waiting=40, group=10),
}


class Slow(Behind):
    """Commits slowly and counts only: what it keeps does not grow."""

    def take_in(self, _bucket: int, arrivals: Sequence[tuple[ShopId, Sequence[Event]]], _now: Instant) -> Sequence[int]:
        time.sleep(_COMMIT)
        return [0] * len(arrivals)


if __name__ == "__main__":
    uvicorn.run(
        edge_app(Slow(limits=LIMITS[sys.argv[2]]).services()),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )

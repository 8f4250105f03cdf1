"""How fast senders may go, and how often they may guess."""

import time
from collections import Counter
from collections.abc import Sequence

from starlette.requests import Request

from wraca.app.answers import KeyHolder
from wraca.domain.events import Event, IdentityKind
from wraca.edge.errors import TOO_FAST
from wraca.edge.keys import rate_name
from wraca.edge.rates import Buckets
from wraca.edge.services import Limits


class Guesses:
    """Wrong keys and tokens, counted per sender. Right ones cost nothing: mail programs of many people share few addresses."""

    def __init__(self, limits: Limits) -> None:
        self._misses = Buckets(limits.misses, limits.remembered)

    def allow(self, request: Request) -> None:
        """Raises Problem when this sender was wrong too often: it then hears no more, right or wrong."""
        if self._misses.is_empty(rate_name(request), time.monotonic()):
            raise TOO_FAST.anew()

    def missed(self, request: Request) -> None:
        """This sender was wrong once more."""
        self._misses.take(rate_name(request), 1, time.monotonic())


class Pace:
    """Events per second of one address, one visitor, one shop."""

    def __init__(self, limits: Limits) -> None:
        self._addresses = Buckets(limits.per_address, limits.remembered)
        self._visitors = Buckets(limits.per_visitor, limits.remembered)
        self._shops = Buckets(limits.per_shop, limits.remembered)
        self._servers = Buckets(limits.per_server, limits.remembered)

    def allow(self, request: Request, holder: KeyHolder, events: Sequence[Event]) -> None:
        """Raises Problem when these events are too many for now."""
        at, cost, shop = time.monotonic(), float(len(events)), holder.shop.id
        if holder.kind == "server":
            passes = self._servers.take(shop, cost, at)
        else:
            passes = self._addresses.take(f"{shop} {rate_name(request)}", cost, at) and self._shops.take(shop, cost, at)
            passes = passes and all(self._visitors.take(f"{shop} {name}", pieces, at) for name, pieces in _visitors(events).items())
        if not passes:
            raise TOO_FAST.anew()


def _visitors(events: Sequence[Event]) -> Counter[str]:
    return Counter(one.value for event in events for one in event.identities if one.kind is IdentityKind.ANONYMOUS)

"""How fast one address, visitor or shop may go: token buckets, a bounded number of them."""

from wraca.edge.services import Rate


class Buckets:
    """One bucket per name. The least recently used are forgotten (and are full again), so a flood of names costs no memory."""

    def __init__(self, rate: Rate, remembered: int) -> None:
        self._rate = rate
        self._remembered = remembered
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, cost: float, at: float) -> bool:
        """Whether `cost` tokens are there at the moment `at` (monotonic seconds); they are taken if so."""
        rate = self._rate
        if rate.per_second <= 0:
            return True
        level, since = self._levels.pop(name, (rate.burst, at))
        level = min(rate.burst, level + (at - since) * rate.per_second)
        # More than the bucket holds is let through when it is full: otherwise it could never pass.
        passes = level >= min(cost, rate.burst)
        self._levels[name] = (max(0.0, level - cost) if passes else level, at)
        if len(self._levels) > self._remembered:
            del self._levels[next(iter(self._levels))]
        return passes

    def is_empty(self, name: str, at: float) -> bool:
        """Whether not even one token is left; takes none."""
        if self._rate.per_second <= 0 or name not in self._levels:
            return False
        level, since = self._levels[name]
        return level + (at - since) * self._rate.per_second < 1

    def __len__(self) -> int:
        return len(self._levels)

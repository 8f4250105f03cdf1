"""What messages cost, and how much of it a shop allows in a day (trust S16).

Amounts are millionths of the shop's currency ("micros"): a part of an SMS costs fractions of a cent. Before a message leaves, the
most that it may cost is set aside; what it really cost takes its place afterwards. So a cap is never passed, whoever sends.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from wraca.domain.events import Instant

MICROS = 1_000_000
WARNS_AT = 80  # percent of the cap
MOST_PARTS = 3  # of one message, where the settings do not say
_EVERYWHERE = "*"
_DEAREST = Decimal(100)  # for one part: a price above it is a slip of the pen
_MOST = Decimal(1_000_000)
_PAIR = re.compile(r"([A-Z]{2}|\*)\s*[:=]?\s*([0-9]+(?:\.[0-9]+)?)")


class Budget(msgspec.Struct, frozen=True):
    """Prices of one part by country, with "*" for every other; the most to be spent in a day; the most parts of one message."""

    prices: Mapping[str, int] = {}
    cap: int | None = None
    most_parts: int = MOST_PARTS

    def price(self, country: str) -> int:
        """Of one part. Where nobody said one, the dearest that was said: to be on the safe side."""
        found = self.prices.get(country, self.prices.get(_EVERYWHERE))
        return max(self.prices.values(), default=0) if found is None else found


class Reserved(msgspec.Struct, frozen=True):
    """What was set aside for a message, or cost in the end, and on which of the shop's days."""

    day: int
    micros: int
    parts: int

    def costing(self, parts: int) -> "Reserved":
        """The same, for as many parts as it turned out to be."""
        each = self.micros // self.parts if self.parts else 0
        return msgspec.structs.replace(self, micros=each * parts, parts=parts)


def read_prices(said: str) -> dict[str, int]:
    """`PL 0.07, BG 0.09, * 0.12` by country, in micros. Raises ValueError with what to write."""
    prices = {}
    for pair in filter(None, (part.strip().upper() for part in re.split(r"[;\n]|,(?!\d)", said))):
        found = _PAIR.fullmatch(pair.replace(",", "."))
        if found is None or Decimal(found[2]) > _DEAREST:
            raise ValueError(f"{pair[:20]!r} is no price: write a country and what one part costs there, such as PL 0.07, * 0.12")
        prices[found[1]] = int(Decimal(found[2]) * MICROS)
    return prices


def read_cap(said: str) -> int | None:
    """`50` or `49.90` in micros; None for nothing. Raises ValueError."""
    if not said.strip():
        return None
    try:
        amount = Decimal(said.strip().replace(",", "."))
    except InvalidOperation:
        amount = Decimal(-1)
    if not 0 <= amount <= _MOST:
        raise ValueError("the most to be spent in a day is an amount such as 50 or 49.90")
    return int(amount * MICROS)


def read_budget(settings: Mapping[str, object]) -> Budget | None:
    """The budget in a channel's settings; None where nothing is counted. Raises ValueError for what cannot be read."""
    prices = read_prices(str(settings.get("prices") or ""))
    cap = read_cap(str(settings.get("daily_cap") or ""))
    if cap is not None and not prices:
        raise ValueError("a daily cap needs prices: write what one part costs, such as PL 0.07, * 0.12")
    if not prices:
        return None
    parts = str(settings.get("max_parts") or MOST_PARTS)
    return Budget(prices, cap, max(1, int(parts)) if parts.isdigit() else MOST_PARTS)


def day_of(now: Instant, timezone: str) -> int:
    """The shop's day: how many since 1970-01-01."""
    return (_local(now, timezone).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days


def next_day(now: Instant, timezone: str) -> Instant:
    """When the shop's next day begins."""
    local = _local(now, timezone)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=local.tzinfo)
    return max(now + 1, int(midnight.timestamp() * 1000))


def _local(now: Instant, timezone: str) -> datetime:
    try:
        zone: ZoneInfo | None = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = None
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone or UTC)

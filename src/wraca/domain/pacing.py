"""How fast messages may leave: limits of the merchant, and what a provider asked for by throttling us.

A limit is "so many in so long" ("20/s", "600/m", "5000/d") and holds for EVERY window of that length: a short burst of a tenth
may go at once, the rest follows evenly. When a provider answers 421 or 4.7.x, only its group of recipients slows down: to half at
once, and back by a twentieth of the full speed for each minute without another such answer.
"""

import re
from collections.abc import Mapping

import msgspec

from wraca.domain.events import Instant

_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LIMIT = re.compile(r"(\d{1,9})\s*/\s*([smhd])")
_HOUR, _MINUTE, _DAY = 3_600_000, 60_000, 86_400_000
_FULL_SPEED = 36_000  # messages per hour to one group of recipients, where the merchant set no limit: 10 a second
_SLOWEST = 60  # messages per hour
_ONE_ANSWER = 30_000  # ms: what was handed over together is refused together, and counts once
_LONGEST_HOLD = 5 * _MINUTE  # then it is judged again: the pace may have changed

# Mail domains that are one provider's: their limits are counted together.
_GROUPS: Mapping[str, str] = {
    domain: group
    for group, domains in {
        "gmail": "gmail.com googlemail.com",
        "yahoo": "yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.pl ymail.com rocketmail.com aol.com",
        "outlook": "outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de live.com msn.com outlook.de outlook.fr",
        "icloud": "icloud.com me.com mac.com",
        "wp": "wp.pl o2.pl tlen.pl go2.pl",
        "interia": "interia.pl interia.eu interia.com poczta.fm vip.interia.pl",
        "onet": "onet.pl onet.eu op.pl vp.pl poczta.onet.pl poczta.onet.eu spoko.pl autograf.pl buziaczek.pl amorki.pl",
        "abv": "abv.bg gyuvetch.bg",
        "mail.bg": "mail.bg",
    }.items()
    for domain in domains.split()
}
_ALIASES = {"o2": "wp"}
_THROTTLED = re.compile(r"(^|\D)421(\D|$)|\b4\.7\.\d+|throttl|rate.?limit|too many (messages|connections)", re.IGNORECASE)
_NOT_THROTTLED = re.compile(r"gr[ea]y.?list", re.IGNORECASE)  # greylisting uses 4.7.1 too and asks each message once to come back


class Limit(msgspec.Struct, frozen=True):
    """At most `most` messages in any `per` milliseconds."""

    most: int
    per: int

    @property
    def burst(self) -> int:
        return max(1, self.most // 10)

    @property
    def interval(self) -> int:
        """Microseconds between two messages, such that burst and the rest of a window make `most`."""
        return -(-self.per * 1000 // (self.most - self.burst + 1))

    @property
    def per_hour(self) -> int:
        return max(1, self.most * _HOUR // self.per)


class Limits(msgspec.Struct, frozen=True):
    """What a merchant allows. `groups` is by provider group; "*" is for every group without its own."""

    shop: Limit | None = None
    domain: Limit | None = None
    groups: Mapping[str, Limit] = {}

    def of_group(self, group: str) -> Limit | None:
        return self.groups.get(group) or self.groups.get("*")


class Pace(msgspec.Struct, frozen=True):
    """How far a limit is used up: see storage/models/deliverability.py."""

    free_at: int = 0  # microseconds
    slow_rate: int = 0
    slow_at: Instant = 0
    day: int = 0
    used: int = 0


def read_limit(text: str) -> Limit:
    """Read "20/s" as Limit(20, 1000). Raises ValueError with what to write."""
    found = _LIMIT.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise ValueError(f"{text.strip()!r} is no limit: write for instance 20/s, 600/m, 5000/h or 20000/d")
    return Limit(int(found[1]), _UNITS[found[2]])


def read_limits(text: str) -> Limits:
    """Read "shop 600/m, domain 10/s, gmail 20/s, * 5/s", as it stands in a channel's settings. Raises ValueError."""
    named: dict[str, Limit] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, limit = part.partition(" ")
        named[_ALIASES.get(name.lower(), name.lower())] = read_limit(limit)
    return Limits(named.pop("shop", None), named.pop("domain", None), named)


def group_of(address: str) -> str:
    """Whose mailbox it is: a provider's name, or the mail domain itself."""
    domain = address.rpartition("@")[2].lower()
    return _GROUPS.get(domain, domain)


def rate(pace: Pace, limit: Limit | None, now: Instant) -> int:
    """Messages per hour that a group gets now: less than its full speed while it recovers from a throttling answer."""
    full = limit.per_hour if limit else _FULL_SPEED
    if not pace.slow_rate:
        return full
    return min(full, pace.slow_rate + max(1, full // 20) * max(0, (now - pace.slow_at) // _MINUTE))


def is_slow(pace: Pace, limit: Limit | None, now: Instant) -> bool:
    """Whether it is still below its full speed."""
    return rate(pace, limit, now) < rate(Pace(), limit, now)


def recovered_before(now: Instant) -> Instant:
    """Whoever was slowed before this moment is back at full speed by now, whatever the limit."""
    return now - 21 * _MINUTE


def slowed(pace: Pace, limit: Limit | None, now: Instant) -> Pace:
    """After a throttling answer: half the speed, and a pause of one interval."""
    if pace.slow_rate and 0 <= now - pace.slow_at < _ONE_ANSWER:
        return pace
    half = max(_SLOWEST, rate(pace, limit, now) // 2)
    free_at = max(pace.free_at, now * 1000 + _HOUR * 1000 // half)
    return msgspec.structs.replace(pace, slow_rate=half, slow_at=now, free_at=free_at)


def take(pace: Pace, limit: Limit | None, now: Instant) -> tuple[Pace, Instant]:
    """One message at `now`: the new pace and 0, or the pace as it was and when to come back (at most five minutes later)."""
    interval, burst = (limit.interval, limit.burst) if limit else (0, 1)
    if is_slow(pace, limit, now):
        interval, burst = max(interval, _HOUR * 1000 // rate(pace, limit, now)), 1
    if not interval:
        return pace, 0
    earliest = pace.free_at - (burst - 1) * interval
    if now * 1000 < earliest:
        return pace, min(-(-earliest // 1000), now + _LONGEST_HOLD)
    return msgspec.structs.replace(pace, free_at=max(pace.free_at, now * 1000) + interval), 0


def interval_of(pace: Pace, limit: Limit | None, now: Instant) -> int:
    """Milliseconds between two messages at the present speed, at least 1: how far apart those that wait come back."""
    slow = _HOUR // rate(pace, limit, now) if is_slow(pace, limit, now) else 0
    return max(1, slow, limit.interval // 1000 if limit else 0)


def day_of(now: Instant) -> int:
    """Days since 1970, in UTC."""
    return now // _DAY


def take_trial(pace: Pace, most: int, now: Instant) -> tuple[Pace, Instant]:
    """One message of an unproven domain, `most` on a UTC day: the new pace and 0, or the pace and when the next day starts."""
    day = day_of(now)
    used = pace.used if pace.day == day else 0
    if used >= most:
        return pace, (day + 1) * _DAY
    return msgspec.structs.replace(pace, day=day, used=used + 1), 0


def is_throttling(detail: str) -> bool:
    """Whether the other side's words ask us to write to its people more slowly."""
    return bool(_THROTTLED.search(detail)) and not _NOT_THROTTLED.search(detail)

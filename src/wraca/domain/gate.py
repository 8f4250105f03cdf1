"""The gate: every reason not to send a message now, in one list, asked in the transaction that writes `sending`.

The answer comes with all its reasons. Some end the message (skip), some keep it until they are gone (hold), some give it a later
time (postpone). Who is held out of a journey for comparison passes every other check first: only then would they have got it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from wraca.domain.consent import Permission
from wraca.domain.events import Instant
from wraca.domain.shop import Manners

_DAY = 24 * 3600 * 1000
_MINUTE = 60 * 1000
_MORNING = 30 * _MINUTE  # over which the messages of a night are spread
_FAULT_PAUSE = 15 * _MINUTE


class Silence(StrEnum):
    """A reason not to send."""

    ORDERED = "ordered"
    EMPTIED = "emptied"
    ERASED = "erased"
    NO_ADDRESS = "no_address"
    NO_PERMISSION = "no_permission"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    NOTHING_TO_SHOW = "nothing_to_show"
    TOO_LATE = "too_late"
    STOPPED = "stopped"
    MOVED = "moved"  # to another person, when two turned out to be one
    FAULT = "fault"  # of ours: judging or making it failed
    PAUSED = "paused"
    CHANNEL_PAUSED = "channel_paused"
    NOT_CONNECTED = "not_connected"
    FEED_STALE = "feed_stale"
    DOMAIN_UNPROVEN = "domain_unproven"  # and the trial volume of the day is used up
    PACED = "paced"  # a limit, the shop's or the recipients' provider's: it waits its turn
    ACTIVE = "active"  # the person is in the shop just now
    QUIET_HOURS = "quiet_hours"
    AFTER_ORDER = "after_order"
    ENOUGH_TODAY = "enough_today"
    ENOUGH_THIS_WEEK = "enough_this_week"
    HOLDOUT = "holdout"


class Known(msgspec.Struct, frozen=True):
    """All that the gate looks at, read in its transaction. `sent` are the instants of this person's messages of the last week.

    `spread` (0.0-1.0) is the message's own place in a crowd: what the night kept back does not leave all at once in the morning.
    """

    permission: Permission
    deadline: Instant
    is_ordered: bool = False
    is_emptied: bool = False
    is_erased: bool = False
    run_ended: bool = False
    has_moved: bool = False
    quiet_at: Instant = 0  # from then on the cart counts as left alone
    suppressed: str = ""
    things_to_show: int = 1
    paused: bool = False  # the installation or the shop
    connected: bool = True
    channel_paused_until: Instant = 0
    feed_at: Instant = 0  # orders are known up to here
    feed_limit: int = 0
    last_order_at: Instant = 0
    sent: tuple[Instant, ...] = ()
    timezone: str = "UTC"
    manners: Manners = Manners()
    held_out: bool = False
    spread: float = 0.0


class Pass(msgspec.Struct, frozen=True):
    """Send it now."""


class Skip(msgspec.Struct, frozen=True):
    """It must not be sent any more."""

    reasons: tuple[Silence, ...]


class Hold(msgspec.Struct, frozen=True):
    """It waits until the reasons are gone; look again at `until`."""

    reasons: tuple[Silence, ...]
    until: Instant


class Postpone(msgspec.Struct, frozen=True):
    """It gets a later time, and a new deadline with it."""

    reasons: tuple[Silence, ...]
    until: Instant


class Ghost(msgspec.Struct, frozen=True):
    """It would have been sent; the person is held out for comparison."""


Answer: TypeAlias = Pass | Skip | Hold | Postpone | Ghost
_Until: TypeAlias = Callable[[Known, Instant], Instant]  # 0: no objection

_ENDS: tuple[tuple[Silence, Callable[[Known, Instant], bool]], ...] = (
    (Silence.ORDERED, lambda known, _: known.is_ordered),
    (Silence.ERASED, lambda known, _: known.is_erased),
    (Silence.OPTED_OUT, lambda known, _: known.permission.objection == "opted_out"),
    (Silence.SUPPRESSED, lambda known, _: bool(known.suppressed)),
    (Silence.NO_ADDRESS, lambda known, _: known.permission.objection == "no_address"),
    (Silence.NO_PERMISSION, lambda known, _: known.permission.objection == "no_permission"),
    (Silence.EMPTIED, lambda known, _: known.is_emptied),
    (Silence.NOTHING_TO_SHOW, lambda known, _: known.things_to_show == 0 and not known.is_emptied),
    (Silence.STOPPED, lambda known, _: known.run_ended),
    (Silence.TOO_LATE, lambda known, now: now > known.deadline),
)


def _feed(known: Known, now: Instant) -> Instant:
    return now + _MINUTE if now - known.feed_at > known.feed_limit else 0


def _frees(known: Known, now: Instant, most: int, window: int) -> Instant:
    """When the oldest of the `most` newest messages in the window leaves it."""
    recent = sorted(at for at in known.sent if at > now - window)
    return recent[-most] + window + 1 if len(recent) >= most else 0


def _after(moment: Instant, silence: int, now: Instant) -> Instant:
    return moment + silence if moment and now < moment + silence else 0


def _quiet(known: Known, now: Instant) -> Instant:
    start, end = known.manners.quiet_from, known.manners.quiet_until
    if start is None or end is None or start == end:
        return 0
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(known.timezone))
    is_quiet = (local.hour >= start or local.hour < end) if start > end else start <= local.hour < end
    if not is_quiet:
        return 0
    opens = local.replace(hour=end, minute=0, second=0, microsecond=0)
    if opens <= local:
        opens += timedelta(days=1)  # civil time: the day after may have 23 or 25 hours
    opens_at = int(opens.astimezone(UTC).timestamp() * 1000)
    return max(now + _MINUTE, opens_at + int(known.spread * _MORNING))


_HOLDS: tuple[tuple[Silence, _Until], ...] = (
    (Silence.PAUSED, lambda known, now: now + _MINUTE if known.paused else 0),
    (Silence.NOT_CONNECTED, lambda known, now: 0 if known.connected else now + 5 * _MINUTE),
    (Silence.CHANNEL_PAUSED, lambda known, now: known.channel_paused_until if known.channel_paused_until > now else 0),
    (Silence.FEED_STALE, _feed),
)

_LATER: tuple[tuple[Silence, _Until], ...] = (
    (Silence.ACTIVE, lambda known, now: known.quiet_at if known.quiet_at > now else 0),
    (Silence.AFTER_ORDER, lambda known, now: _after(known.last_order_at, known.manners.silence_after_order, now)),
    (Silence.ENOUGH_TODAY, lambda known, now: _frees(known, now, known.manners.per_day, _DAY)),
    (Silence.ENOUGH_THIS_WEEK, lambda known, now: _frees(known, now, known.manners.per_week, 7 * _DAY)),
    (Silence.QUIET_HOURS, _quiet),
)


def judge(known: Known, now: Instant) -> Answer:
    """What happens to a message that is due now."""
    if known.has_moved:  # whatever else is known is known of somebody else
        return Hold((Silence.MOVED,), now)
    if ends := tuple(silence for silence, applies in _ENDS if applies(known, now)):
        return Skip(ends)
    for answer, checks in ((Hold, _HOLDS), (Postpone, _LATER)):
        objections = [(silence, until) for silence, check in checks if (until := check(known, now))]
        if objections:
            return answer(tuple(silence for silence, _ in objections), max(until for _, until in objections))
    return Ghost() if known.held_out else Pass()


def failed(now: Instant) -> Answer:
    """What happens to a message that could not even be judged: others go on, it is looked at again until it is too late."""
    return Hold((Silence.FAULT,), now + _FAULT_PAUSE)

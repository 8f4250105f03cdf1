"""The gate: every reason not to send a message now, in one list, asked in the transaction that writes `sending`.

The answer comes with all its reasons. Some end the message (skip), some keep it until they are gone (hold), some give it a later
time (postpone). Who is held out of a journey for comparison passes every other check first: only then would they have got it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

import msgspec

from wraca.domain.arbitration import NEVER, Told, Turn, goes_first, merged_into
from wraca.domain.calendar import Rest, next_open, objections, rest_of
from wraca.domain.consent import Permission
from wraca.domain.events import Instant
from wraca.domain.shop import Manners

_DAY = 24 * 3600 * 1000
_MINUTE = 60 * 1000
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
    OVERTAKEN = "overtaken"  # what began the journey is no longer so: the price rose again, a cart was begun
    MERGED = "merged"  # a journey at least as urgent has just told the person of this very cart
    STOPPED = "stopped"
    MOVED = "moved"  # to another person, when two turned out to be one
    FAULT = "fault"  # of ours: judging or making it failed
    PAUSED = "paused"
    CHANNEL_PAUSED = "channel_paused"
    NOT_CONNECTED = "not_connected"
    FEED_STALE = "feed_stale"
    DOMAIN_UNPROVEN = "domain_unproven"  # and the trial volume of the day is used up
    SPEND_CAP = "spend_cap"  # what the shop spends on this channel in a day is used up: it waits for tomorrow
    PACED = "paced"  # a limit, the shop's or the recipients' provider's: it waits its turn
    ACTIVE = "active"  # the person is in the shop just now
    OUTRANKED = "outranked"  # another journey has the person's ear
    QUIET_HOURS = "quiet_hours"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    AFTER_ORDER = "after_order"
    ENOUGH_TODAY = "enough_today"
    ENOUGH_THIS_WEEK = "enough_this_week"
    ENOUGH_ON_CHANNEL = "enough_on_channel"
    HOLDOUT = "holdout"


class Known(msgspec.Struct, frozen=True):
    """All that the gate looks at, read in its transaction. `sent` is what this person got within the last week.

    `spread` (0.0-1.0) is the message's own place in a crowd: what the night kept back does not leave all at once in the morning.
    """

    permission: Permission
    deadline: Instant
    channel: str = "email"
    is_ordered: bool = False
    is_emptied: bool = False
    is_erased: bool = False
    is_overtaken: bool = False
    run_ended: bool = False
    has_moved: bool = False
    quiet_at: Instant = 0  # from then on the cart counts as left alone
    suppressed: str = ""
    things_to_show: int = 1
    paused: bool = False  # the installation or the shop
    connected: bool = True
    may_wait_for_connection: bool = True  # the journey has no other channel to go on with
    channel_paused_until: Instant = 0
    feed_at: Instant = 0  # orders are known up to here
    feed_limit: int = 0
    last_order_at: Instant = 0
    sent: tuple[Told, ...] = ()
    sent_by_run: int = 0  # messages of this very run over this channel, ever
    turn: Turn = Turn()
    country: str = ""  # the person's, else the shop's
    timezone: str = "UTC"
    manners: Manners = Manners()
    held_out: bool = False
    spread: float = 0.0

    @property
    def rest(self) -> Rest:
        """When this channel keeps still for this person."""
        return rest_of(self.manners, self.channel, self.country)


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


def _has_no_connection(known: Known, _now: Instant) -> bool:
    """Not connected, and waiting would not help: the journey has other channels, or there is no address to wait for."""
    return not known.connected and not (known.may_wait_for_connection and known.permission.objection != "no_address")


def _had_enough_of_run(known: Known, _now: Instant) -> bool:
    most = known.manners.caps_on(known.channel).per_run
    return most is not None and known.sent_by_run >= most


_ENDS: tuple[tuple[Silence, Callable[[Known, Instant], bool]], ...] = (
    (Silence.ORDERED, lambda known, _: known.is_ordered),
    (Silence.ERASED, lambda known, _: known.is_erased),
    (Silence.OPTED_OUT, lambda known, _: known.permission.objection == "opted_out"),
    (Silence.SUPPRESSED, lambda known, _: bool(known.suppressed)),
    (Silence.NOT_CONNECTED, _has_no_connection),
    (Silence.NO_ADDRESS, lambda known, _: known.permission.objection == "no_address"),
    (Silence.NO_PERMISSION, lambda known, _: known.permission.objection == "no_permission"),
    (Silence.EMPTIED, lambda known, _: known.is_emptied),
    (Silence.OVERTAKEN, lambda known, _: known.is_overtaken),
    (Silence.NOTHING_TO_SHOW, lambda known, _: known.things_to_show == 0 and not known.is_emptied),
    (Silence.STOPPED, lambda known, _: known.run_ended),
    (Silence.TOO_LATE, lambda known, now: now > known.deadline),
    (Silence.MERGED, lambda known, now: merged_into(known.turn, known.sent, now) is not None),
    (Silence.ENOUGH_ON_CHANNEL, _had_enough_of_run),
)


def _feed(known: Known, now: Instant) -> Instant:
    return now + _MINUTE if now - known.feed_at > known.feed_limit else 0


def _frees(known: Known, now: Instant, most: int | None, window: int, channel: str = "") -> Instant:
    """When the oldest of the `most` newest messages (over this channel; "" is any) in the window leaves it."""
    if most is None or len(known.sent) < most:
        return 0
    recent = sorted(one.at for one in known.sent if one.at > now - window and channel in {"", one.channel})
    return recent[-most] + window + 1 if len(recent) >= most else 0


def _channel_frees(known: Known, now: Instant) -> Instant:
    caps = known.manners.caps_on(known.channel)
    return max(
        _frees(known, now, caps.per_day, _DAY, known.channel),
        _frees(known, now, caps.per_week, 7 * _DAY, known.channel),
    )


def _after(moment: Instant, silence: int, now: Instant) -> Instant:
    return moment + silence if moment and now < moment + silence else 0


def _others_first(known: Known, now: Instant) -> Instant:
    first = goes_first(known.turn, known.sent, known.manners.between_journeys, now)
    return first.until if first else 0


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
    (Silence.ENOUGH_ON_CHANNEL, _channel_frees),
    (Silence.OUTRANKED, _others_first),
)


def judge(known: Known, now: Instant) -> Answer:
    """What happens to a message that is due now."""
    if known.has_moved:  # whatever else is known is known of somebody else
        return Hold((Silence.MOVED,), now)
    if ends := tuple(silence for silence, applies in _ENDS if applies(known, now)):
        return Skip(ends)
    if holds := _objections(_HOLDS, known, now):
        return Hold(tuple(holds), max(holds.values()))
    if later := _objections(_LATER, known, now) | _kept_still(known, now):
        return _postponed(known, later)
    return Ghost() if known.held_out else Pass()


def _objections(checks: tuple[tuple[Silence, _Until], ...], known: Known, now: Instant) -> dict[Silence, Instant]:
    return {silence: until for silence, check in checks if (until := check(known, now))}


def _kept_still(known: Known, now: Instant) -> dict[Silence, Instant]:
    """What the hour and the day say against it: one answer for both, as the one often ends inside the other."""
    rest = known.rest
    if not (against := objections(rest, known.timezone, now)):
        return {}
    opens = max(now + _MINUTE, next_open(rest, known.timezone, now, known.spread))
    return {Silence(objection): opens for objection in against}


def _postponed(known: Known, later: dict[Silence, Instant]) -> Answer:
    """To a moment at which it may really go: what ends in the night goes on until the morning. Skipped where none will come."""
    if hopeless := tuple(silence for silence, until in later.items() if until >= NEVER):
        return Skip(hopeless)
    until = max(later.values())
    opens = next_open(known.rest, known.timezone, until, known.spread)
    if opens >= NEVER:
        return Skip((*later, Silence.QUIET_HOURS))
    return Postpone(tuple(later), opens)


def failed(now: Instant) -> Answer:
    """What happens to a message that could not even be judged: others go on, it is looked at again until it is too late."""
    return Hold((Silence.FAULT,), now + _FAULT_PAUSE)

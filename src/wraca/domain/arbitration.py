"""One person, many journeys: whose message goes first, and which one has nothing left to say.

The ladder: a message waits while a more urgent journey has this person's ear, that is, has a message due soon or had one sent a
short while ago. Only the less urgent one waits, so no two can wait for each other; among equals, whoever came first went first.
"""

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId

USUAL_PRIORITY = 50
NEVER: Instant = 1 << 62  # waiting would not help
PATIENCE = 7 * 24 * 3600 * 1000  # ms that a message lets others go first, in all
_LOOK_AGAIN = 5 * 60 * 1000
_STILL_FRESH = 24 * 3600 * 1000  # who was told of this cart within that time need not be told again


class Told(msgspec.Struct, frozen=True):
    """A message that this person got within the last week (or would have, held out)."""

    at: Instant
    channel: str = "email"
    journey: str = ""
    priority: int = USUAL_PRIORITY
    cart: CartId = CartId("")
    message: MessageId = MessageId("")


class Rival(msgspec.Struct, frozen=True):
    """A message of another journey that waits for its time; not one that waits for what may take days."""

    due_at: Instant
    journey: str
    priority: int
    message: MessageId = MessageId("")


class Turn(msgspec.Struct, frozen=True):
    """Where a message stands among the person's journeys. `cart` is empty where it is about none; `planned_at` 0: just now."""

    journey: str = ""
    priority: int = USUAL_PRIORITY
    cart: CartId = CartId("")
    planned_at: Instant = 0
    rivals: tuple[Rival, ...] = ()
    after: str = ""  # the journey that led to this one: what it said is no reason for silence


class First(msgspec.Struct, frozen=True):
    """Who goes first, and when this message may ask again: NEVER once it has waited for long enough."""

    journey: str
    message: MessageId
    until: Instant


def goes_first(turn: Turn, told: tuple[Told, ...], between: int, now: Instant) -> First | None:
    """The journey that this message has to wait for; None: it is its turn.

    A message that was sent keeps all but the more urgent ones away for `between` ms. One that is due within that time keeps the
    less urgent ones away, and is asked after again shortly: it may turn out to have nothing to say.
    """
    firsts = [
        First(one.journey, one.message, one.at + between + 1)
        for one in told
        if one.journey != turn.journey and one.priority >= turn.priority and now <= one.at + between
    ]
    firsts += [
        First(one.journey, one.message, max(one.due_at, now) + _LOOK_AGAIN)
        for one in turn.rivals
        if one.journey != turn.journey and one.priority > turn.priority and one.due_at <= now + between
    ]
    if not firsts:
        return None
    last = max(firsts, key=lambda one: (one.until, one.message))
    if last.until > (turn.planned_at or now) + PATIENCE:
        return msgspec.structs.replace(last, until=NEVER)
    return last


def merged_into(turn: Turn, told: tuple[Told, ...], now: Instant) -> Told | None:
    """The message in which a journey at least as urgent has just told the person of this very cart."""
    if not turn.cart:
        return None
    same = [
        one
        for one in told
        if one.cart == turn.cart
        and one.journey not in {turn.journey, turn.after}
        and one.priority >= turn.priority
        and now - one.at < _STILL_FRESH
    ]
    return max(same, key=lambda one: (one.at, one.message), default=None)

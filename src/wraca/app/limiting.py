"""What would go is held where a limit says so: how fast messages may leave, and what they may cost.

Last of all, and in this order: only what every other check lets go counts against a limit.
"""

from collections.abc import Sequence

import msgspec

from wraca.app.pacing import Asking, hold_back
from wraca.app.spending import Correction, Paying, correct, set_aside
from wraca.app.weighing import Claimed, Material, address_of
from wraca.domain.events import Instant
from wraca.domain.gate import Answer, Pass
from wraca.domain.spending import Reserved
from wraca.storage.database import Transaction


class Judged(msgspec.Struct, frozen=True):
    """A message with the gate's answer; `made_of` only where it was judged on its own, `reserved` where it costs something."""

    message: Claimed
    answer: Answer
    made_of: Material | None = None
    reserved: Reserved | None = None


def within_limits(tx: Transaction, bucket: int, judged: list[Judged], now: Instant) -> list[Judged]:
    """The same messages, those that would break a limit held."""
    return _paid(tx, bucket, _paced(tx, bucket, judged, now), now)


def _paced(tx: Transaction, bucket: int, judged: list[Judged], now: Instant) -> list[Judged]:
    """Who would be faster than a limit waits for their turn."""
    asking = [
        Asking(one.message.id, one.message.shop, one.message.channel, address, made.connection.rules, made.known.spread)
        for one, made, address in _going(judged)
        if made.connection and not made.connection.rules.is_free
    ]
    held = hold_back(tx, bucket, asking, now) if asking else {}
    return [Judged(one.message, held[one.message.id]) if one.message.id in held else one for one in judged] if held else judged


def _paid(tx: Transaction, bucket: int, judged: list[Judged], now: Instant) -> list[Judged]:
    """What a message may cost is set aside for it; who would pass the day's cap waits for tomorrow."""
    paying = [
        Paying(one.message.id, made.shop, one.message.channel, address, made.connection.rules.budget, made.known.spread)
        for one, made, address in _going(judged)
        if made.connection and made.connection.rules.budget
    ]
    if not paying:
        return judged
    reserved, held = set_aside(tx, bucket, paying, now)
    paid = (Judged(one.message, held[one.message.id]) if one.message.id in held else one for one in judged)
    return [msgspec.structs.replace(one, reserved=reserved.get(one.message.id)) for one in paid]


def give_back(tx: Transaction, bucket: int, judged: Sequence[Judged]) -> None:
    """These do not go after all: what was set aside for them is free again."""
    correct(
        tx,
        bucket,
        [Correction(one.message.shop, one.message.channel, one.reserved, 0) for one in judged if one.reserved],
    )


def _going(judged: Sequence[Judged]) -> list[tuple[Judged, Material, str]]:
    return [
        (one, one.made_of, address_of(one.made_of.person, one.message.channel))
        for one in judged
        if isinstance(one.answer, Pass) and one.made_of
    ]

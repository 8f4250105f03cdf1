"""What a price was, and the lowest it was before it fell: the figure that European law wants beside every announced reduction.

The history is only as good as the observation. A catalogue that is read again within two days leaves no gap; a shop whose server
tells each change leaves none at all. Over a gap nothing is claimed.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby, pairwise
from typing import Final

import msgspec

from wraca.domain.events import Instant

_DAY: Final = 24 * 3600 * 1000
WINDOW: Final = 30 * _DAY  # before a reduction: its lowest price is the one to compare with (Directive 98/6/EC, article 6a)
_KEPT: Final = 2 * WINDOW  # a reduction may have begun a window ago and looks back over another one
_GAP: Final = 2 * _DAY  # between two readings of a catalogue: longer, and the price in between is not known
_MOST: Final = 240  # steps of one currency; of a price that changes more often than that, less than the window is known
_ENDLESS: Final = 1 << 62


class Past(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """From `at` on this was the price, in minor units, until the next one of the same currency. None: not sold, or nobody knows."""

    at: Instant
    currency: str
    price: int | None = None


def recorded(
    history: Iterable[Past], prices: Mapping[str, int], at: Instant, *, seen_at: Instant = 0, live: bool = False
) -> tuple[Past, ...]:
    """The history with these prices as they are at `at`: changes only, at most 60 days and the price before them.

    `seen_at` is when the prices were looked at before; `live`, whether every change since would have been told.
    """
    by_currency: dict[str, list[Past]] = {}
    for step in history:
        by_currency.setdefault(step.currency, []).append(step)
    is_gap = not live and seen_at and at - seen_at > _GAP
    found: list[Past] = []
    for currency in sorted({*by_currency, *prices}):
        steps = by_currency.get(currency, [])
        if is_gap and steps and steps[-1].price is not None:
            steps = _with(steps, Past(seen_at, currency))
        found += _young(_with(steps, Past(at, currency, prices.get(currency))), at)
    return tuple(sorted(found, key=lambda step: (step.at, step.currency)))


def _with(steps: list[Past], step: Past) -> list[Past]:
    """One more step, if it is one. Of two at the same moment, the later word holds."""
    before = [one for one in steps if one.at < step.at] if steps and steps[-1].at >= step.at else steps
    if not before and step.price is None:
        return []
    return before if before and before[-1].price == step.price else [*before, step]


def _young(steps: list[Past], now: Instant) -> list[Past]:
    old = sum(1 for step in steps if step.at <= now - _KEPT)
    return steps[max(0, old - 1) :][-_MOST:]


def lowest_before(history: Iterable[Past], currency: str, now: Instant, *, seen_at: Instant, live: bool) -> int | None:
    """The lowest price, in minor units, of the 30 days before the present reduction began; before now, where there is none.

    None where these 30 days were not observed from end to end. A reduction that began 30 days ago or earlier is the usual price.
    """
    steps = [(step.at, step.price) for step in history if step.currency == currency and step.at <= now]
    if not steps or (not live and now - seen_at > _GAP):
        return None
    begun = _begun(steps, now)
    since = begun - WINDOW
    if steps[0][0] > since:
        return None
    spans = pairwise([*steps, (_ENDLESS, None)])
    prices = [price for (at, price), (until, _) in spans if at < begun and until > since]
    known = [price for price in prices if price is not None]
    return min(known) if known and len(known) == len(prices) else None


def _begun(steps: list[tuple[Instant, int | None]], now: Instant) -> Instant:
    """When the present reduction began; now, where the price did not fall last or fell long ago."""
    changes = [next(same) for _, same in groupby(steps, key=lambda step: step[1])]
    if len(changes) < 2:
        return now
    (_, before), (at, price) = changes[-2:]
    fell = before is not None and price is not None and price < before
    return at if fell and now - at < WINDOW else now

"""Limits in the gate's transaction: who passed the gate and would break one is held until it is their turn.

One row per limit, locked in key order behind the people of the batch, so that any number of workers share one limit. A shop without
limits, with a proven domain and without a throttling provider never gets here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wraca.domain import pacing
from wraca.domain.events import Instant
from wraca.domain.gate import Hold, Silence
from wraca.domain.ids import MessageId, ShopId
from wraca.domain.pacing import Limit, Limits, Pace
from wraca.domain.senderdomain import Standing, is_exempt, sending_of
from wraca.domain.spending import Budget, read_budget
from wraca.storage.database import Transaction
from wraca.storage.hot import pacing as sql

_MINUTE, _HOUR = 60_000, 3_600_000
_TRIAL = 50  # messages a day from a domain that is not proven, unless the channel's setting `trial` says otherwise
_TRIAL_HOLD = 30 * _MINUTE  # then it is asked again: the domain may have been proven meanwhile
_LONGEST_QUEUE = 5 * _MINUTE
_NO_LIMITS = Limits()


class Rules(msgspec.Struct, frozen=True):
    """All that may slow down a shop's channel.

    `slowed` names the groups whose provider asked for less. `trial` is how many messages a day the sending domain may send until it
    is proven; None: as many as it likes.
    """

    limits: Limits = Limits()
    slowed: frozenset[str] = frozenset()
    domain: str = ""
    trial: int | None = None
    budget: Budget | None = None  # what messages cost; None: nothing is counted

    @property
    def is_free(self) -> bool:
        """Nothing to look at: the usual case, which must cost nothing."""
        return self.trial is None and not self.slowed and self.limits == _NO_LIMITS


class Asking(msgspec.Struct, frozen=True):
    """A message that passed every other check. `spread` (0.0-1.0) is its own place in a crowd."""

    message: MessageId
    shop: ShopId
    channel: str
    address: str
    rules: Rules
    spread: float = 0.0


class Deferred(msgspec.Struct, frozen=True):
    """A message that the other side did not take yet, and what it said."""

    shop: ShopId
    channel: str
    address: str
    said: str
    limits: Limits


class _Key(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    channel: str
    key: str


class _PaceRow(msgspec.Struct):
    shop: ShopId
    channel: str
    key: str
    free_at: int
    slow_rate: int
    slow_at: Instant
    day: int
    used: int


def read_rules(tx: Transaction, bucket: int, shop: ShopId, channel: str, settings: Mapping[str, object], now: Instant) -> Rules:
    """What may slow down this shop's channel, as its settings, DNS and the providers have it now."""
    rules = _read_rules(tx, bucket, shop, channel, settings, now)
    budget = _budget(settings)
    return msgspec.structs.replace(rules, budget=budget) if budget else rules


def _budget(settings: Mapping[str, object]) -> Budget | None:
    """As with limits: what slipped through must not stop all sending."""
    try:
        return read_budget(settings)
    except ValueError:
        return None


def _read_rules(tx: Transaction, bucket: int, shop: ShopId, channel: str, settings: Mapping[str, object], now: Instant) -> Rules:
    slowed = tx.all(sql.SLOWED, bucket=bucket, shop=shop, channel=channel, since=pacing.recovered_before(now))
    limits = _limits(settings)
    groups = frozenset(
        key.removeprefix("group:")
        for key, rate, at in slowed
        if pacing.is_slow(Pace(slow_rate=rate, slow_at=at), limits.of_group(key.removeprefix("group:")), now)
    )
    sending = sending_of(settings)
    if sending is None:
        return Rules(limits, groups)
    if is_exempt(sending):
        return Rules(limits, groups, sending.domain)
    known = tx.all(sql.STANDING, bucket=bucket, shop=shop, domain=sending.domain)
    is_proven = bool(known) and known[0][0] == Standing.PASSES
    return Rules(limits, groups, sending.domain, None if is_proven else _trial(settings))


def _limits(settings: Mapping[str, object]) -> Limits:
    """A text that cannot be read was refused when it was saved; one that slipped through must not stop all sending."""
    try:
        return pacing.read_limits(str(settings.get("limits") or ""))
    except ValueError:
        return Limits()


def _trial(settings: Mapping[str, object]) -> int:
    said = str(settings.get("trial") or "")
    return int(said) if said.isdigit() else _TRIAL


def hold_back(tx: Transaction, bucket: int, asking: Sequence[Asking], now: Instant) -> dict[MessageId, Hold]:
    """Count these messages against every limit that holds for them; who would break one gets a Hold instead and is not counted."""
    asking = [each for each in asking if not each.rules.is_free]
    wanted = {each.message: tuple(_limits_of(each)) for each in asking}
    keys = sorted({key for limits in wanted.values() for key, _ in limits})
    if not keys:
        return {}
    paces = before = _locked(tx, bucket, keys)
    held: dict[MessageId, Hold] = {}
    queues: Counter[_Key] = Counter()
    for each in asking:
        taken, refusals = _ask(each, wanted[each.message], paces, queues, now)
        if refusals:
            held[each.message] = Hold(tuple(silence for silence, _ in refusals), max(until for _, until in refusals))
        else:
            paces = paces | taken
    if changed := [_row(key, pace) for key, pace in sorted(paces.items()) if pace != before[key]]:
        tx.run(sql.SAVE_PACES, changed, bucket=bucket)
    return held


def _limits_of(each: Asking) -> Iterable[tuple[_Key, Limit | None]]:
    """The limits that hold for this message. None: the group's full speed, or the trial volume."""
    rules, group = each.rules, pacing.group_of(each.address)
    found: list[tuple[str, Limit | None]] = []
    if rules.limits.shop:
        found.append(("shop", rules.limits.shop))
    if rules.limits.domain and rules.domain:
        found.append((f"domain:{rules.domain}", rules.limits.domain))
    if rules.limits.of_group(group) or group in rules.slowed:
        found.append((f"group:{group}", rules.limits.of_group(group)))
    if rules.trial is not None:
        found.append((f"trial:{rules.domain}", None))
    return ((_Key(each.shop, each.channel, name), limit) for name, limit in found)


def _ask(
    each: Asking, limits: Sequence[tuple[_Key, Limit | None]], paces: Mapping[_Key, Pace], queues: Counter[_Key], now: Instant
) -> tuple[dict[_Key, Pace], list[tuple[Silence, Instant]]]:
    """What all limits say: their new paces where all grant it, or each refusal with when to come back."""
    taken: dict[_Key, Pace] = {}
    refusals: list[tuple[Silence, Instant]] = []
    for key, limit in limits:
        if key.key.startswith("trial:"):
            taken[key], until = pacing.take_trial(paces[key], each.rules.trial or 0, now)
            if until:
                soon = min(until, now + _TRIAL_HOLD) + int(each.spread * _LONGEST_QUEUE)
                refusals.append((Silence.DOMAIN_UNPROVEN, soon))
            continue
        taken[key], until = pacing.take(paces[key], limit, now)
        if until:
            # Behind those that wait already, so that they do not all come back at once.
            behind = queues[key] * pacing.interval_of(paces[key], limit, now) % _LONGEST_QUEUE
            queues[key] += 1
            refusals.append((Silence.PACED, until + behind))
    return taken, refusals


def slow_down(tx: Transaction, bucket: int, deferred: Iterable[Deferred], now: Instant) -> bool:
    """Write more slowly to the people of providers that answered with 421 or 4.7.x; whether there were any."""
    limits = {
        _Key(one.shop, one.channel, f"group:{pacing.group_of(one.address)}"): one.limits
        for one in deferred
        if pacing.is_throttling(one.said)
    }
    if not limits:
        return False
    paces = _locked(tx, bucket, sorted(limits))
    rows = [
        _row(key, pacing.slowed(pace, limits[key].of_group(key.key.removeprefix("group:")), now))
        for key, pace in sorted(paces.items())
    ]
    tx.run(sql.SAVE_PACES, rows, bucket=bucket)
    return True


def _locked(tx: Transaction, bucket: int, keys: Sequence[_Key]) -> dict[_Key, Pace]:
    tx.run(sql.ENSURE_PACES, keys, bucket=bucket)
    known = {
        _Key(shop, channel, key): Pace(free_at, slow_rate, slow_at, day, used)
        for shop, channel, key, free_at, slow_rate, slow_at, day, used in tx.all(sql.PACES, keys, bucket=bucket)
    }
    return {key: known.get(key, Pace()) for key in keys}  # one that was cleared away in between is as good as new


def clear_paces(tx: Transaction, bucket: int, now: Instant) -> int:
    """Forget limits that nobody has come near for an hour; how many."""
    idle = pacing.recovered_before(now) - _HOUR
    return tx.run(sql.CLEAR_PACES, bucket=bucket, free_before=idle * 1000, slow_before=idle, today=pacing.day_of(now))


def _row(key: _Key, pace: Pace) -> _PaceRow:
    return _PaceRow(key.shop, key.channel, key.key, pace.free_at, pace.slow_rate, pace.slow_at, pace.day, pace.used)

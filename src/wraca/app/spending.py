"""Spend caps in the gate's transaction: who passed every other check and would pass the day's cap waits for tomorrow.

What a message may cost at most is set aside before it leaves; when it has left, what it really cost takes the place of that. A
message of which nobody knows whether it left keeps what was set aside.
"""

from collections.abc import Iterable, Sequence

import msgspec
import phonenumbers

from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.gate import Hold, Silence
from wraca.domain.ids import MessageId, ShopId
from wraca.domain.shop import Shop
from wraca.domain.spending import WARNS_AT, Budget, Reserved, day_of, next_day
from wraca.storage.database import Transaction
from wraca.storage.hot import spend as sql

_MORNING = 3600 * 1000  # over which the messages of the day before are spread (ms)


class Paying(msgspec.Struct, frozen=True):
    """A message that passed every other check and costs something. `spread` (0.0-1.0) is its own place in a crowd."""

    message: MessageId
    shop: Shop
    channel: str
    address: str
    budget: Budget
    spread: float = 0.0


class Correction(msgspec.Struct, frozen=True):
    """What was set aside for a message, and how many parts it came to; none where it never left."""

    shop: ShopId
    channel: str
    reserved: Reserved
    parts: int


class Spent(msgspec.Struct, frozen=True):
    """How much of a shop's cap today's messages have used: micros."""

    shop: ShopId
    channel: str
    micros: int
    cap: int

    @property
    def percent(self) -> int:
        return 100 * self.micros // self.cap if self.cap else 100

    @property
    def is_near(self) -> bool:
        """Whether somebody should know before messages wait."""
        return self.percent >= WARNS_AT


class _Key(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    channel: str
    day: int


class _AddRow(msgspec.Struct):
    shop: ShopId
    channel: str
    day: int
    micros: int
    messages: int
    parts: int


def set_aside(
    tx: Transaction, bucket: int, paying: Sequence[Paying], now: Instant
) -> tuple[dict[MessageId, Reserved], dict[MessageId, Hold]]:
    """Set aside what each of these may cost at most; who would pass the cap gets a Hold instead, and nothing is set aside."""
    if not paying:
        return {}, {}
    keys = {each.message: _Key(each.shop.id, each.channel, day_of(now, each.shop.timezone)) for each in paying}
    spent = _locked(tx, bucket, sorted(set(keys.values())))
    reserved: dict[MessageId, Reserved] = {}
    held: dict[MessageId, Hold] = {}
    added: dict[_Key, _AddRow] = {}
    for each in paying:
        key, parts = keys[each.message], each.budget.most_parts
        most = each.budget.price(_country(each.address)) * parts
        if each.budget.cap is not None and spent[key] + most > each.budget.cap:
            until = next_day(now, each.shop.timezone) + int(each.spread * _MORNING)
            held[each.message] = Hold((Silence.SPEND_CAP,), until)
            continue
        spent[key] += most
        reserved[each.message] = Reserved(key.day, most, parts)
        row = added.setdefault(key, _AddRow(key.shop, key.channel, key.day, 0, 0, 0))
        row.micros, row.messages, row.parts = row.micros + most, row.messages + 1, row.parts + parts
    if added:
        tx.run(sql.ADD_SPEND, [added[key] for key in sorted(added)], bucket=bucket)
    return reserved, held


def correct(tx: Transaction, bucket: int, corrections: Iterable[Correction]) -> None:
    """Put what messages really cost in the place of what was set aside for them."""
    added: dict[_Key, _AddRow] = {}
    for one in corrections:
        real = one.reserved.costing(one.parts)
        key = _Key(one.shop, one.channel, one.reserved.day)
        row = added.setdefault(key, _AddRow(key.shop, key.channel, key.day, 0, 0, 0))
        row.micros += real.micros - one.reserved.micros
        row.parts += real.parts - one.reserved.parts
        row.messages -= not real.parts
    if changed := [added[key] for key in sorted(added) if added[key].micros or added[key].parts or added[key].messages]:
        tx.run(sql.ADD_SPEND, changed, bucket=bucket)


def _locked(tx: Transaction, bucket: int, keys: Sequence[_Key]) -> dict[_Key, int]:
    tx.run(sql.ENSURE_SPEND, keys, bucket=bucket)
    return {_Key(shop, channel, day): micros for shop, channel, day, micros in tx.all(sql.SPENT, keys, bucket=bucket)}


def _country(number: str) -> str:
    """The country of an E.164 number; empty where it shows none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def near_caps(tx: Transaction, bucket: int, register: Register, now: Instant) -> list[Spent]:
    """Whose cap of today is used up for 80 % or more."""
    yesterday = day_of(now, "UTC") - 1  # wherever the shop is, its today is not before that
    found = []
    for shop, channel, day, micros in tx.all(sql.SPENT_LATELY, bucket=bucket, since=yesterday):
        connection = register.connection(shop, channel)
        cap = connection.rules.budget.cap if connection and connection.rules.budget else None
        if cap is None or day != day_of(now, register.shop(shop).timezone):
            continue
        if (spent := Spent(shop, channel, micros, cap)).is_near:
            found.append(spent)
    return found

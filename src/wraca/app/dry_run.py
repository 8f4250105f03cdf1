"""The dry run of the console: a journey over the shop's own stored past. Nothing is written to the shop's database."""

from collections.abc import Callable, Iterator

import msgspec

from wraca.app.register import Register
from wraca.app.replay.belongings import Belongings
from wraca.app.replay.comparing import Outing
from wraca.app.replay.past import Progress, Reader, Tally
from wraca.app.replay.replaying import MOST_IN_MEMORY, Rehearsal, outing, without_holdout
from wraca.app.replay.report import Playbill, Report
from wraca.domain.events import Event, Instant, Named, OrderSeen
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.journeys.durations import DAY
from wraca.domain.journeys.plan import Plan
from wraca.storage.database import Database
from wraca.storage.queries import replay as sql

_PORTION = 2_000  # events read at once
_LARGE = 100_000  # events: from here on the virtual workers look every five minutes
_SELDOM = 5 * 60_000  # ms

_event = msgspec.json.Decoder(Event)


class _Id(msgspec.Struct):
    id: str


def dry_run(register: Register, shop: ShopId, plan: Plan, days: int, now: Instant, progress: Progress | None = None) -> Report:
    """Play this journey over the last `days` days of the shop; where nothing happened, all figures are 0. Raises NoSuchShop.

    What is older is known (who bought before, who took permission back) but starts nothing. Reactions to messages that never went
    cannot be known: there are none. Needs Django set up; the shop's database is only read.
    """
    return dry_outing(register, shop, plan, days, now, Beat(progress or _unheard)).report


class Beat(msgspec.Struct, frozen=True):
    """What a long play tells: `progress` the share of the past that was read, `rest` between any two things that are done."""

    progress: Progress
    rest: Callable[[], None] | None = None


def _unheard(_: float) -> None:
    """Nobody asked how far it is."""


def dry_outing(register: Register, shop: ShopId, plan: Plan, days: int, now: Instant, beat: Beat) -> Outing:
    """The same, with what a comparison needs. Whatever `beat` raises ends the play."""
    database, facts = register.database, register.shop(shop)
    keys = _keys(database, shop, now)
    pace = 1 if len(keys) < _LARGE else _SELDOM
    bill = Playbill(facts.name, "known", facts.timezone, pace)
    facts = msgspec.structs.replace(facts, paused_at=None)
    reader = _reader(database, shop, keys, now - days * DAY, beat.progress)
    rehearsal = Rehearsal(
        facts, without_holdout(plan), bill, may_be_empty=True, in_memory=len(keys) <= MOST_IN_MEMORY, rest=beat.rest
    )
    return outing(rehearsal, reader, register.seal, _belongings(database, shop))


def _keys(database: Database, shop: ShopId, now: Instant) -> list[str]:
    with database.read() as tx:
        rows = tx.all(sql.PAST_KEYS, bucket=bucket_of(shop), shop=shop)
    return [key for key, at in rows if at <= now]


def _reader(database: Database, shop: ShopId, keys: list[str], since: Instant, progress: Progress) -> Reader:
    def read(tally: Tally, is_sorted: bool) -> Iterator[Event]:  # noqa: ARG001, FBT001  (the database sorts)
        for start in range(0, len(keys), _PORTION):
            progress(start / len(keys))
            for event in _portion(database, shop, keys[start : start + _PORTION]):
                if isinstance(event.body, Named | OrderSeen):
                    continue  # intake derives these again
                is_history = event.backfill or event.at < since
                tally.rows += not is_history
                tally.events += not is_history
                # As if each event had come at once: a late one would have to be folded in again.
                yield msgspec.structs.replace(event, received_at=event.at, backfill=is_history)

    return read


def _portion(database: Database, shop: ShopId, keys: list[str]) -> list[Event]:
    with database.read() as tx:
        rows = dict(tx.all(sql.PAST_EVENTS, [_Id(key) for key in keys], bucket=bucket_of(shop), shop=shop))
    return [_event.decode(rows[key]) for key in keys if key in rows]


def _belongings(database: Database, shop: ShopId) -> Belongings:
    """The catalogue and the suppressed addresses, as they are today."""
    with database.read() as tx:
        products = tx.all(sql.PAST_PRODUCTS, bucket=bucket_of(shop), shop=shop)
        suppressions = tx.all(sql.PAST_SUPPRESSIONS, bucket=bucket_of(shop), shop=shop)
    return Belongings(
        [dict(zip(("key", "body", "updated_at"), row, strict=True)) for row in products],
        [dict(zip(("channel", "address_hash", "reason", "at"), row, strict=True)) for row in suppressions],
    )

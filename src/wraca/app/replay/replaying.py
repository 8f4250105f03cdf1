"""All of a replay: read, play, count."""

import gc
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from wraca.app.replay.counting import OrderBook
from wraca.app.replay.past import BadPast, OutOfOrder, Reader, Tally
from wraca.app.replay.playing import Player
from wraca.app.replay.report import Playbill, Report, report_on
from wraca.app.replay.stage import Belongings, staged
from wraca.app.sealing import Seal
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.journeys.plan import Plan
from wraca.domain.shop import Shop

MINUTE = 60_000


class Rehearsal(msgspec.Struct, frozen=True):
    """What is played, for whom, and how. `look_every` (ms of virtual time): how often the workers look; 1 is at once."""

    shop: Shop
    plan: Plan
    bill: Playbill
    until_quiet: bool = True
    may_be_empty: bool = False


def pretend_shop(currency: str = "EUR", timezone: str = "UTC") -> Shop:
    """A shop for a file that comes without one: it vouches for its addresses, and has no country to forbid it."""
    shop = ShopId("replay")  # short: it stands in every key of every row, and a full id made a replay a fifth slower
    return Shop(shop, bucket_of(shop), "Replay", "replay.invalid", currency=currency, timezone=timezone)


def without_holdout(plan: Plan) -> Plan:
    """The same journey, with nobody held out for comparison."""
    return msgspec.structs.replace(plan, holdout=0.0)


def replay(
    rehearsal: Rehearsal,
    reader: Reader,
    seal: Seal | None = None,
    belongings: Belongings | None = None,
    stopwatch: Callable[[], float] = lambda: 0.0,
) -> Report:
    """Play it. Read as if in order of time; a past that is not is sorted first and played anew. Raises BadPast."""
    start = stopwatch()
    with _few_collections():
        try:
            report = _play(rehearsal, reader, seal, belongings, is_sorted=True)
        except OutOfOrder:
            report = _play(rehearsal, reader, seal, belongings, is_sorted=False)
    return msgspec.structs.replace(report, seconds=round(stopwatch() - start, 3))


@contextmanager
def _few_collections() -> Iterator[None]:
    """A replay makes millions of small values and no circles: looking for circles took a tenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _play(rehearsal: Rehearsal, reader: Reader, seal: Seal | None, belongings: Belongings | None, *, is_sorted: bool) -> Report:
    tally, book = Tally(), OrderBook()
    with staged(rehearsal.shop, rehearsal.plan, seal or Seal(secrets.token_hex(32)), belongings) as stage:
        player = Player(stage, tally, rehearsal.bill.look_every)
        until = player.play(book.watch(reader(tally, is_sorted)), until_quiet=rehearsal.until_quiet)
        if not (tally.rows or rehearsal.may_be_empty):
            raise BadPast("There is nothing to replay: the past has no events.")
        return report_on(stage, rehearsal.bill, tally, book, (player.began, player.ended), until)

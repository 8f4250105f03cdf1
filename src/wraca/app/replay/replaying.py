"""All of a replay: read, play, count."""

import gc
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from wraca.app.replay.belongings import Belongings
from wraca.app.replay.comparing import Outing
from wraca.app.replay.memory.opening import fits, memory_stage
from wraca.app.replay.past import BadPast, OutOfOrder, Reader, Tally
from wraca.app.replay.playing import Player, Stage
from wraca.app.replay.pools import with_endless_pools
from wraca.app.replay.proving import OrderBook
from wraca.app.replay.report import Playbill, Report, report_on
from wraca.app.replay.stage import staged
from wraca.app.sealing import Seal
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.journeys.plan import Plan
from wraca.domain.shop import Shop

MOST_IN_MEMORY = 500_000  # events of a dry run, beside a server: about half a gigabyte


class Rehearsal(msgspec.Struct, frozen=True):
    """What is played, for whom, and how. `in_memory`: where the journey can be; a past of very many events needs the database."""

    shop: Shop
    plan: Plan
    bill: Playbill
    until_quiet: bool = True
    may_be_empty: bool = False
    in_memory: bool = True
    rest: Callable[[], None] | None = None  # called between any two things that are done; what it raises ends the play


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
    return outing(rehearsal, reader, seal, belongings, stopwatch).report


def outing(
    rehearsal: Rehearsal,
    reader: Reader,
    seal: Seal | None = None,
    belongings: Belongings | None = None,
    stopwatch: Callable[[], float] = lambda: 0.0,
) -> Outing:
    """The same, with what a comparison needs."""
    start = stopwatch()
    with _few_collections():
        try:
            played = _play(rehearsal, reader, seal, belongings, is_sorted=True)
        except OutOfOrder:
            played = _play(rehearsal, reader, seal, belongings, is_sorted=False)
    return Outing(msgspec.structs.replace(played.report, seconds=round(stopwatch() - start, 3)), played.letters)


@contextmanager
def _few_collections() -> Iterator[None]:
    """A replay makes millions of small values and no circles: looking for circles took a tenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _opened(rehearsal: Rehearsal, seal: Seal, belongings: Belongings) -> Iterator[Stage]:
    """The stage for it: in memory, unless the past is too large or the journey has steps that only the database stage plays."""
    if rehearsal.in_memory and fits(rehearsal.plan):
        yield memory_stage(rehearsal.shop, rehearsal.plan, seal, belongings)
        return
    with staged(rehearsal.shop, rehearsal.plan, seal, belongings) as stage:
        yield stage


def _play(rehearsal: Rehearsal, reader: Reader, seal: Seal | None, belongings: Belongings | None, *, is_sorted: bool) -> Outing:
    tally, book = Tally(), OrderBook()
    rehearsal = msgspec.structs.replace(rehearsal, plan=with_endless_pools(rehearsal.plan))
    with _opened(rehearsal, seal or Seal(secrets.token_hex(32)), belongings or Belongings()) as stage:
        player = Player(stage, tally, rehearsal.bill.look_every, rehearsal.rest)
        until = player.play(book.watch(reader(tally, is_sorted)), until_quiet=rehearsal.until_quiet)
        if not (tally.rows or rehearsal.may_be_empty):
            raise BadPast("There is nothing to replay: the past has no events.")
        report = report_on(stage, rehearsal.bill, tally, book, (player.began, player.ended), until)
        return Outing(report, _letters(stage))


def _letters(stage: Stage) -> dict[str, tuple[Instant, ...]]:
    """When everybody who got a message got it."""
    with stage.ending() as end:
        people = {message: person for message, person, *_ in end.messages()}
    letters: dict[str, list[Instant]] = {}
    for ghost in stage.notebook.ghosts:
        letters.setdefault(people[ghost.message], []).append(ghost.at)
    return {person: tuple(moments) for person, moments in letters.items()}

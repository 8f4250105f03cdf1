"""A dry run as a job in the background: one process plays it, any process can show how far it is, or stop it.

Nothing is locked while it plays: the past is read in portions, and once a second it is written how far the play is. A process that
dies leaves a row that nobody looks after any more: it is shown as stopped.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import structlog

from wraca.app.dry_run import Beat, dry_outing
from wraca.app.register import Register
from wraca.app.replay.comparing import Comparison, Outing, compare
from wraca.app.replay.report import Report
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of
from wraca.domain.journeys.plan import Plan
from wraca.storage.database import Database
from wraca.storage.queries import replay as sql

_log = structlog.get_logger()

MOST_AT_ONCE = 2  # in one process
_SILENT = 20_000  # ms without a word from its process: it is gone
_KEPT = 24 * 3600 * 1000  # ms
_SAY = 1_000  # ms between two words on progress
_WORK, _NAP = 20, 0.01  # ms of work, and seconds of rest after them: a small machine keeps serving
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class Occupied(Exception):
    """A dry run of this shop, or too many of others, are being played: wait for them, or stop one."""


class _Stopped(Exception):
    """Somebody stopped it."""


class Asked(msgspec.Struct, frozen=True):
    """What is played: the journeys by name (the second one is compared with the first), the days, and who asked."""

    journeys: tuple[str, ...]
    days: int
    who: str = ""


class Played(msgspec.Struct, frozen=True):
    """A report for each journey, and the comparison where there are two."""

    reports: tuple[Report, ...]
    comparison: Comparison | None = None


class Rehearsed(msgspec.Struct, frozen=True):
    """A dry run as it now stands. `played` is there once it is done, `problem` where it failed."""

    id: str
    journey: str
    asked: Asked
    state: Literal["running", "done", "failed", "stopped"]
    progress: float  # 0.0 to 1.0
    played: Played | None
    problem: str
    started_at: Instant


class _NewRow(msgspec.Struct):
    shop: ShopId
    id: str
    journey: str
    asked: Asked


class _EndRow(msgspec.Struct):
    shop: ShopId
    id: str
    state: str
    result: Played | None
    problem: str


_asked = msgspec.json.Decoder(Asked)
_played = msgspec.json.Decoder(Played)


def start(
    register: Register,
    shop: ShopId,
    plans: Sequence[Plan],
    days: int,
    who: str,
    now: Instant,
    nap: Callable[[float], object] = time.sleep,
) -> str:
    """Begin to play one journey, or two to compare, over the last `days` days; the id to ask with. Raises Occupied, NoSuchShop.

    The register's clock says when something was written down; `nap` waits (seconds).
    """
    register.shop(shop)
    if not _places.acquire(blocking=False):
        raise Occupied(Occupied.__doc__)
    try:
        asked = Asked(tuple(plan.journey for plan in plans), days, who)
        row = _NewRow(shop, secrets.token_hex(16), plans[0].journey, asked)
        _announce(register.database, row, now)
        play = _Play(register, shop, row.id, nap)
        threading.Thread(target=play.run, args=(tuple(plans), days, now), name="wraca-rehearsal", daemon=True).start()
    except BaseException:
        _places.release()
        raise
    return row.id


def _announce(database: Database, row: _NewRow, now: Instant) -> None:
    with database.write() as tx:
        if tx.all(sql.RUNNING_REHEARSALS, bucket=bucket_of(row.shop), shop=row.shop, alive_since=now - _SILENT):
            raise Occupied(Occupied.__doc__)
        tx.run(sql.ADD_REHEARSAL, [row], bucket=bucket_of(row.shop), now=now)


class _Play:
    """One dry run in a thread of its own."""

    def __init__(self, register: Register, shop: ShopId, name: str, nap: Callable[[float], object]) -> None:
        self._register = register
        self._shop = shop
        self._name = name
        self._nap = nap
        self._said = self._rested = register.now()
        self._share = 0.0

    def run(self, plans: Sequence[Plan], days: int, now: Instant) -> None:
        """Play it, and write down how it ended. Never raises."""
        try:
            self._end("done", self._played(plans, days, now), "")
        except _Stopped:
            _log.info("dry run was stopped", shop=self._shop)
        except Exception as problem:  # noqa: BLE001  (told where it was asked for; the process goes on)
            _log.exception("dry run failed", shop=self._shop)
            self._fail(problem)
        finally:
            _places.release()

    def _played(self, plans: Sequence[Plan], days: int, now: Instant) -> Played:
        outings: list[Outing] = []
        for number, plan in enumerate(plans):
            beat = Beat(lambda share, number=number: self._tell((number + share) / len(plans)), self._rest)  # type: ignore[misc]
            outings.append(dry_outing(self._register, self._shop, plan, days, now, beat))
        comparison = compare(outings[0], outings[1]) if len(outings) > 1 else None
        return Played(tuple(one.report for one in outings), comparison)

    def _tell(self, share: float) -> None:
        self._share = share
        self._rest()

    def _rest(self) -> None:
        """Give way to others; say now and then that we are alive. Raises _Stopped."""
        now = self._register.now()
        if now - self._rested >= _WORK:
            self._nap(_NAP)
            self._rested = self._register.now()
        if now - self._said >= _SAY:
            self._said = now
            self._say(now)

    def _say(self, now: Instant) -> None:
        with self._register.database.write() as tx:
            mine = tx.run(
                sql.SEE_REHEARSAL,
                bucket=bucket_of(self._shop),
                shop=self._shop,
                id=self._name,
                progress=round(min(self._share, 1.0), 3),
                now=now,
            )
        if not mine:
            raise _Stopped

    def _fail(self, problem: Exception) -> None:
        try:
            self._end("failed", None, f"{type(problem).__name__}: {problem}".replace("\0", " ")[:500])
        except Exception:  # noqa: BLE001  (its row falls silent, and is shown as stopped)
            _log.exception("the end of a dry run could not be written", shop=self._shop)

    def _end(self, state: str, result: Played | None, problem: str) -> None:
        _end(self._register.database, _EndRow(self._shop, self._name, state, result, problem), self._register.now())


def _end(database: Database, row: _EndRow, now: Instant) -> bool:
    with database.write() as tx:
        return bool(tx.run(sql.END_REHEARSAL, [row], bucket=bucket_of(row.shop), now=now))


def read(database: Database, shop: ShopId, name: str, now: Instant) -> Rehearsed | None:
    """How far it is, or how it ended; None where there is none of this name (any more)."""
    with database.read() as tx:
        rows = tx.all(sql.REHEARSAL, bucket=bucket_of(shop), shop=shop, id=name)
    if not rows:
        return None
    found, journey, asked, state, progress, result, problem, started_at, seen_at = rows[0]
    if state == "running" and now - seen_at > _SILENT:
        state = "stopped"
    played = _played.decode(result) if result and result != "null" else None
    return Rehearsed(found, journey, _asked.decode(asked), state, float(progress), played, problem, started_at)


def stop(database: Database, shop: ShopId, name: str, now: Instant) -> bool:
    """End it; whichever process plays it notices within about a second. Whether it was still running."""
    return _end(database, _EndRow(shop, name, "stopped", None, ""), now)


def forget_rehearsals(database: Database, bucket: int, now: Instant) -> int:
    """Delete those that began more than a day ago; how many. For the upkeep, once an hour."""
    with database.write() as tx:
        gone: int = tx.run(sql.FORGET_REHEARSALS, bucket=bucket, before=now - _KEPT)
    return max(0, gone)

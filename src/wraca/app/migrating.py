"""Runs under way go over to another version of their journey, because the merchant says so: never by themselves.

A run can go where its path leads to the same step in the new version: of the same kind and, for a message, of the same name. And
every message it was already given must be one that the new version knows; else it would be given another in its place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import RunId, ShopId, StepId, bucket_of
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.run import Decision
from wraca.storage.database import Transaction
from wraca.storage.hot import migrating as sql
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import RUN_TIMER, TimerRow
from wraca.storage.hot.runs import ADD_DECISIONS

PAGE = 500  # runs in one transaction
_FIRST = "00000000000000000000000000000000"  # before every id


class Obstacle(StrEnum):
    """Why a run stays where it is."""

    NO_STEP = "no_step"  # the new version has nothing at its path
    OTHER_STEP = "other_step"  # something else stands there
    UNKNOWN_MESSAGE = "unknown_message"  # it was given a message that the new version does not have
    BUSY = "busy"  # it was deciding at that very moment


class Group(msgspec.Struct, frozen=True, order=True):
    """Runs of one version at one step (a path of that version's plan) that have the same answer; "" for those that can go."""

    version: int
    at: str
    obstacle: str = ""


class Migration(msgspec.Struct, frozen=True):
    """How many runs went, or would go, and how many stay and why."""

    counts: Mapping[Group, int]

    @property
    def moved(self) -> int:
        return sum(count for group, count in self.counts.items() if not group.obstacle)

    @property
    def kept(self) -> int:
        return sum(count for group, count in self.counts.items() if group.obstacle)


class _Found(msgspec.Struct, frozen=True):
    """The columns of RUNS_ELSEWHERE."""

    id: RunId
    version: int
    turn: int
    at: str


class _DecisionRow(msgspec.Struct):
    shop: ShopId
    id: RunId
    turn: int
    trail: tuple[Decision, ...]


def migrate(register: Register, shop: ShopId, journey: str, to_version: int, now: Instant, *, dry: bool) -> Migration:
    """Move every run of this journey that can go to this version; `dry` only counts. Raises DatabaseBusy; then call it again."""
    counts: Counter[Group] = Counter()
    after: str = _FIRST
    while True:
        with register.database.read() if dry else register.database.write() as tx:
            found = _page(tx, shop, journey, to_version, after)
            judged = list(_judged(tx, register, shop, journey, to_version, found))
            going = [run for run, obstacle in judged if not obstacle]
            gone = {run.id for run in going} if dry else _move(tx, shop, to_version, going, now)
        for run, obstacle in judged:
            counts[Group(run.version, run.at, obstacle or ("" if run.id in gone else Obstacle.BUSY))] += 1
        if len(found) < PAGE:
            return Migration(dict(sorted(counts.items())))
        after = found[-1].id


def obstacle(at: str, sent: Sequence[StepId], old: Plan, new: Plan) -> Obstacle | None:
    """What keeps a run at this path, that was given these messages, from going over; None: nothing."""
    here, there = old.places.get(at), new.places.get(at)
    if there is None or here is None:
        return Obstacle.NO_STEP
    if type(here.step) is not type(there.step) or _name(here.step) != _name(there.step):
        return Obstacle.OTHER_STEP
    known = {_name(place.step) for place in new.places.values()}
    return Obstacle.UNKNOWN_MESSAGE if any(step not in known for step in sent) else None


def _name(step: object) -> object:
    """What other steps, and the outbox, know this step by; a reaction is known by its message."""
    return getattr(step, "id", getattr(step, "target", None))


def _page(tx: Transaction, shop: ShopId, journey: str, version: int, after: str) -> list[_Found]:
    rows = tx.all(sql.RUNS_ELSEWHERE, bucket=bucket_of(shop), shop=shop, journey=journey, version=version, after=after, most=PAGE)
    return [_Found(*row) for row in rows]


def _judged(
    tx: Transaction, register: Register, shop: ShopId, journey: str, to_version: int, found: Sequence[_Found]
) -> Iterator[tuple[_Found, str]]:
    if not found:
        return
    sent: dict[str, list[StepId]] = {}
    for run_id, step in tx.all(sql.STEPS_SENT, found, bucket=bucket_of(shop), shop=shop):
        sent.setdefault(run_id, []).append(StepId(step))
    new = register.plan(shop, journey, to_version)
    for run in found:
        old = register.plan(shop, journey, run.version)
        yield run, obstacle(run.at, sent.get(run.id, []), old, new) or ""


def _move(tx: Transaction, shop: ShopId, version: int, going: Sequence[_Found], now: Instant) -> set[str]:
    """The ids of those that went. They decide anew at once: their step may say something else now."""
    if not going:
        return set()
    bucket = bucket_of(shop)
    gone = {str(run_id) for (run_id,) in tx.all(sql.MIGRATE_RUNS, going, bucket=bucket, shop=shop, version=version)}
    moved = sorted((run for run in going if run.id in gone), key=lambda run: run.id)
    if moved:
        told = [_DecisionRow(shop, run.id, run.turn, (_told(run, version),)) for run in moved]
        tx.run(ADD_DECISIONS, told, bucket=bucket, now=now)
        tx.run(SET_TIMERS, [TimerRow(shop, run.id, RUN_TIMER, now) for run in moved], bucket=bucket)
    return gone


def _told(run: _Found, version: int) -> Decision:
    return Decision(run.at, "migrated", {"from": run.version, "to": version})

"""Runs begin: one at a time for a person and a journey, whoever noticed that it was time."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from wraca.app.hooksout import Happening, Hearers, tell
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, derived_id
from wraca.domain.journeys.about import About
from wraca.domain.journeys.holdout import arm
from wraca.domain.journeys.plan import BEGIN, Plan
from wraca.domain.webhooks import Topic
from wraca.storage.database import Transaction
from wraca.storage.hot import timers as sql
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import RUN_TIMER, TimerRow

_about = msgspec.json.Decoder(About)


class StartRow(msgspec.Struct):
    """A run as it begins. `entered_at` is when it was due, which may be before anybody got to it."""

    shop: ShopId
    id: RunId
    journey: str
    version: int
    person: PersonId
    cart: CartId
    entered_at: Instant
    held_out: bool
    about: About = About()
    at: str = BEGIN


class Past(msgspec.Struct):
    """What a person already had of one journey."""

    last_start: Instant | None = None
    is_running: bool = False
    carts: set[str] = msgspec.field(default_factory=set)
    runs: list[tuple[Instant, About]] = msgspec.field(default_factory=list)  # those about something besides a cart
    running: int = 0  # the version of the one that runs


Pasts = dict[tuple[ShopId, PersonId, str], Past]


def is_held_out(shop: ShopId, plan: Plan, person: PersonId) -> bool:
    """Whether this person gets nothing of this journey, for comparison."""
    return arm(shop, plan.journey, person, plan.holdout)


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


def pasts_of(tx: Transaction, bucket: int, people: Iterable[tuple[ShopId, PersonId]]) -> Pasts:
    """What these people had of every journey: (shop, person, journey)."""
    pasts: Pasts = {}
    keys = [_PersonKey(shop, person) for shop, person in sorted(set(people))]
    rows = tx.all(sql.RUNS_OF_PEOPLE, keys, bucket=bucket) if keys else []
    for shop, person, journey, version, started_at, outcome, cart, about in rows:
        past = pasts.setdefault((shop, person, journey), Past())
        past.last_start = max(past.last_start or 0, started_at)
        if not outcome:
            past.is_running, past.running = True, version
        past.carts.add(cart)
        if about != "{}":
            past.runs.append((started_at, _about.decode(about)))
    return pasts


def begin_runs(
    tx: Transaction, bucket: int, hearers: Hearers, starts: Sequence[StartRow], now: Instant
) -> set[tuple[ShopId, RunId]]:
    """Write these runs and wake them; those that really began. One that is known, or whose journey runs already, does not."""
    if not starts:
        return set()
    begun = {(shop, run) for shop, run in tx.all(sql.START_RUNS, starts, bucket=bucket, now=now)}
    if begun:
        tx.run(SET_TIMERS, [TimerRow(shop, run, RUN_TIMER, now) for shop, run in sorted(begun)], bucket=bucket)
        tell(tx, bucket, hearers, (_happening(one, now) for one in starts if (one.shop, one.id) in begun), now)
    return begun


def _happening(start: StartRow, now: Instant) -> Happening:
    facts: dict[str, object] = {
        "run_id": start.id,
        "journey": start.journey,
        "version": start.version,
        "person_id": start.person,
        "cart_id": start.cart,
        "about": start.about.kind or "cart",
        "held_out": start.held_out,
    }
    return Happening(start.shop, Topic.RUN_STARTED, start.id, now, facts)


class Following(msgspec.Struct, frozen=True):
    """A run that ended with going on in another journey. `run` is the one that ended."""

    shop: ShopId
    run: RunId
    origin: str  # the journey that ended
    journey: str  # the other one
    person: PersonId
    cart: CartId
    held_out: bool = False
    about: About = About()


class NotBegun(StrEnum):
    """Why the other journey did not begin."""

    INACTIVE = "inactive"  # it is paused, or there is none of this name
    RUNNING = "running"  # for this person, already
    REENTRY = "reentry"  # they had it within its reentry time


def start_journeys(
    tx: Transaction, bucket: int, register: Register, rows: Sequence[Following], now: Instant
) -> dict[tuple[ShopId, RunId], NotBegun]:
    """Begin these journeys for the same people and carts; by the run that ended, why one did not begin.

    After the runs that ended were written. Whoever was held out of the first journey stays held out in what it leads to: otherwise
    the comparison would compare people who got the second journey with people who got it too.
    """
    if not rows:
        return {}
    pasts = pasts_of(tx, bucket, {(row.shop, row.person) for row in rows})
    refused: dict[tuple[ShopId, RunId], NotBegun] = {}
    starts: list[tuple[Following, StartRow]] = []
    for row in sorted(rows, key=lambda one: (one.shop, one.run)):
        journey = next((one for one in register.journeys(row.shop) if one.plan.journey == row.journey), None)
        past = pasts.setdefault((row.shop, row.person, row.journey), Past())
        if journey is None:
            refused[row.shop, row.run] = NotBegun.INACTIVE
        elif past.is_running:
            refused[row.shop, row.run] = NotBegun.RUNNING
        elif past.last_start is not None and now < past.last_start + journey.plan.reentry:
            refused[row.shop, row.run] = NotBegun.REENTRY
        else:
            run = RunId(derived_id(row.shop, "run", row.journey, "after", row.run))
            held_out = row.held_out or is_held_out(row.shop, journey.plan, row.person)
            starts.append(
                (row, StartRow(row.shop, run, row.journey, journey.version, row.person, row.cart, now, held_out, _after(row)))
            )
            past.is_running = True
    begun = begin_runs(tx, bucket, register.hearers, [start for _, start in starts], now)
    return refused | {(row.shop, row.run): NotBegun.RUNNING for row, start in starts if (start.shop, start.id) not in begun}


def _after(row: Following) -> About:
    """What the new run is about: the same, and it goes on where another journey spoke a moment ago."""
    return msgspec.structs.replace(row.about, after=row.origin)

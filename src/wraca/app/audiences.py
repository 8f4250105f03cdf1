"""Audiences: groups of people that journeys and the shop's own tools fill, and that ad platforms will be told of."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from wraca.app.hooksout import Moved
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId
from wraca.storage.database import Transaction
from wraca.storage.hot import audiences as sql
from wraca.storage.hot.intake import SET_TIMERS
from wraca.storage.hot.rows import PERSON_TIMER, TimerRow

_LONGEST_NAME = 64
_WORDS = re.compile(r"[^\W_]+")
BY_EVENT = "event"  # the source of a membership that the shop's own tools reported


def name_of(said: str) -> str:
    """The name of an audience as journey files can write it: "Big Spenders" is big-spenders."""
    return "-".join(_WORDS.findall(said.lower()))[:_LONGEST_NAME].strip("-")


class AudienceRow(msgspec.Struct, frozen=True, order=True):
    """`source`: the journey whose step it was, or BY_EVENT."""

    shop: ShopId
    audience: str
    person: PersonId
    source: str = BY_EVENT
    at: Instant = 0


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


def join_audiences(tx: Transaction, bucket: int, rows: Sequence[AudienceRow], now: Instant) -> list[Moved]:
    """Put these people into these audiences; journeys that begin with that look at them at once. Those who were not in it."""
    if not rows:
        return []
    timed = sorted(
        msgspec.structs.replace(row, at=row.at or now)
        for row in {(one.shop, one.audience, one.person): one for one in rows}.values()
    )
    moved: list[Moved] = tx.all(sql.JOIN_AUDIENCES, timed, bucket=bucket)
    joined = {(shop, person) for shop, person, _ in moved}
    if joined:
        tx.run(SET_TIMERS, [TimerRow(shop, person, PERSON_TIMER, now) for shop, person in sorted(joined)], bucket=bucket)
    return moved


def leave_audiences(tx: Transaction, bucket: int, rows: Sequence[AudienceRow], now: Instant) -> list[Moved]:
    """Take these people out of these audiences, whoever put them in. Those who were in it."""
    if not rows:
        return []
    timed = sorted({msgspec.structs.replace(row, at=row.at or now) for row in rows})
    moved: list[Moved] = tx.all(sql.LEAVE_AUDIENCES, timed, bucket=bucket)
    if told := [row for row in timed if row.source == BY_EVENT]:
        tx.run(sql.NOTE_LEAVING, told, bucket=bucket)
    return moved


def leave_those_of_journeys(tx: Transaction, bucket: int, people: Iterable[tuple[ShopId, PersonId]], now: Instant) -> list[Moved]:
    """These people bought, or want to hear no more: they leave what journeys put them into. Those who were in any."""
    keys = [_PersonKey(shop, person) for shop, person in sorted(set(people))]
    moved: list[Moved] = tx.all(sql.LEAVE_THOSE_OF_JOURNEYS, keys, bucket=bucket, now=now) if keys else []
    return moved


def memberships(
    tx: Transaction, bucket: int, people: Iterable[tuple[ShopId, PersonId]]
) -> dict[tuple[ShopId, PersonId], dict[str, Instant]]:
    """The audiences these people are in now, by name, with when they joined; people in none are absent."""
    keys = [_PersonKey(shop, person) for shop, person in sorted(set(people))]
    found: dict[tuple[ShopId, PersonId], dict[str, Instant]] = {}
    if keys:
        for shop, person, audience, at in tx.all(sql.MEMBERSHIPS, keys, bucket=bucket):
            found.setdefault((shop, person), {})[audience] = at
    return found

"""What really happened in a scenario, read from the tables that a shop's own installation keeps."""

from collections.abc import Iterator

import msgspec

from wraca.domain.events import Instant
from wraca.domain.journeys.run import Decision
from wraca.storage.statement import Statement
from wraca.testing.scenarios.script import KINDS
from wraca.testing.world import World

_MESSAGES = Statement(
    "scenario_messages",
    """select journey, template, channel, state, reasons, coalesce(sending_at, 0), coalesce(settled_at, 0), due_at
       from outbox where bucket = :bucket order by planned_at, id""",
)
_COUPONS = Statement("scenario_coupons", "select step, code, issued_at from coupon where bucket = :bucket")
_MEMBERS = Statement("scenario_members", "select audience, joined_at, left_at from audience_member where bucket = :bucket")
_NOTICES = Statement("scenario_notices", "select text, at from notice where bucket = :bucket")
_ENDS = Statement("scenario_ends", "select journey, outcome, ended_at from run where bucket = :bucket and ended_at is not null")
_DECISIONS = Statement(
    "scenario_decisions",
    """select r.journey, d.at, d.trail from decision d
       join run r on r.bucket = d.bucket and r.shop_id = d.shop_id and r.id = d.run_id
       where d.bucket = :bucket order by d.at, d.turn""",
)
_IS_SENT = frozenset({"accepted", "uncertain"})
_IS_OVER = frozenset({"skipped", "rejected"})
_words = msgspec.json.Decoder(tuple[str, ...])
_trail = msgspec.json.Decoder(tuple[Decision, ...])


class Happened(msgspec.Struct, frozen=True):
    """One thing that happened; `kind`, `name` and `detail` as script.Expected has them."""

    kind: str
    name: str
    at: Instant
    detail: tuple[str, ...] = ()


class Waiting(msgspec.Struct, frozen=True):
    """A message that was planned and is neither sent nor given up."""

    template: str
    channel: str
    state: str
    reasons: tuple[str, ...]
    due_at: Instant


class Decided(msgspec.Struct, frozen=True):
    """What a run decided at one moment."""

    journey: str
    at: Instant
    trail: tuple[Decision, ...]


class Course(msgspec.Struct, frozen=True):
    """All of it, in the order of time."""

    events: tuple[Happened, ...]
    waiting: tuple[Waiting, ...]
    decisions: tuple[Decided, ...]


def course_of(world: World) -> Course:
    """Read it."""
    with world.database.read() as tx:
        rows = {name: tx.all(statement, bucket=world.bucket) for name, statement in _TABLES.items()}
    events = [*_messages(rows["messages"]), *(Happened("offer", step, at, (code,)) for step, code, at in rows["coupons"])]
    for audience, joined_at, left_at in rows["members"]:
        events += [Happened("joins", audience, joined_at)] + ([Happened("leaves", audience, left_at)] if left_at else [])
    events += [Happened("notice", text, at) for text, at in rows["notices"]]
    events += [Happened("ends", outcome, at, (journey,)) for journey, outcome, at in rows["ends"]]
    waiting = [
        Waiting(template, channel, state, _words.decode(reasons), due_at)
        for _, template, channel, state, reasons, _, _, due_at in rows["messages"]
        if state not in _IS_SENT | _IS_OVER
    ]
    decided = [Decided(journey, at, _trail.decode(trail)) for journey, at, trail in rows["decisions"]]
    return Course(tuple(sorted(events, key=lambda one: (one.at, KINDS.index(one.kind), one.name))), tuple(waiting), tuple(decided))


_TABLES = {
    "messages": _MESSAGES,
    "coupons": _COUPONS,
    "members": _MEMBERS,
    "notices": _NOTICES,
    "ends": _ENDS,
    "decisions": _DECISIONS,
}


def _messages(rows: list[tuple[str, str, str, str, str, int, int, int]]) -> Iterator[Happened]:
    for _, template, channel, state, reasons, sending_at, settled_at, _ in rows:
        if state in _IS_SENT:
            yield Happened("send", template, sending_at, (channel,))
        elif state in _IS_OVER:
            yield Happened("skip", template, settled_at, tuple(sorted(_words.decode(reasons))))

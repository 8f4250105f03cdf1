"""What else the people of a batch were told and what waits for them, over all journeys: read for domain/arbitration.py.

A shop with one journey costs one statement, which the caps need anyway.
"""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.app.register import Register
from wraca.domain.arbitration import USUAL_PRIORITY, Rival, Told, Turn
from wraca.domain.consent import OWN_PAGES
from wraca.domain.events import Instant
from wraca.domain.gate import Answer, Ghost, Hold, Pass, Postpone, Silence
from wraca.domain.ids import CartId, MessageId, PersonId, RunId, ShopId, StepId
from wraca.storage.database import Transaction
from wraca.storage.hot import outbox as sql

_WEEK = 7 * 24 * 3600 * 1000
# What may take days: a message that waits for it does not have the person's ear.
_FAR_OFF = frozenset({Silence.NOT_CONNECTED, Silence.CHANNEL_PAUSED, Silence.DOMAIN_UNPROVEN})
_words = msgspec.json.Decoder(tuple[str, ...])


class PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class TurnNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """Beside the reason of a message that was kept back for another: what the outbox keeps in its body.

    `outranked` counts how often it had to let others go first; `by` is the last of these journeys.
    """

    outranked: int = 0
    by: str = ""
    merged_into: str = ""


class NoteRow(msgspec.Struct, frozen=True):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    body: TurnNote


class _Waiting(msgspec.Struct, frozen=True):
    """A message that waits: one of the batch, or another of the same person."""

    rival: Rival
    planned_at: Instant
    is_far_off: bool
    note: TurnNote


_note = msgspec.json.Decoder(TurnNote)
_People = dict[tuple[ShopId, PersonId], list[Told]]
_NOTHING: Mapping[MessageId, _Waiting] = {}


class Lineup:
    """`journeys` are those of the batch, with the version that a run of each has."""

    def __init__(
        self,
        tx: Transaction,
        bucket: int,
        register: Register,
        people: Sequence[PersonKey],
        journeys: Mapping[tuple[ShopId, str], int],
        now: Instant,
    ) -> None:
        self._register = register
        self._priorities: dict[tuple[ShopId, str], int] = {}
        self._several: dict[ShopId, bool] = {}
        self._sent: _People = {}
        self._waiting: dict[tuple[ShopId, PersonId], dict[MessageId, _Waiting]] = {}
        told = tx.all(sql.SENT_LATELY, people, bucket=bucket, since=now - _WEEK)
        names = {*journeys, *((shop, journey) for shop, _, _, _, journey, _, _ in told)}
        for (shop, journey), version in journeys.items():
            self._learn(shop, journey, version)
        for shop in {one.shop for one in people}:
            active = {journey.plan.journey for journey in register.journeys(shop)}
            self._several[shop] = len(active | {journey for named, journey in names if named == shop}) > 1
        for shop, person, at, channel, journey, cart, message in told:
            if channel in OWN_PAGES:
                continue  # it came to nobody: whoever comes by sees it
            one = Told(at, channel, journey, self.priority(shop, journey), cart, message)
            self._sent.setdefault((shop, person), []).append(one)
        if crowded := [one for one in people if self._several[one.shop]]:
            self._read_waiting(tx, bucket, crowded)

    def priority(self, shop: ShopId, journey: str) -> int:
        """How urgent a journey is, as it now stands; one that no longer runs counts as the version its last runs have."""
        for active in self._register.journeys(shop):
            if active.plan.journey == journey:
                return active.plan.priority
        return self._priorities.get((shop, journey), USUAL_PRIORITY)

    def sent(self, shop: ShopId, person: PersonId) -> tuple[Told, ...]:
        return tuple(self._sent.get((shop, person), ()))

    def place(self, shop: ShopId, person: PersonId, message: MessageId) -> tuple[int, Instant, MessageId]:
        """The place of a message in its batch: the most urgent first, then whoever was due first."""
        waiting = self._waiting.get((shop, person), _NOTHING).get(message)
        return (-waiting.rival.priority, waiting.rival.due_at, message) if waiting else (0, 0, message)

    def turn(self, shop: ShopId, person: PersonId, message: MessageId, journey: str, cart: CartId) -> Turn:
        """Where this message stands among those of the person's other journeys."""
        if not self._several[shop]:
            return Turn(journey, USUAL_PRIORITY, cart)
        waiting = self._waiting.get((shop, person), _NOTHING)
        rivals = tuple(one.rival for key, one in waiting.items() if key != message and not one.is_far_off)
        own = waiting.get(message)
        return Turn(journey, self.priority(shop, journey), cart, own.planned_at if own else 0, rivals)

    def note(self, shop: ShopId, person: PersonId, message: MessageId) -> TurnNote:
        """What was noted beside this message before."""
        waiting = self._waiting.get((shop, person), _NOTHING).get(message)
        return waiting.note if waiting else TurnNote()

    def judged(self, shop: ShopId, person: PersonId, answer: Answer, told: Told) -> None:
        """What was decided about one message (`told`, should it go) counts for the next one in this very batch."""
        waiting = self._waiting.get((shop, person), {})
        own = waiting.pop(told.message, None)
        match answer:
            case Pass() | Ghost() if told.channel in OWN_PAGES:
                pass
            case Pass() | Ghost():
                self._sent.setdefault((shop, person), []).append(told)
            case Postpone(until=until) | Hold(until=until) if own:
                rival = Rival(until, told.journey, told.priority, told.message)
                is_far_off = not _FAR_OFF.isdisjoint(answer.reasons)
                waiting[told.message] = _Waiting(rival, own.planned_at, is_far_off, own.note)

    @property
    def is_crowded(self) -> bool:
        """Whether the order in which messages are judged matters."""
        return bool(self._waiting)

    def _learn(self, shop: ShopId, journey: str, version: int) -> None:
        if self._priorities.get((shop, journey)) is None:
            self._priorities[shop, journey] = self._register.plan(shop, journey, version).priority

    def _read_waiting(self, tx: Transaction, bucket: int, people: Sequence[PersonKey]) -> None:
        for shop, person, message, journey, version, due, planned, reasons, body in tx.all(
            sql.WAITING_FOR_PEOPLE, people, bucket=bucket
        ):
            self._learn(shop, journey, version)
            rival = Rival(due, journey, self.priority(shop, journey), message)
            is_far_off = not _FAR_OFF.isdisjoint(_words.decode(reasons))
            note = _note.decode(body) if len(body) > len("{}") else TurnNote()
            self._waiting.setdefault((shop, person), {})[message] = _Waiting(rival, planned, is_far_off, note)

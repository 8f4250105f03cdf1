"""What people said why they did not buy, beside the events that say it: rows for the reports, and how long their words are kept."""

import re
from collections.abc import Sequence

import msgspec

from wraca.app.shoppers import Shoppers
from wraca.domain.events import Answered, Event, Instant
from wraca.domain.identity import anchor
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import answers as sql
from wraca.storage.hot.intake import WAKE_RUNS
from wraca.storage.hot.outbox import GATE_PEOPLE

_AN_ID = re.compile(r"[0-9a-f]{32}")
_replace = msgspec.structs.replace
_event = msgspec.json.Decoder(Event)
_person = msgspec.json.Decoder(Person)


class _AnswerRow(msgspec.Struct):
    shop: ShopId
    id: str
    person: PersonId
    cart: str | None
    message: str | None
    journey: str
    at: Instant
    reason: str
    text: str


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _Key(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    id: str


class _EventRow(msgspec.Struct):
    shop: ShopId
    id: str
    payload: Event


class _BodyRow(msgspec.Struct):
    shop: ShopId
    person: PersonId
    body: Person


def keep_answers(tx: Transaction, bucket: int, shoppers: Shoppers, taken: Sequence[tuple[ShopId, Event]], now: Instant) -> None:
    """In the transaction that took them in: write answers down, one per message; what waits for an answer goes on."""
    newest: dict[tuple[ShopId, str], _AnswerRow] = {}
    for shop, event in taken:
        if isinstance(event.body, Answered) and anchor(event):
            row = _answer_row(shop, shoppers.owner(shop, anchor(event)), event, event.body)
            known = newest.get((shop, row.message or row.id))
            if known is None or (known.at, known.id) <= (row.at, row.id):
                newest[shop, row.message or row.id] = row
    if not newest:
        return
    rows = sorted(newest.values(), key=lambda row: (row.shop, row.id))
    tx.run(sql.DROP_OLDER, rows, bucket=bucket)
    tx.run(sql.ADD_ANSWERS, rows, bucket=bucket)
    tx.run(WAKE_RUNS, sorted({_PersonKey(row.shop, row.person) for row in rows}), bucket=bucket, now=now)


def _answer_row(shop: ShopId, person: PersonId, event: Event, body: Answered) -> _AnswerRow:
    cart, message = (one if _AN_ID.fullmatch(one) else None for one in (body.cart, body.message))
    return _AnswerRow(shop, event.id, person, cart, message, body.journey[:64], event.at, body.reason[:24], body.text)


def blank_words(tx: Transaction, bucket: int, before: Instant, most: int) -> int:
    """Forget what people wrote before this moment, wherever it stands; that they answered, and which reason, stays. How many."""
    found = [
        (ShopId(shop), str(answer), PersonId(person))
        for shop, answer, person in tx.all(sql.OLD_WORDS, bucket=bucket, before=before, most=most)
    ]
    if not found:
        return 0
    # Held first, as intake and the gate do, so that nobody folds the words back in meanwhile.
    people = tx.all(GATE_PEOPLE, sorted({_PersonKey(shop, person) for shop, _, person in found}), bucket=bucket)
    keys = sorted(_Key(shop, answer) for shop, answer, _ in found)
    tx.run(sql.BLANK_WORDS, keys, bucket=bucket)
    events = [(shop, _event.decode(payload)) for shop, payload in tx.all(sql.EVENTS_OF_ANSWERS, keys, bucket=bucket)]
    silent = [
        _EventRow(shop, event.id, _replace(event, body=_replace(event.body, text="")))
        for shop, event in events
        if isinstance(event.body, Answered)
    ]
    if silent:
        tx.run(sql.SAVE_EVENTS, silent, bucket=bucket)
    bodies = [_BodyRow(shop, person, _without_words(_person.decode(body), before)) for shop, person, body in people]
    if bodies:
        tx.run(sql.SAVE_BODIES, bodies, bucket=bucket)
    return len(found)


def _without_words(person: Person, before: Instant) -> Person:
    return _replace(person, answers=tuple(_replace(one, text="") if one.at < before else one for one in person.answers))

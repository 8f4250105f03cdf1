"""Somebody says no by answering: their number is left in peace at once, and what they allowed is taken back."""

import msgspec

from wraca.app.intake import take_in
from wraca.app.register import Register
from wraca.domain.events import Consent, Event, Identity, IdentityKind, Instant, Other
from wraca.domain.ids import EventId, PersonId, ShopId, bucket_of, derived_id
from wraca.storage.hot import outbox
from wraca.storage.hot import texting as sql
from wraca.storage.hot.intake import WAKE_RUNS


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _SuppressRow(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str
    reason: str


def say_no(register: Register, shop: ShopId, channel: str, number: str, answer: str, now: Instant) -> None:
    """Nothing goes to this number any more, whether or not we know whose it is. `answer` names what they said: twice is once."""
    bucket, identity = bucket_of(shop), Identity(IdentityKind.PHONE, number)
    row = _SuppressRow(shop, channel, register.seal.address_hash(shop, channel, number), "unsubscribed")
    with register.database.write() as tx:
        found = [PersonId(person) for (person,) in tx.all(sql.PERSON_BY_NUMBER, bucket=bucket, shop=shop, key=identity.key)]
        people = [_PersonKey(shop, person) for person in found]
        if people:  # held as the gate holds them: a message begins before this, or not at all
            tx.all(outbox.GATE_PEOPLE, people, bucket=bucket)
        tx.run(outbox.SUPPRESS, [row], bucket=bucket, now=now)
        if people:
            tx.run(WAKE_RUNS, people, bucket=bucket, now=now)
    if people:
        said = (Consent(channel, given=False, mechanism="reply"),)
        event_id = EventId(derived_id(shop, "said no", channel, number, answer[:200]))
        # Told as history: it is our own word, and no sign of life of the shop's order reports.
        event = Event(event_id, "Unsubscribed", now, now, Other(), (identity,), consents=said, backfill=True)
        take_in(register.database, bucket, [(shop, (event,))], now, register.idle)

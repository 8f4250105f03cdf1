"""Saying no: what the page behind an unsubscribe link shows, and what its button does."""

from collections.abc import Sequence

import msgspec

from wraca.app.answers import PreferencesPage, Scope
from wraca.app.composing import masked
from wraca.app.hits import find_link
from wraca.app.intake import take_in
from wraca.app.register import NoSuchShop, Register
from wraca.app.weighing import address_of, addresses_of
from wraca.domain.events import Consent, Event, Identity, IdentityKind, Instant, Other
from wraca.domain.ids import EventId, MessageId, PersonId, ShopId, derived_id
from wraca.domain.people import Person
from wraca.storage.database import Transaction
from wraca.storage.hot import links as sql
from wraca.storage.hot import outbox, runs
from wraca.storage.hot.intake import WAKE_RUNS
from wraca.storage.hot.texting import CHANNEL_OF_MESSAGE

_person = msgspec.json.Decoder(Person)

_ALL = ("email", "sms", "webpush")


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


class _SuppressRow(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str
    reason: str


def preferences(register: Register, token: str, now: Instant) -> PreferencesPage | None:
    """What the page shows; None for a token that is not good. Looking changes nothing."""
    link, bucket = find_link(register.database, token, "preferences", now)
    if link is None:
        return None
    try:
        shop = register.shop(link.shop)
    except NoSuchShop:
        return None
    with register.database.read() as tx:
        person = _person_of(tx, bucket, link.shop, link.person)
        channel = _channel_of(tx, bucket, link.shop, link.message)
        address = address_of(person, channel) if person else ""
        silent = bool(address) and _is_suppressed(tx, bucket, register, link.shop, channel, address)
    language = (person.language if person else "") or shop.language
    return PreferencesPage(shop.name, masked(address) if address else "", language[:2], is_subscribed=bool(address) and not silent)


def unsubscribe(register: Register, token: str, scope: Scope, now: Instant) -> bool:
    """Stop writing to the person: at once, and again and again without harm. True for every token that was ever good."""
    link, bucket = find_link(register.database, token, "preferences", now)
    if link is None:
        return False
    with register.database.read() as tx:
        person = _person_of(tx, bucket, link.shop, link.person)
        channels = _ALL if scope == "all" else (_channel_of(tx, bucket, link.shop, link.message),)
    if person is None:
        return True  # erased since: there is nobody left to write to
    _suppress(register, bucket, link.shop, person, channels, now)
    said = tuple(
        Consent(channel, given=False, mechanism="link")
        for channel in channels
        if (known := person.consents.get(channel)) is None or known.given
    )
    if said and (identity := _identity(person)):
        event_id = EventId(derived_id(link.shop, "unsubscribed", link.message, scope, str(now)))
        # Told as history: it is our own word, and no sign of life of the shop's order reports.
        event = Event(event_id, "Unsubscribed", now, now, Other(), (identity,), consents=said, backfill=True)
        take_in(register.database, bucket, [(link.shop, (event,))], now, register.idle)
    return True


def _person_of(tx: Transaction, bucket: int, shop: ShopId, person: PersonId) -> Person | None:
    rows = tx.all(sql.PERSON_OF_LINK, bucket=bucket, shop=shop, person=person)
    return _person.decode(rows[0][0]) if rows else None


def _channel_of(tx: Transaction, bucket: int, shop: ShopId, message: MessageId) -> str:
    """Over which channel the message went that the link stood in: no is said to that one first."""
    rows = tx.all(CHANNEL_OF_MESSAGE, bucket=bucket, shop=shop, message=message)
    return rows[0][0] if rows else "email"


def _is_suppressed(tx: Transaction, bucket: int, register: Register, shop: ShopId, channel: str, address: str) -> bool:
    key = _SuppressRow(shop, channel, register.seal.address_hash(shop, channel, address), "")
    return bool(tx.all(runs.SUPPRESSED, [key], bucket=bucket))


def _suppress(register: Register, bucket: int, shop: ShopId, person: Person, channels: Sequence[str], now: Instant) -> None:
    rows = [
        _SuppressRow(shop, channel, register.seal.address_hash(shop, channel, address), "unsubscribed")
        for channel in channels
        for address in addresses_of(person, channel)
    ]
    with register.database.write() as tx:
        # Held as the gate holds them: a message begins before this, or not at all.
        tx.all(outbox.GATE_PEOPLE, [_PersonKey(shop, person.id)], bucket=bucket)
        if rows:
            tx.run(outbox.SUPPRESS, rows, bucket=bucket, now=now)
        tx.run(WAKE_RUNS, [_PersonKey(shop, person.id)], bucket=bucket, now=now)


def _identity(person: Person) -> Identity | None:
    """The strongest proven identity of the person: what they say now hangs on it."""
    for kind, value in ((IdentityKind.USER, person.user), (IdentityKind.EMAIL, person.email), (IdentityKind.PHONE, person.phone)):
        if value:
            return Identity(kind, value)
    return None

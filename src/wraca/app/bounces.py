"""What a bounce or a complaint changes: the message's outcome, whether the address is written to again, whether journeys go on.

A report counts only when it names one of our messages by its key, which nobody but its recipient has seen; and it can only ever
silence the address that very message went to. The same report again changes nothing.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from wraca.app.composing import MessageBody, masked
from wraca.app.domains import shops_of
from wraca.app.hooksout import Happening, tell
from wraca.app.register import Register
from wraca.domain.bounces import Kind, Report, is_dead, read_report
from wraca.domain.events import Instant
from wraca.domain.ids import MessageId, PersonId, RunId, ShopId, StepId, bucket_of
from wraca.domain.people import Person
from wraca.domain.webhooks import Topic
from wraca.storage.database import Transaction
from wraca.storage.hot import outbox
from wraca.storage.hot import pacing as sql
from wraca.storage.hot.intake import WAKE_RUNS

# Whatever strangers send is no fault of ours: its stack traces stay out of the log.
logging.getLogger("flufl.bounce").disabled = True

_MOST_READ = 1 << 20  # bytes of one report
_person = msgspec.json.Decoder(Person)
_body = msgspec.json.Decoder(MessageBody)
_words = msgspec.json.Decoder(list[str])
_REASONS = {Kind.HARD: "hard_bounce", Kind.SOFT: "soft_bounce"}


class Taken(msgspec.Struct, frozen=True):
    """What a report was, and what it changed. `shop` is empty where it names no message of ours, `suppressed` where none is."""

    kind: Kind
    message: str = ""
    shop: str = ""
    status: str = ""
    suppressed: str = ""
    is_new: bool = False


class _Message(NamedTuple):
    """The message a report is about: the columns of BOUNCED_MESSAGE, in their order."""

    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    person: PersonId
    body: str


class _MessageKey(msgspec.Struct):
    shop: ShopId
    id: MessageId


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId
    channel: str = ""


class _RejectRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    reasons: tuple[str, ...]
    body: MessageBody


class _SuppressRow(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str
    reason: str


def take_report(register: Register, raw: bytes, now: Instant, shop: ShopId | None = None) -> Taken:
    """Read one message from the bounce mailbox and do what follows. Without a shop, all are looked through for the message."""
    report = read_report(raw[:_MOST_READ])
    taken = Taken(report.kind, report.message, status=report.status)
    if report.kind is Kind.NEITHER or not report.message:
        return taken
    for bucket in register.buckets() if shop is None else (bucket_of(shop),):
        shops = shops_of(register, bucket) if shop is None else (shop,)
        if (done := _take(register, bucket, shops, report, taken, now)) is not None:
            return done
    return taken


def _take(register: Register, bucket: int, shops: Sequence[ShopId], report: Report, taken: Taken, now: Instant) -> Taken | None:
    """In one transaction. The person is held first, as the gate does: their next message is judged wholly before or after this."""
    keys = [_MessageKey(shop, MessageId(report.message)) for shop in shops]
    with register.database.write() as tx:
        rows = tx.all(sql.BOUNCED_MESSAGE, keys, bucket=bucket)
        if not rows:
            return None
        message = _Message(*rows[0])
        people = tx.all(outbox.GATE_PEOPLE, [_PersonKey(message.shop, message.person)], bucket=bucket)
        body = _body.decode(message.body)
        is_new = report.kind is not Kind.COMPLAINT and _reject(tx, bucket, message, body, report, now)
        address = _address(_person.decode(people[0][2]) if people else None, body, report)
        why = _why_silent(tx, bucket, message, report) if address else ""
        if why:
            hashed = register.seal.address_hash(message.shop, message.channel, address)
            row = _SuppressRow(message.shop, message.channel, hashed, why)
            is_new = tx.run(outbox.SUPPRESS, [row], bucket=bucket, now=now) > 0 or is_new
        if is_new:
            tx.run(WAKE_RUNS, [_PersonKey(message.shop, message.person)], bucket=bucket, now=now)
            tell(tx, bucket, register.hearers, [_happening(message, report, now)], now)
    return msgspec.structs.replace(taken, shop=message.shop, suppressed=why, is_new=is_new)


def _happening(message: _Message, report: Report, now: Instant) -> Happening:
    facts: dict[str, object] = {
        "message_id": report.message,
        "run_id": message.run,
        "person_id": message.person,
        "channel": message.channel,
        "kind": report.kind,
        "status": report.status,
    }
    return Happening(message.shop, Topic.MESSAGE_BOUNCED, report.message, now, facts)


def _reject(tx: Transaction, bucket: int, message: _Message, body: MessageBody, report: Report, now: Instant) -> bool:
    """Call it rejected, if it was not already."""
    reasons = (_REASONS[report.kind], report.status) if report.status else (_REASONS[report.kind],)
    detail = _without(report.detail, report.recipients) or body.detail
    row = _RejectRow(*message[:4], reasons, msgspec.structs.replace(body, detail=detail))
    return tx.run(sql.REJECT_BOUNCED, [row], bucket=bucket, now=now) > 0


def _without(detail: str, addresses: Sequence[str]) -> str:
    """What the other side said, without the address: the outbox keeps none in the clear."""
    for address in addresses:
        start = detail.lower().find(address) if address else -1
        if start >= 0:
            detail = detail[:start] + masked(address) + detail[start + len(address) :]
    return detail.replace("\0", " ")


def _address(person: Person | None, body: MessageBody, report: Report) -> str:
    """The address the message went to. The outbox knows only its mask; the person may have another one by now, or be erased."""
    candidates = (person.email if person else "", *report.recipients)
    return next((address for address in candidates if address and masked(address) == body.to), "")


def _why_silent(tx: Transaction, bucket: int, message: _Message, report: Report) -> str:
    """Why the address must not be written to any more; empty: it may."""
    if report.kind is Kind.COMPLAINT:
        return "complained"
    if report.kind is Kind.HARD:
        return "hard_bounce"
    rows = tx.all(sql.LATEST_SENT, [_PersonKey(message.shop, message.person, message.channel)], bucket=bucket)
    came_back = [(at, state == "rejected" and "soft_bounce" in _words.decode(reasons)) for at, state, reasons in rows]
    return "soft_bounces" if is_dead(came_back) else ""

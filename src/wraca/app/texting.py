"""What comes back from providers of text messages: what became of a message, and people who answer "stop".

A call is proven by the address that it came to and by whatever the provider signs; then everything it says is done at
once, and a second time changes nothing. Reports come in any order: of two words about one message the graver is the truth
(`_GRAVITY`), so that any order of the same reports ends alike.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import structlog

from wraca.app.callbacks import shop_of_secret
from wraca.app.composing import MessageBody, masked
from wraca.app.noes import say_no
from wraca.app.register import NoSuchShop, Register
from wraca.app.weighing import address_of
from wraca.domain.events import Instant
from wraca.domain.ids import MessageId, PersonId, RunId, ShopId, StepId, bucket_of
from wraca.domain.optout import is_opt_out
from wraca.domain.outbox import State
from wraca.domain.people import Person
from wraca.ports.channel import ChannelError
from wraca.ports.texting import Call, CallsBack, Delivery, Heard, NotGenuine, Report
from wraca.storage.database import Transaction
from wraca.storage.hot import outbox, texting
from wraca.storage.hot.intake import WAKE_RUNS

_log = structlog.get_logger()
_DAY = 24 * 3600 * 1000
_LOOK_BACK: Final = 7 * _DAY  # reports that name no key of ours are looked for among the messages of this time
_PATIENCE: Final = 10 * 60 * 1000  # before a provider is asked what became of a message: it may still tell by itself
_MOST_ASKED: Final = 50
_MOST_REPORTS: Final = 500

# Of two words the later in this row holds. Failed comes last: a part that never arrived makes a message that nobody can read.
_GRAVITY: Final = {word: place for place, word in enumerate(("", *Delivery))}
_person = msgspec.json.Decoder(Person)
_body = msgspec.json.Decoder(MessageBody)


class Taken(msgspec.Struct, frozen=True):
    """What the caller is told, and what followed: how many messages changed, how many people said no."""

    answer: str
    content_type: str
    changed: int = 0
    opted_out: int = 0


class _Found(NamedTuple):
    """A message that a report speaks of: the columns of REPORTED_BY_KEY, in their order."""

    place: int
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    id: MessageId
    person: PersonId
    state: State
    body: str


class _ByKey(msgspec.Struct):
    place: int
    shop: ShopId
    key: str
    channel: str


class _ByReference(msgspec.Struct):
    place: int
    shop: ShopId
    reference: str
    channel: str


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


class _ReportRow(msgspec.Struct):
    shop: ShopId
    run: RunId
    step: StepId
    channel: str
    state: State
    reasons: tuple[str, ...]
    settled_at: Instant | None
    body: MessageBody


class _SuppressRow(msgspec.Struct):
    shop: ShopId
    channel: str
    hash: str
    reason: str


def take_call(register: Register, channel: str, provider: str, secret: str, call: Call, now: Instant) -> Taken | None:
    """A provider calls. None for a call that is not one of ours: whoever made it learns nothing. Raises DatabaseBusy."""
    plugin, shop = _plugin(register, channel), shop_of_secret(register.seal, secret, channel)
    connection = register.connection(shop, channel) if shop else None
    if shop is None or plugin is None or connection is None:
        return None
    try:
        register.shop(shop)
        heard = plugin.hear(provider, connection.settings, call)
    except (NotGenuine, NoSuchShop, ChannelError):
        return None
    return _do(register, shop, channel, heard, plugin.no_words(connection.settings), now)


def _plugin(register: Register, channel: str) -> CallsBack | None:
    found: object = register.channels.get(channel)
    return found if isinstance(found, CallsBack) else None


def _do(register: Register, shop: ShopId, channel: str, heard: Heard, words: Sequence[str], now: Instant) -> Taken:
    changed = take_reports(register, shop, channel, heard.reports[:_MOST_REPORTS], now) if heard.reports else 0
    opted_out = 0
    for reply in heard.replies:
        if reply.has_opted_out or is_opt_out(reply.text, words):
            say_no(register, shop, channel, reply.number, reply.id or reply.text, now)
            opted_out += 1
    return Taken(heard.answer, heard.content_type, changed, opted_out)


def take_reports(register: Register, shop: ShopId, channel: str, reports: Sequence[Report], now: Instant) -> int:
    """Write down what became of these messages, and what follows; how many of them changed."""
    bucket = bucket_of(shop)
    with register.database.write() as tx:
        # The people first, as the gate does it; then the messages themselves, held and read anew.
        people = {found.person for found in _find(tx, bucket, shop, channel, reports, now)}
        keys = [_PersonKey(shop, person) for person in sorted(people)]
        known = (
            {person: _person.decode(body) for _, person, body in tx.all(outbox.GATE_PEOPLE, keys, bucket=bucket)} if keys else {}
        )
        rows, bad = [], []
        for found in _find(tx, bucket, shop, channel, reports, now):
            report = reports[found.place]
            if (row := _row(found, report, now)) is not None:
                rows.append(row)
            if (why := _why_silent(report)) and (address := _address(found, known.get(found.person))):
                bad.append(_SuppressRow(shop, channel, register.seal.address_hash(shop, channel, address), why))
        changed: int = sum(
            tx.run(texting.REPORT, [row], bucket=bucket) for row in rows
        )  # a message may be spoken of twice in one call
        if bad:
            changed += tx.run(outbox.SUPPRESS, bad, bucket=bucket, now=now)
        if changed and keys:
            tx.run(WAKE_RUNS, keys, bucket=bucket, now=now)
    return changed


def _find(tx: Transaction, bucket: int, shop: ShopId, channel: str, reports: Sequence[Report], now: Instant) -> list[_Found]:
    """The messages that the reports speak of; ours by key, else theirs by reference."""
    keyed = [_ByKey(place, shop, one.key, channel) for place, one in enumerate(reports) if _is_key(one.key)]
    named = [
        _ByReference(place, shop, one.reference, channel)
        for place, one in enumerate(reports)
        if one.reference and not _is_key(one.key)
    ]
    found = [_Found(*row) for row in tx.all(texting.REPORTED_BY_KEY, keyed, bucket=bucket)] if keyed else []
    if named:
        found += [_Found(*row) for row in tx.all(texting.REPORTED_BY_REFERENCE, named, bucket=bucket, since=now - _LOOK_BACK)]
    return found


def _is_key(key: str) -> bool:
    return len(key) == 32 and all(sign in "0123456789abcdef" for sign in key)


def _row(found: _Found, report: Report, now: Instant) -> _ReportRow | None:
    """What the message becomes; None where the report says nothing new of it."""
    body = _body.decode(found.body)
    if _GRAVITY[report.delivery] <= _GRAVITY.get(body.delivery, 0):
        return None
    state = _becomes(State(found.state), report.delivery)
    if state is State.SENDING:
        return None  # the worker that hands it over is about to write down more than this
    at = now if report.delivery is Delivery.DELIVERED else body.delivered_at
    detail = report.detail[:300].replace("\0", " ") or body.detail
    reference = body.reference or report.reference[:300].replace("\0", " ")
    body = msgspec.structs.replace(body, delivery=report.delivery.value, delivered_at=at, detail=detail, reference=reference)
    reasons = (report.reason or report.delivery.value,) if state is State.REJECTED else ()
    settled_at = now if state in {State.ACCEPTED, State.REJECTED} else None
    return _ReportRow(found.shop, found.run, found.step, found.channel, state, reasons, settled_at, body)


def _becomes(state: State, delivery: Delivery) -> State:
    """The state after this word. That nobody knows anything changes nothing."""
    match delivery:
        case Delivery.UNKNOWN:
            return state
        case Delivery.ACCEPTED:
            return State.ACCEPTED if state is State.UNCERTAIN else state
        case Delivery.DELIVERED:
            return State.ACCEPTED
        case Delivery.EXPIRED | Delivery.FAILED:
            return State.REJECTED


def _why_silent(report: Report) -> str:
    """Why the number must not be written to any more; empty: it may."""
    return "unsubscribed" if report.has_opted_out else "hard_bounce" if report.is_bad_number else ""


def _address(found: _Found, person: Person | None) -> str:
    """The number that the message went to; empty where the person has another one by now, or was erased."""
    address = address_of(person, found.channel) if person else ""
    return address if address and masked(address) == _body.decode(found.body).to else ""


def ask_uncertain(register: Register, bucket: int, channel: str, now: Instant) -> int:
    """Ask providers about messages of which nobody knows whether they left; how many now have an answer."""
    if (plugin := _plugin(register, channel)) is None:
        return 0
    with register.database.read() as tx:
        rows = tx.all(texting.UNCERTAIN, bucket=bucket, channel=channel, since=now - _DAY, until=now - _PATIENCE, most=_MOST_ASKED)
    answered = 0
    for shop, message, _, body in rows:
        if (connection := register.connection(shop, channel)) is None:
            continue
        try:
            report = plugin.ask(connection.settings, message, _body.decode(body).reference)
        except Exception as problem:  # noqa: BLE001  (whatever it was, it is asked again)
            _log.info("provider could not be asked", channel=channel, problem=type(problem).__name__)
            continue
        if report is not None:
            answered += take_reports(register, shop, channel, [msgspec.structs.replace(report, key=message)], now)
    return answered

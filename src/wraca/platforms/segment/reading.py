"""A delivery of Segment calls -> events, and a reason for every call that is not one."""

from typing import Final, Literal

import msgspec

from wraca.domain.events import Body, Consent, Event, Instant, OrderPlaced, Other, ProductTold, Seen
from wraca.domain.ids import EventId, ShopId
from wraca.platforms.segment.lines import Properties, Terms
from wraca.platforms.segment.meanings import CONSENTS, MEANINGS, ORDERS
from wraca.platforms.segment.people import identified, shorthand_consents, spoken_consent, who
from wraca.platforms.segment.values import Unusable, currency_code, identifier, link, shallow, text
from wraca.platforms.segment.wire import (
    ITEM_BYTES,
    Call,
    Context,
    decode_batch,
    decode_call,
    event_id,
    happened_at,
    instant,
    without_nul,
)
from wraca.ports.platform import Delivery, Rejection, ShopFacts

Sender = Literal["browser", "server"]
Kind = Literal["track", "identify", "page", "screen", "alias", "group"]

# The names under which calls without an event name are kept.
NAMES: Final = {
    "identify": "Identified",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "alias": "Aliased",
    "group": "Grouped",
}
_NOWHERE: Final = Context()
_ORDER_CORE: Final = frozenset(("order_id", "checkout_id", "cart_id", "status", "payment_status", "partial"))


class Letter(msgspec.Struct, frozen=True):
    """What all items of one delivery share."""

    shop: ShopFacts
    source: Sender
    now: Instant
    trusted: bool
    sent_at: object = None
    sent: Instant | None = None  # the same, understood
    context: Context | None = None
    backfill: bool = False


def read_batch(body: bytes, shop: ShopFacts, source: Sender, now: Instant, *, most: int = 10_000) -> Delivery:
    """Read `{"batch": [...]}`. Raises ValueError with a text for people: the body is no batch, or has more than `most` items."""
    batch = decode_batch(body)
    if len(batch.batch) > most:
        raise ValueError(f"Send at most {most} events in one batch; this one has {len(batch.batch)}.")
    history = _says_backfill(batch.integrations, batch.context)
    letter = Letter(shop, source, now, source == "server", batch.sent_at, instant(batch.sent_at), batch.context, history)
    return _deliver(batch.batch, letter, None)


def read_call(kind: Kind, body: bytes, shop: ShopFacts, source: Sender, now: Instant) -> Delivery:
    """Read the body of one call of this kind. Raises ValueError with a text for people when it is not a call."""
    return _deliver([msgspec.Raw(without_nul(body))], Letter(shop, source, now, source == "server"), kind)


def _deliver(items: list[msgspec.Raw], letter: Letter, kind: Kind | None) -> Delivery:
    events: list[Event] = []
    rejected: list[Rejection] = []
    for index, item in enumerate(items):
        try:
            event, fault = _event(_open(item, letter, kind), letter, index)
        except Unusable as unusable:
            rejected.append(Rejection(index, unusable.field, unusable.reason))
        else:
            events.append(event)
            if fault is not None:
                rejected.append(Rejection(index, fault.field, f"{fault.reason} The order itself was kept, without its amounts."))
    return Delivery(events, rejected)


def _open(item: msgspec.Raw, letter: Letter, kind: Kind | None) -> Call:
    size = memoryview(item).nbytes
    if size > ITEM_BYTES:
        raise Unusable("", f"Send events of at most {ITEM_BYTES // 1024} kB; this one has {size} bytes.")
    try:
        call = decode_call(item)
    except ValueError as unreadable:
        if kind is not None:
            raise
        raise Unusable("", str(unreadable)) from None
    if kind is not None:
        call.type = kind
    if call.context is None:
        call.context = letter.context or _NOWHERE
    return call


def _says_backfill(integrations: object, context: Context | None) -> bool:
    if integrations is not None and isinstance(integrations, dict) and integrations.get("backfill") is True:
        return True
    if context is None or context is _NOWHERE:
        return False
    return context.backfill is True or (isinstance(context.wraca, dict) and context.wraca.get("backfill") is True)


def _event(call: Call, letter: Letter, index: int) -> tuple[Event, Unusable | None]:
    name = _name(call)
    said, where = _said(call)
    at, is_old = happened_at(call, letter.sent, letter.now)
    key = event_id(ShopId(letter.shop.id), letter.source, call, letter.sent_at, letter.now)
    people = who(call, said, letter.shop, trusted=letter.trusted)
    consents = shorthand_consents(said, call.context, trusted=letter.trusted)
    body, spoken, fault = _meaning(call, name, said, letter, key)
    if people.unproven:
        said["userId"] = people.unproven  # kept to be looked at, believed by nobody
    if said:
        shallow(said, where)
    event = Event(
        key,
        name,
        at,
        letter.now,
        body,
        # A word on a product is about nobody, whoever's name the server's client puts on everything it sends.
        () if isinstance(body, ProductTold) else people.identities,
        people.claims,
        (spoken, *consents) if spoken else consents,
        letter.source,
        index,
        is_old or letter.backfill or _says_backfill(call.integrations, call.context),
        said,
    )
    return event, fault


def _name(call: Call) -> str:
    if call.type == "track":
        name = text(call.event, 200).strip()
        if not name:
            raise Unusable("event", "Name the event, for example Product Added.")
        return name
    if isinstance(call.type, str) and call.type in NAMES:
        return NAMES[call.type]
    raise Unusable("type", "Use one of track, identify, page, screen, alias, group.")


def _said(call: Call) -> tuple[Properties, str]:
    """What the call says, as a dictionary that we may take apart, and what it is called in the call."""
    where = "traits" if call.type in ("identify", "group") else "properties"
    said = call.traits if where == "traits" else call.properties
    if said is None:
        return {}, where
    if not isinstance(said, dict):
        raise Unusable(where, "Send an object of names and values.")
    return said, where


def _meaning(call: Call, name: str, said: Properties, letter: Letter, key: EventId) -> tuple[Body, Consent | None, Unusable | None]:
    context = call.context
    match call.type:
        case "track" if name in CONSENTS:
            return Other(), spoken_consent(said, given=CONSENTS[name], trusted=letter.trusted), None
        case "track" if name in MEANINGS:
            body, fault = _track(name, said, letter, key, minor=_says_minor(context))
            return body, None, fault
        case "track":
            return Other(), None, None
        case "identify":
            return identified(said, context, is_trusted=letter.trusted), None, None
        case "page" | "screen":
            page = context.page if context else None
            here = link(said.pop("url", None)) or (link(page.get("url")) if isinstance(page, dict) else "")
            return Seen("", here), None, None
        case _:
            said.update({field: value for field, value in _ids_beside(call) if value})
            return Other(), None, None


def _ids_beside(call: Call) -> tuple[tuple[str, str], ...]:
    return ("groupId", identifier(call.group_id)), ("previousId", identifier(call.previous_id))


def _track(name: str, said: Properties, letter: Letter, key: EventId, *, minor: bool) -> tuple[Body, Unusable | None]:
    """The body of a known event. A bad amount is a reason to refuse an event, but never to overlook a purchase.

    Reminders that go on after somebody paid are the worst this product can do, so an order is kept without what is wrong with it.
    """
    whole = dict(said) if name in ORDERS else {}
    fault: Unusable | None = None
    try:
        body = MEANINGS[name](said, _terms(said, letter, minor=minor))
    except Unusable as unusable:
        if name not in ORDERS:
            raise
        fault = unusable
        bare = {field: value for field, value in whole.items() if field in _ORDER_CORE}
        said.clear()
        said.update({field: value for field, value in whole.items() if field not in _ORDER_CORE})
        body = MEANINGS[name](bare, Terms(letter.shop.currency, minor=False, trusted=letter.trusted))
    if isinstance(body, OrderPlaced) and not body.order:
        body = msgspec.structs.replace(body, order=key)
    return body, fault


def _terms(said: Properties, letter: Letter, *, minor: bool) -> Terms:
    code = currency_code(said.pop("currency", None), letter.shop.currency)
    return Terms(code, said.pop("money", None) == "minor" or minor, letter.trusted)


def _says_minor(context: Context | None) -> bool:
    if context is None or context is _NOWHERE:
        return False
    return context.money == "minor" or (isinstance(context.wraca, dict) and context.wraca.get("money") == "minor")

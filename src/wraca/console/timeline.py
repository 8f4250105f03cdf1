"""One column of time: what the person did, what the journeys decided, what was sent, and what came back."""

from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wraca.console import formats, why, words
from wraca.domain.events import (
    Answered,
    AudienceChanged,
    CartReplaced,
    Event,
    FeedChecked,
    Identified,
    Instant,
    Landed,
    Line,
    LineAdded,
    LineRemoved,
    Named,
    OrderPlaced,
    OrderSeen,
    Other,
    ProductTold,
    PushChanged,
    Reviewed,
    Seen,
    StageReached,
)
from wraca.storage.queries.messages import MessageSeen
from wraca.storage.queries.people import Decided, History, Hit, RunSeen


class Entry(msgspec.Struct, frozen=True):
    """One line. `kind` is "event", "run", "decision", "message" or "hit"; `message` is the id of the message to link to."""

    at: Instant
    kind: str
    title: str
    details: tuple[str, ...] = ()
    tone: str = "calm"
    message: str = ""
    note: str = ""

    @property
    def day(self) -> str:
        return formats.day(self.at)


def timeline(history: History, cart: str = "", since: Instant = 0) -> list[Entry]:
    """Everything, the newest first; with `cart` only the journeys and messages of that cart, and events from `since` on."""
    runs = [run for run in history.runs if not cart or run.cart == cart]
    decisions = [each for each in history.decisions if not cart or each.cart == cart]
    messages = {each.id: each for each in history.messages if not cart or each.cart == cart}
    entries = [
        *(_event(each) for each in _without_echoes(history.events) if each.at >= since),
        *(_run(each) for each in runs),
        *(_decided(each) for each in _without_repeats(decisions)),
        *(entry for each in messages.values() for entry in _message(each)),
        *(_hit(each, messages) for each in history.hits if each.message in messages),
    ]
    # At one moment the cause stands below its effect: event, start, decision, message, hit.
    order = {"event": 0, "run": 1, "decision": 2, "message": 3, "hit": 4}
    return sorted(entries, key=lambda entry: (entry.at, order[entry.kind]))[::-1]


def _without_echoes(events: Iterable[Event]) -> list[Event]:
    """What intake derived from an order is told only where the order itself is not: it was somebody else's then."""
    events = list(events)
    orders = {each.body.order for each in events if isinstance(each.body, OrderPlaced)}
    return [each for each in events if not (isinstance(each.body, OrderSeen) and each.body.order in orders)]


def _without_repeats(decisions: Iterable[Decided]) -> list[Decided]:
    """A run that is asked again and answers the same ("still waits") is told once."""
    kept: dict[str, Decided] = {}
    told: list[Decided] = []
    for each in decisions:
        before = kept.get(each.run)
        if before is None or before.trail != each.trail:
            told.append(each)
        kept[each.run] = each
    return told


# --- events ---------------------------------------------------------------------------------------------------------------------


def _event(event: Event) -> Entry:
    title, details = _told(event)
    source = words.word(words.SOURCES, event.source)
    note = _("%(name)s, %(source)s") % {"name": event.name, "source": source}
    tone = "good" if isinstance(event.body, OrderPlaced) else "calm"
    claims = tuple(_("Typed in, but not proven: %(claim)s") % {"claim": claim.value} for claim in event.claims)
    consents = tuple(
        (_("Allowed messages by %(channel)s") if consent.given else _("Took back the permission for %(channel)s"))
        % {"channel": words.word(words.CHANNELS, consent.channel)}
        for consent in event.consents
    )
    return Entry(event.at, "event", title, (*details, *claims, *consents), tone, note=note)


def _told(event: Event) -> tuple[str, tuple[str, ...]]:
    match event.body:
        case LineAdded() | LineRemoved() | CartReplaced() as body:
            return _cart_told(body)
        case StageReached() as body:
            return _stage_told(body)
        case OrderPlaced() as body:
            return _order_told(body)
        case Identified(first_name, last_name):
            return _("Told who they are"), ((f"{first_name} {last_name}".strip(),) if first_name or last_name else ())
        case Seen(product, url):
            return _("Looked around in the shop"), tuple(part for part in (product, url) if part)
        case Answered() | Reviewed() | AudienceChanged() | PushChanged() as body:
            return _said_told(body)
        case Landed() | FeedChecked() | ProductTold() | OrderSeen() | Named() | Other() as body:
            return _PLAIN[type(body)]() if type(body) in _PLAIN else event.name, ()
        case _:
            assert_never(event.body)


def _said_told(body: Answered | Reviewed | AudienceChanged | PushChanged) -> tuple[str, tuple[str, ...]]:
    match body:
        case Answered(reason, text):
            return _("Said why"), tuple(part for part in (words.word(words.REASONS, reason), text) if part)
        case Reviewed(product, rating=rating, text=text):
            return _("Reviewed a product"), tuple(part for part in (product, f"{rating}/5" if rating else "", text) if part)
        case AudienceChanged(audience, joined):
            return (_("Joined an audience") if joined else _("Left an audience")), (audience,)
        case PushChanged(gone=gone):
            return (_("A browser takes no more web push") if gone else _("A browser may be sent web push")), ()
        case _:
            assert_never(body)


_PLAIN: Mapping[type, Callable[[], str]] = {
    Landed: lambda: _("Arrived in the shop from a message"),
    FeedChecked: lambda: _("The shop confirmed that all orders were reported"),
    OrderSeen: lambda: _("Named in an order of somebody else"),
    Named: lambda: _("Named by a browser that may not speak for this"),
}


def _line(line: Line, currency: str) -> str:
    pieces = f"{line.quantity} × " if line.quantity != 1 else ""
    price = f", {formats.money(line.price, currency)}" if line.price is not None and currency else ""
    return f"{pieces}{line.name or line.product_id}{price}"


def _cart_told(body: LineAdded | LineRemoved | CartReplaced) -> tuple[str, tuple[str, ...]]:
    if isinstance(body, LineAdded):
        return _("Put into the cart: %(line)s") % {"line": _line(body.line, body.currency)}, ()
    if isinstance(body, LineRemoved):
        return _("Taken out of the cart: %(line)s") % {"line": _line(body.line, "")}, ()
    if not body.lines:
        return _("Emptied the cart"), ()
    pieces = sum(line.quantity for line in body.lines)
    title = ngettext("The cart now holds %(count)s piece", "The cart now holds %(count)s pieces", pieces) % {"count": pieces}
    return title, tuple(_line(line, body.currency) for line in body.lines[:5])


def _stage_told(body: StageReached) -> tuple[str, tuple[str, ...]]:
    if body.payment_failed:
        return _("The payment failed"), ((body.payment_method,) if body.payment_method else ())
    chosen = (
        (_("Shipping: %(method)s"), body.shipping_method),
        (_("Payment: %(method)s"), body.payment_method),
        (_("Coupon: %(method)s"), body.coupon),
    )
    title = _("Came to the step “%(stage)s”") % {"stage": words.STAGES[body.stage.value]}
    return title, tuple(text % {"method": value} for text, value in chosen if value)


def _order_told(body: OrderPlaced) -> tuple[str, tuple[str, ...]]:
    state = words.word(words.ORDER_STATES, body.state.value)
    amount = formats.money(body.total, body.currency) if body.total is not None else ""
    title = _("Order %(order)s: %(state)s") % {"order": body.order, "state": state}
    return title, ((amount,) if amount else ())


# --- journeys -------------------------------------------------------------------------------------------------------------------


def _run(run: RunSeen) -> Entry:
    title = _("Journey “%(journey)s” began (version %(version)s)") % {"journey": run.journey, "version": run.version}
    held = (_("This person is in the comparison group: messages are planned and counted, but not sent."),) if run.held_out else ()
    return Entry(run.started_at, "run", title, held)


def _decided(decided: Decided) -> Entry:
    sentences = tuple(why.explain(decision, held_out=decided.held_out) for decision in decided.trail)
    last = decided.trail[-1].rule if decided.trail else ""
    title = sentences[-1] if sentences else _("Nothing was decided.")
    note = _("Decision of “%(journey)s”") % {"journey": decided.journey}
    return Entry(decided.at, "decision", title, sentences[:-1], "quiet" if last in {"waits", "awaits"} else "calm", note=note)


# --- messages -------------------------------------------------------------------------------------------------------------------


def _message(message: MessageSeen) -> list[Entry]:
    name = message.subject or words.word(words.TEMPLATES, message.template)
    entries = []
    at = message.settled_at or message.sending_at
    if at:
        state = words.word(words.MESSAGE_STATES, message.state)
        title = _("Message “%(name)s”: %(state)s") % {"name": name, "state": state}
        tone = {"accepted": "good", "rejected": "bad", "uncertain": "warm", "skipped": "quiet"}.get(message.state, "calm")
        entries.append(Entry(at, "message", title, _why_silent(message), tone, message.id))
    elif message.state in {"planned", "held", "retry"}:
        title = _("Message “%(name)s” waits for %(moment)s") % {"name": name, "moment": formats.day_and_time(message.due_at)}
        entries.append(Entry(message.planned_at, "message", title, _why_silent(message), "warm", message.id))
    return entries


def _why_silent(message: MessageSeen) -> tuple[str, ...]:
    if message.held_out and message.state == "skipped" and not message.reasons:
        return (why.silence("held_out"),)
    return tuple(why.silence(reason) for reason in message.reasons)


_HIT_TITLES: Mapping[str, Callable[[], str]] = {
    "open": lambda: _("Opened the message “%(name)s”"),
    "click": lambda: _("Clicked in the message “%(name)s”"),
    "restore": lambda: _("Went back to the cart from the message “%(name)s”"),
    "preferences": lambda: _("Looked at the unsubscribe page of “%(name)s”"),
}


def _hit(hit: Hit, messages: Mapping[str, MessageSeen]) -> Entry:
    message = messages[hit.message]
    name = message.subject or words.word(words.TEMPLATES, message.template)
    title = _HIT_TITLES.get(hit.purpose, lambda: hit.purpose + ": %(name)s")() % {"name": name}
    verdict = _("Judged as: %(verdict)s (%(reason)s)") % {"verdict": words.word(words.VERDICTS, hit.verdict), "reason": hit.reason}
    return Entry(hit.at, "hit", title, (verdict,), "good" if hit.verdict == "human" else "quiet", hit.message)

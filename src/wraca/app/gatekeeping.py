"""The gate in the database: all that `domain.gate.judge` looks at, asked in the transaction that writes `sending`."""

from collections.abc import Sequence

import msgspec
import structlog

from wraca.app.facts import has_ended_by_order, quiet_at
from wraca.app.limiting import Judged, give_back, within_limits
from wraca.app.lineup import NoteRow
from wraca.app.register import Connection, Register
from wraca.app.weighing import TALK_ENDS, Batch, Claimed, Material, RunNow, address_of
from wraca.app.zones import zone, zone_of
from wraca.domain.arbitration import Told, Turn, goes_first, merged_into
from wraca.domain.consent import OWN_PAGES, Permission, may_contact
from wraca.domain.events import Instant
from wraca.domain.gate import Ghost, Known, Pass, Postpone, Silence, Skip, failed, judge
from wraca.domain.ids import CartId
from wraca.domain.people import Person
from wraca.domain.shop import Shop
from wraca.storage.database import DatabaseBusy, Transaction
from wraca.storage.hot import outbox as sql

__all__ = ["Claimed", "Judged", "Material", "address_of", "give_back", "pass_gate", "zone"]

_log = structlog.get_logger()
_NO_CART = CartId("")


def pass_gate(tx: Transaction, bucket: int, register: Register, claimed: Sequence[Claimed], now: Instant) -> list[Judged]:
    """Judge these messages, of one person the most urgent first. One that cannot be judged keeps no other waiting."""
    batch = Batch(tx, bucket, register, claimed, now)
    lineup = batch.lineup
    if lineup.is_crowded:
        claimed = sorted(claimed, key=lambda each: lineup.place(each.shop, each.person, each.id))
    judged = []
    for each in claimed:
        try:
            one = _judged(batch, each, now)
        except DatabaseBusy:
            raise
        except Exception:  # noqa: BLE001  (logged; whatever is wrong with one message, the others go on)
            _log.exception("message could not be judged", message=each.id)
            one = Judged(each, failed(now))
        _count(batch, one, now)
        judged.append(one)
    if notes := [note for one in judged if (note := _note(batch, one, now))]:
        tx.run(sql.NOTE_TURNS, notes, bucket=bucket)
    return within_limits(tx, bucket, judged, now)


def _count(batch: Batch, one: Judged, now: Instant) -> None:
    """What goes counts against the caps of the next one in this very batch, and takes its turn."""
    each, lineup = one.message, batch.lineup
    told = Told(now, each.channel, each.journey, lineup.priority(each.shop, each.journey), each.cart, each.id)
    lineup.judged(each.shop, each.person, one.answer, told)
    if isinstance(one.answer, Pass | Ghost):
        batch.sent_by_run[each.shop, each.run, each.channel] += 1


def _note(batch: Batch, one: Judged, now: Instant) -> NoteRow | None:
    """Whose turn it was, where that is why a message is kept back."""
    each, answer = one.message, one.answer
    if one.made_of is None or not isinstance(answer, Skip | Postpone):
        return None
    known = one.made_of.known
    note = batch.lineup.note(each.shop, each.person, each.id)
    if Silence.MERGED in answer.reasons and (into := merged_into(known.turn, known.sent, now)):
        note = msgspec.structs.replace(note, merged_into=into.message, by=into.journey)
    elif Silence.OUTRANKED in answer.reasons and (first := goes_first(known.turn, known.sent, known.manners.between_journeys, now)):
        note = msgspec.structs.replace(note, outranked=note.outranked + 1, by=first.journey)
    else:
        return None
    return NoteRow(each.shop, each.run, each.step, each.channel, note)


def _judged(batch: Batch, each: Claimed, now: Instant) -> Judged:
    shop = batch.register.shop(each.shop)
    person = batch.people.get((each.shop, each.person))
    run = batch.runs.get((each.shop, each.run))
    who = person or Person(each.person, 0, 0)
    goods = batch.goods(shop, who, run)
    connection = batch.register.connection(each.shop, each.channel)
    known = msgspec.structs.replace(
        _known_of_shop(batch, shop, connection),
        permission=permission_of(who, each.channel, shop),
        deadline=each.deadline,
        channel=each.channel,
        is_erased=person is None,
        suppressed=_suppressed(batch, each, who),
        may_wait_for_connection=connection is not None or batch.has_only_channel(each),
        sent=batch.lineup.sent(each.shop, each.person),
        sent_by_run=batch.sent_by_run[each.shop, each.run, each.channel],
        country=who.country or shop.country,
        timezone=zone_of(who, shop),
        held_out=bool(each.held_out),
        spread=int(each.id[:8], 16) / 2**32,
        **_known_of_run(batch, each, run, person, len(goods)),
    )
    if each.channel in OWN_PAGES:  # it comes to nobody by itself, so no other message is too much beside it, and none goes first
        known = msgspec.structs.replace(known, sent=(), turn=Turn())
    return Judged(each, judge(known, now), Material(shop, who, run.cart if run else None, goods, known, connection, run))


def _known_of_run(batch: Batch, each: Claimed, run: RunNow | None, person: Person | None, lines: int) -> dict[str, object]:
    """What is known of the run as the fields of Known. A run about no cart cannot lose it; it may be overtaken instead."""
    lineup = batch.lineup
    if run is None:
        turn = lineup.turn(each.shop, each.person, each.id, each.journey, _NO_CART)
        return {"is_emptied": True, "run_ended": True, "things_to_show": lines, "turn": turn}
    cart = None if run.about.kind else run.cart
    known: dict[str, object] = {
        "is_ordered": has_ended_by_order(person, run.cart, run.about, run.started_at) or run.outcome == "ordered",
        "run_ended": bool(run.outcome),
        "has_moved": run.person != each.person,
        "quiet_at": _quiet_at(batch, each, run, person),
        "last_order_at": person.last_order_at if person else 0,
        "things_to_show": lines,
        "turn": msgspec.structs.replace(
            lineup.turn(each.shop, each.person, each.id, each.journey, cart.id if cart else _NO_CART), after=run.about.after
        ),
    }
    if not run.about.kind:
        return known | {"is_emptied": cart is None or not cart.lines}
    known["is_overtaken"] = batch.is_overtaken(each, run)
    if not run.about.needs_products:
        known["things_to_show"] = max(1, lines)
    if run.about.kind == "order":  # thanks for an order: only the next one ends it, and it need not keep away from the first
        another = person is not None and person.last_order_at > run.started_at
        known |= {"is_ordered": another or run.outcome == "ordered", "last_order_at": 0}
    return known


def _known_of_shop(batch: Batch, shop: Shop, connection: Connection | None) -> Known:
    """What is the same for every message of a shop over one channel."""
    feed_at, beats = batch.feeds.get(shop.id, (0, False))
    return Known(
        permission=Permission(is_given=False),
        deadline=0,
        paused=bool(batch.register.paused()) or shop.paused_at is not None,
        connected=connection is not None,
        channel_paused_until=connection.paused_until if connection else 0,
        feed_at=feed_at,
        feed_limit=shop.profile.heartbeat_limit if beats else shop.profile.feed_limit,
        manners=shop.profile.manners,
    )


def _quiet_at(batch: Batch, each: Claimed, run: RunNow, person: Person | None) -> Instant:
    """From when on they count as gone: nobody is written to while they are in the shop, or in conversation with it."""
    gone = quiet_at(batch.register.plan(each.shop, run.journey, run.version), run.cart, person, run.about)
    talked = batch.chatted.get((each.shop, run.person), 0) if each.channel != "chat" else 0
    return max(gone, talked + TALK_ENDS) if talked else gone


def permission_of(person: Person, channel: str, shop: Shop) -> Permission:
    """A channel that we know no address for reaches nobody, whatever the person allowed."""
    if not address_of(person, channel):
        return Permission(is_given=False, objection="no_address")
    return may_contact(person, channel, shop.country, shop.permission)


def _suppressed(batch: Batch, each: Claimed, person: Person) -> str:
    """Why the address must not be written to; empty: it may."""
    address = address_of(person, each.channel)
    if not address:
        return ""
    return batch.suppressed.get((each.shop, each.channel, batch.register.seal.address_hash(each.shop, each.channel, address)), "")

"""Forgetting one person: what is deleted, what stays for counting without naming anybody, and traces of them with others.

What stays (orders, ended runs, messages that went out, hits on them) hangs on a stand-in: a random id made for this erasure and
written down nowhere else. A purchase and the click before it still belong together, so the figures of the past do not change.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from wraca.domain.events import Instant
from wraca.domain.identity import person_id
from wraca.domain.journeys.run import Outcome
from wraca.storage.fields import to_datetime
from wraca.storage.models import (
    Answer,
    AudienceMember,
    CartRow,
    Chat,
    ChatLine,
    ConsentRow,
    Coupon,
    DecisionRow,
    EventRow,
    HitRow,
    Identity,
    Interest,
    Link,
    Notice,
    OrderRow,
    OutboxRow,
    Parked,
    Person,
    PushSubscription,
    RunRow,
    Shown,
    Suppression,
    Timer,
    WebhookDelivery,
)
from wraca.storage.queries.export import Address, identity_keys
from wraca.storage.queries.shops import Key

_Row = TypeVar("_Row", bound=Model)

ERASED = "[erased]"
_NAMED = "named:"
_AT_ONCE = 200  # names in one statement
_UNSENT = ("planned", "retry", "held", "claimed", "sending")  # a hand-over under way writes its end to a row that is gone


class Erased(msgspec.Struct, frozen=True):
    """How many rows went, and how many stay without a name."""

    deleted: dict[str, int]
    kept_without_name: dict[str, int]
    mentions_removed: int
    suppressed: int


class _Here(msgspec.Struct, frozen=True):
    key: Key
    person: str
    keys: tuple[str, ...]
    stand_in: str


def erase(key: Key, person: str, traces: Sequence[str], addresses: Iterable[Address], now: Instant) -> Erased:
    """Forget this person in one transaction; an empty `person` only removes the traces.

    `traces` are their addresses as text, to be found where they stand in rows of others; `addresses` are never written to again.
    """
    with transaction.atomic():
        # Whoever takes events in or sends holds the same row first: they come wholly before or wholly after.
        list(Person.objects.select_for_update().filter(bucket=key.bucket, shop_id=key.shop, id=person or secrets.token_hex(16)))
        here = _Here(key, person, identity_keys(key, person) if person else (), secrets.token_hex(16))
        renamed = _rename_orders(here) if person else 0
        deleted, kept = (_delete(here), _keep(here, now)) if person else ({}, {})
        mentions = renamed + _remove_mentions(here, [*traces, *here.keys])
        suppressed = _suppress(key, addresses, now)
        return Erased({name: count for name, count in deleted.items() if count}, kept, mentions, suppressed)


def scrub(*, rewrite: bool) -> bool:
    """On SQLite, take the bytes of deleted rows out of the file too: out of free pages by rewriting it, and out of the log.

    False: the files were in use and may keep them for a while. On PostgreSQL its own VACUUM does this.
    """
    if connection.vendor != "sqlite":
        return True
    try:
        with connection.cursor() as cursor:
            if rewrite:
                cursor.execute("vacuum")
            cursor.execute("pragma wal_checkpoint(truncate)")
            return not cursor.fetchone()[0]
    except OperationalError:
        return False


def overwrite_deleted() -> None:
    """On SQLite, let deleted bytes be overwritten with zeros; to be called before the transaction."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("pragma secure_delete = on")


def _mine(here: _Here) -> dict[str, object]:
    return {"bucket": here.key.bucket, "shop_id": here.key.shop}


def _delete(here: _Here) -> dict[str, int]:
    mine = _mine(here)
    carts = list(CartRow.objects.filter(**mine, person_id=here.person).values_list("id", flat=True))
    runs = list(RunRow.objects.filter(**mine, person_id=here.person).values_list("id", flat=True))
    counts = {"events": 0, "timers": 0, "decisions": 0}
    # Beside a person's own events there are notes of who was named by whom, kept at the name (app/witnesses.py).
    for part in _parts([*here.keys, *(_NAMED + key for key in here.keys)]):
        counts["events"] += _gone(EventRow.objects.filter(**mine, anchor__in=part))
    for part in _parts([*carts, *runs, here.person]):
        counts["timers"] += _gone(Timer.objects.filter(**mine, subject__in=part))
    for part in _parts(runs):
        counts["decisions"] += _gone(DecisionRow.objects.filter(**mine, run_id__in=part))
    counts["interests"] = _gone(Interest.objects.filter(**mine, person_id=here.person))
    counts["audiences"] = _gone(AudienceMember.objects.filter(**mine, person_id=here.person))
    counts["notices"] = _gone(Notice.objects.filter(**mine, person_id=here.person))
    counts["push_subscriptions"] = _gone(PushSubscription.objects.filter(**mine, person_id=here.person))
    # What was shown is counted for the person and for each of their browsers (app/deciding.py).
    for part in _parts([here.person, *(person_id(here.key.shop, key) for key in here.keys if key.startswith("anonymous:"))]):
        counts["shown"] = counts.get("shown", 0) + _gone(Shown.objects.filter(**mine, person_id__in=part))
    counts["answers"] = _gone(Answer.objects.filter(**mine, person_id=here.person))
    chats = list(Chat.objects.filter(**mine, person_id=here.person).values_list("id", flat=True))
    counts["chat_lines"] = sum(_gone(ChatLine.objects.filter(**mine, chat_id__in=part)) for part in _parts(chats))
    counts["chats"] = _gone(Chat.objects.filter(**mine, person_id=here.person))
    counts["carts"] = _gone(CartRow.objects.filter(**mine, person_id=here.person))
    counts["messages"] = _gone(OutboxRow.objects.filter(**mine, person_id=here.person, state__in=_UNSENT))
    counts["links"] = _gone(Link.objects.filter(**mine, person_id=here.person).exclude(purpose="preferences"))
    counts["identities"] = _gone(Identity.objects.filter(**mine, person_id=here.person))
    counts["person"] = _gone(Person.objects.filter(**mine, id=here.person))
    return counts


def _keep(here: _Here, now: Instant) -> dict[str, int]:
    """What is counted in figures of the past, and the bare fact that a permission was given or taken back, with its hash."""
    mine, moment = _mine(here), to_datetime(now)
    runs = RunRow.objects.filter(**mine, person_id=here.person)
    runs.filter(outcome="").update(outcome=Outcome.ERASED.value, ended_at=moment)
    messages = OutboxRow.objects.filter(**mine, person_id=here.person)
    nobody = {"person_id": here.stand_in}
    kept = {
        "orders": OrderRow.objects.filter(**mine, person_id=here.person).update(**nobody, number="", coupon=""),
        "journeys": runs.update(**nobody, cart_id=here.stand_in, about={}),
        "messages": messages.update(**nobody, cart_id=here.stand_in, body={}, reasons=[], lease_owner=""),
        "offers": Coupon.objects.filter(**mine, person_id=here.person).update(**nobody, cart_id=here.stand_in, code=""),
        "hits": HitRow.objects.filter(**mine, person_id=here.person).update(**nobody, body={}),
        "consents": ConsentRow.objects.filter(**mine, person_id=here.person).update(**nobody, body={}),
    }
    return {name: count for name, count in kept.items() if count or name != "offers"}


def _suppress(key: Key, addresses: Iterable[Address], now: Instant) -> int:
    rows = [
        Suppression(
            bucket=key.bucket, shop_id=key.shop, channel=one.channel, address_hash=one.hash, reason="erased", at=to_datetime(now)
        )
        for one in sorted(addresses)
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _remove_mentions(here: _Here, traces: Sequence[str]) -> int:
    """Take the person out of rows of others: a browser they shared, an address somebody typed, an event that was put aside."""
    mine = _mine(here)
    neighbours = _unlink(here)
    shared = (
        row
        for part in _parts(neighbours)
        for row in EventRow.objects.filter(**mine, anchor__in=part)
        if any(_is_identity_of(each, here.keys, traces) for each in row.payload.get("identities", ()))
    )
    events = {row.id: row for row in (*shared, *_naming(EventRow.objects.filter(**mine), "payload", traces))}
    for row in events.values():
        if _is_about(row, here.keys, traces):
            row.delete()
        else:
            EventRow.objects.filter(**mine, id=row.id).update(payload=_without(row.payload, here.keys, traces))
    people = list(_naming(Person.objects.filter(**mine), "body", traces))
    for person in people:
        Person.objects.filter(**mine, id=person.id).update(body=_without(person.body, here.keys, traces))
    carts = list(_naming(CartRow.objects.filter(**mine), "body", traces))
    for cart in carts:
        CartRow.objects.filter(**mine, id=cart.id).update(body=_without(cart.body, here.keys, traces))
    words = _blot_words(mine, traces)
    told = list(_naming(WebhookDelivery.objects.filter(**mine), "payload", [here.person]))
    for delivery in told:
        delivery.delete()
    put_aside = list(_naming(Parked.objects.filter(**mine), "payload", [*traces, here.person]))
    for parked in put_aside:
        parked.delete()
    return len(neighbours) + len(events) + len(people) + len(carts) + words + len(told) + len(put_aside)


def _blot_words(mine: dict[str, object], traces: Sequence[str]) -> int:
    """What others wrote of them: in answers, and in chats."""
    answers = list(_naming(Answer.objects.filter(**mine), "text", traces))
    for answer in answers:
        Answer.objects.filter(**mine, id=answer.id).update(text=_blotted(answer.text, traces))
    lines = list(_naming(ChatLine.objects.filter(**mine), "text", traces))
    for line in lines:
        ChatLine.objects.filter(**mine, chat_id=line.chat_id, number=line.number).update(text=_blotted(line.text, traces))
    return len(answers) + len(lines)


def _rename_orders(here: _Here) -> int:
    """Others may know of an order by its number (they named the address it went to); they know it by another name now."""
    mine, renamed = _mine(here), 0
    numbers = OrderRow.objects.filter(**mine, person_id=here.person).values_list("number", flat=True)
    names = {number: f"erased-{secrets.token_hex(8)}" for number in numbers}
    if not names:
        return 0
    for row in EventRow.objects.filter(**mine, payload__body__order__in=list(names)).exclude(anchor__in=here.keys):
        row.payload["body"]["order"] = names[row.payload["body"]["order"]]
        renamed += EventRow.objects.filter(**mine, id=row.id).update(payload=row.payload)
    for person in Person.objects.filter(**mine, body__has_key="orders_seen").exclude(id=here.person):
        if names.keys() & set(person.body["orders_seen"]):
            person.body["orders_seen"] = [names.get(each, each) for each in person.body["orders_seen"]]
            renamed += Person.objects.filter(**mine, id=person.id).update(body=person.body)
    return renamed


def _unlink(here: _Here) -> list[str]:
    """Forget which identities of others were seen together with this person's; those identities."""
    mine = _mine(here)
    rows = list(_naming(Identity.objects.filter(**mine), "links", here.keys))
    for row in rows:
        Identity.objects.filter(**mine, key=row.key).update(links=[link for link in row.links if link not in here.keys])
    return [row.key for row in rows]


def _naming(rows: "QuerySet[_Row]", column: str, names: Sequence[str]) -> Iterator[_Row]:
    """The rows whose JSON has one of these names in it.

    Reads the whole table of the shop: an erasure is rare and must be complete.
    """
    for part in _parts([name for name in names if name]):
        found = Q()
        for name in part:
            for written in {json.dumps(name), json.dumps(name, ensure_ascii=False)}:  # as Django and as intake write it
                found |= Q(as_text__icontains=written[1:-1])
        yield from list(rows.annotate(as_text=Cast(column, TextField())).filter(found))


def _is_about(row: EventRow, keys: Sequence[str], traces: Sequence[str]) -> bool:
    """Whether an event of nobody's (kept where a name is looked up) says only that this person was named."""
    by = row.payload.get("body", {}).get("by", "")
    return by in keys or any(row.anchor.endswith(trace) for trace in traces)


def _without(value: object, keys: Sequence[str], traces: Sequence[str]) -> object:
    """The JSON without these identities, and with the traces blotted out in every text."""
    if isinstance(value, dict):
        return {name: _without(part, keys, traces) for name, part in value.items()}
    if isinstance(value, list):
        return [_without(part, keys, traces) for part in value if not _is_identity_of(part, keys, traces)]
    return _blotted(value, traces) if isinstance(value, str) else value


def _is_identity_of(part: object, keys: Sequence[str], traces: Sequence[str]) -> bool:
    if isinstance(part, dict) and part.keys() == {"kind", "value"}:
        return f"{part['kind']}:{part['value']}" in keys or part["value"] in traces
    return False


def _blotted(text: str, traces: Sequence[str]) -> str:
    for trace in traces:
        place = text.lower().find(trace.lower())
        while place >= 0:
            text = text[:place] + ERASED + text[place + len(trace) :]
            place = text.lower().find(trace.lower(), place + len(ERASED))
    return text


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


def _gone(rows: "QuerySet[_Row]") -> int:
    return rows.delete()[0]

"""Reads of the team's inbox: which conversations there are, and how many wait for an answer."""

import msgspec
from django.db.models import Count, Q, Sum

from wraca.domain.events import Instant
from wraca.domain.ids import PersonId
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import CartRow, Chat, ChatLine, Person
from wraca.storage.queries.shops import Key

PAGE = 60
_RECENT = 30 * 24 * 3600_000  # ms: what waited longer is counted no more


class ChatSeen(msgspec.Struct, frozen=True):
    """A conversation in the list. `name` is empty for somebody nobody knows; `words` are the last ones, cut."""

    id: str
    person: PersonId
    name: str
    state: str
    last_at: Instant
    last_by: str
    unread: int
    assigned_to: str
    words: str


def inbox(key: Key, *, only_open: bool) -> list[ChatSeen]:
    """The newest conversations, those that wait for the team first."""
    rows = Chat.objects.filter(bucket=key.bucket, shop_id=key.shop)
    if only_open:
        rows = rows.exclude(state="closed")
    found = sorted(rows.order_by("-last_at")[:PAGE], key=lambda row: (row.unread_team == 0, -to_instant(row.last_at)))
    names = _names(key, [row.person_id for row in found])
    words = _last_words(key, [row.id for row in found])
    return [
        ChatSeen(
            row.id,
            PersonId(row.person_id),
            names.get(row.person_id, ""),
            row.state,
            to_instant(row.last_at),
            row.last_by,
            row.unread_team,
            row.assigned_to,
            words.get(row.id, ""),
        )
        for row in found
    ]


def unread(key: Key, now: Instant) -> int:
    """How many conversations wait for an answer."""
    recent = to_datetime(now - _RECENT)
    return Chat.objects.filter(bucket=key.bucket, shop_id=key.shop, last_at__gt=recent, unread_team__gt=0).count()


def unread_lines(key: Key, now: Instant) -> int:
    """How many lines nobody of the team has read: it grows with every new one, which is when a page may ring."""
    recent = to_datetime(now - _RECENT)
    rows = Chat.objects.filter(bucket=key.bucket, shop_id=key.shop, last_at__gt=recent)
    return int(rows.aggregate(lines=Sum("unread_team"))["lines"] or 0)


def chats_of(key: Key, person: str) -> int:
    """How many conversations there were with this person."""
    counted = Chat.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person).aggregate(n=Count("id"))
    return int(counted["n"])


def current_cart(key: Key, person: str) -> str:
    """The cart that this person fills or filled last; empty: none."""
    rows = CartRow.objects.filter(bucket=key.bucket, shop_id=key.shop, person_id=person).order_by("-last_activity")
    return rows.values_list("id", flat=True).first() or ""


def _names(key: Key, people: list[str]) -> dict[str, str]:
    rows = Person.objects.filter(bucket=key.bucket, shop_id=key.shop, id__in=set(people)).values_list("id", "body")
    return {
        name: " ".join(filter(None, (body.get("first_name"), body.get("last_name")))) or str(body.get("email") or "")
        for name, body in rows
    }


def _last_words(key: Key, chats: list[str]) -> dict[str, str]:
    rows = ChatLine.objects.filter(~Q(by="system"), bucket=key.bucket, shop_id=key.shop, chat_id__in=chats)
    said: dict[str, str] = {}
    for chat, text in rows.order_by("chat_id", "number").values_list("chat_id", "text"):
        said[chat] = text[:120] or said.get(chat, "")
    return said

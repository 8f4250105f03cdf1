"""Forgetting: what is older than it may be is deleted, a portion at a time, every hour."""

import msgspec

from wraca.app.opinions import blank_words
from wraca.domain.events import Instant
from wraca.domain.ids import PersonId, ShopId
from wraca.domain.retention import Ages
from wraca.storage.database import Database, Transaction
from wraca.storage.hot import retention as sql
from wraca.storage.hot.webhooks import OLD_DELIVERIES

PORTION = 1000


class _PersonKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId


def forget_old(database: Database, bucket: int, now: Instant, ages: Ages | None = None) -> dict[str, int]:
    """Delete one portion of each kind in this bucket; how many rows of each went. Call again while any number reaches PORTION."""
    keep = ages or Ages()
    gone: dict[str, int] = {}
    for kind, statement, before in (
        ("events", sql.OLD_EVENTS, now - keep.events),
        ("hits", sql.OLD_HITS, now - keep.hits),
        ("links", sql.OLD_LINKS, now),
        ("decisions", sql.OLD_DECISIONS, now - keep.decisions),
        ("messages", sql.OLD_MESSAGES, now - keep.messages),
        ("interests", sql.OLD_INTERESTS, now - keep.interests),
        ("notices", sql.OLD_NOTICES, now - keep.notices),
        ("chat_lines", sql.OLD_CHAT_LINES, now - keep.chats),
        ("chats", sql.OLD_CHATS, now - keep.chats),
        ("members", sql.OLD_MEMBERS, now - keep.members),
        ("deliveries", OLD_DELIVERIES, now - keep.deliveries),
    ):
        with database.write() as tx:
            gone[kind] = max(0, tx.run(statement, bucket=bucket, before=before, most=PORTION))
    with database.write() as tx:
        gone["words"] = blank_words(tx, bucket, now - keep.messages, PORTION)
    with database.write() as tx:
        gone["strangers"] = _forget_strangers(tx, bucket, now - keep.strangers)
    return gone


def _forget_strangers(tx: Transaction, bucket: int, before: Instant) -> int:
    found = [_PersonKey(shop, person) for shop, person in tx.all(sql.STRANGERS, bucket=bucket, before=before, most=PORTION)]
    if found:
        tx.run(sql.FORGET_EVENTS, found, bucket=bucket)
        for statement in sql.FORGET:
            tx.run(statement, found, bucket=bucket)
    return len(found)

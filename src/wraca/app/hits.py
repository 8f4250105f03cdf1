"""A link of a message was requested: whose it is, and who or what asked, with the evidence."""

import secrets

import msgspec

from wraca.app.hooksout import Hearers, hit_happenings, tell
from wraca.app.links import bucket_of_token, token_hash
from wraca.domain.events import Instant
from wraca.domain.evidence import RULES, Evidence, Hit, HitKind, judge_all
from wraca.domain.ids import CartId, HitId, MessageId, PersonId, ShopId
from wraca.storage.database import Database, Transaction
from wraca.storage.hot import links as sql
from wraca.storage.hot.intake import WAKE_RUNS

_evidence = msgspec.json.Decoder(Evidence)


class Link(msgspec.Struct, frozen=True):
    """A link as it was found: the columns of FIND_LINK, in their order."""

    shop: ShopId
    purpose: str
    message: MessageId
    person: PersonId
    cart: CartId
    targets: str
    expires_at: Instant
    revoked_at: Instant | None


class _HitRow(msgspec.Struct):
    shop: ShopId
    id: HitId
    message: MessageId
    person: PersonId
    purpose: str
    target: int | None
    verdict: str
    reason: str
    body: Evidence


class _VerdictRow(msgspec.Struct):
    shop: ShopId
    id: HitId
    verdict: str
    reason: str


class _PersonKey(msgspec.Struct):
    shop: ShopId
    person: PersonId


def find_link(database: Database, token: str, purpose: str, now: Instant) -> tuple[Link | None, int]:
    """The link behind a token, and its bucket; None for what is unknown, expired, revoked, or meant for another purpose."""
    bucket = bucket_of_token(token)
    if bucket is None:
        return None, 0
    with database.read() as tx:
        rows = tx.all(sql.FIND_LINK, bucket=bucket, hash=token_hash(token))
    link = Link(*rows[0]) if rows else None
    if link is None or link.purpose != purpose or link.revoked_at is not None or link.expires_at < now:
        return None, bucket
    return link, bucket


def record_hit(
    tx: Transaction, bucket: int, hearers: Hearers, link: Link, target: int | None, evidence: Evidence, now: Instant
) -> HitId:
    """Write the hit down, and judge all hits on its message anew: what came together may show that it was a machine."""
    hit = HitId(secrets.token_hex(16))
    row = _HitRow(link.shop, hit, link.message, link.person, link.purpose, target, "unknown", "", evidence)
    tx.run(sql.ADD_HIT, [row], bucket=bucket, now=now)
    rows = tx.all(sql.HITS_OF_MESSAGE, bucket=bucket, shop=link.shop, message=link.message)
    message = tx.all(sql.MESSAGE, bucket=bucket, shop=link.shop, message=link.message)
    accepted_at = message[0][2] if message and message[0][1] == "accepted" else None
    hits = [Hit(at, _kind(purpose), _evidence.decode(body), index or 0) for _, purpose, index, at, body in rows]
    verdicts = [
        _VerdictRow(link.shop, found[0], verdict.verdict.value, f"{verdict.reason} (rules {RULES})"[:40])
        for found, verdict in zip(rows, judge_all(hits, accepted_at), strict=True)
    ]
    tx.run(sql.REJUDGE, verdicts, bucket=bucket)
    if any(verdict.verdict == "human" for verdict in verdicts):
        tx.run(WAKE_RUNS, [_PersonKey(link.shop, link.person)], bucket=bucket, now=now)
        human = [
            (link.shop, link.person, link.message, found[1])
            for found, verdict in zip(rows, verdicts, strict=True)
            if verdict.verdict == "human"
        ]
        tell(tx, bucket, hearers, hit_happenings(human, now), now)
    return hit


def _kind(purpose: str) -> HitKind:
    match purpose:
        case "open":
            return "open"
        case "preferences":
            return "preferences"
        case _:
            return "click"

"""Who did what in the console: append-only, each row with a hash over itself and the row before."""

import secrets
from collections.abc import Iterator
from hashlib import sha256

import msgspec
from django.db import transaction

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import Audit, Shop

_encoder = msgspec.json.Encoder(order="sorted")


def record(bucket: int, shop: ShopId, who: str, what: str, body: dict[str, object], now: Instant) -> None:
    """Write one act down. `body` holds ids and words, no personal data."""
    with transaction.atomic():
        # The shop's row is the lock: two acts at once must not both follow the same row.
        Shop.objects.select_for_update().filter(bucket=bucket, id=shop).first()
        last = Audit.objects.filter(bucket=bucket, shop_id=shop).order_by("-at", "-id").first()
        # Never before the row it follows, whatever a clock does: reading in order of time is reading the chain.
        at = max(now, to_instant(last.at) + 1) if last else now
        previous = last.hash if last else ""
        row = {"at": at, "who": who[:200], "what": what, "body": body, "previous": previous}
        Audit.objects.create(
            bucket=bucket,
            shop_id=shop,
            id=secrets.token_hex(16),
            at=to_datetime(at),
            who=who[:200],
            what=what,
            body=body,
            previous_hash=previous,
            hash=_hash(row),
        )


def first_break(bucket: int, shop: ShopId) -> Instant | None:
    """When the first row was written that was changed, or that follows a row that is gone; None if the log is whole."""
    previous = ""
    for row in rows(bucket, shop):
        said = {"at": to_instant(row.at), "who": row.who, "what": row.what, "body": row.body, "previous": row.previous_hash}
        if row.previous_hash != previous or row.hash != _hash(said):
            return to_instant(row.at)
        previous = row.hash
    return None


def rows(bucket: int, shop: ShopId) -> Iterator[Audit]:
    """The whole log, oldest first."""
    return Audit.objects.filter(bucket=bucket, shop_id=shop).order_by("at", "id").iterator()


def _hash(row: dict[str, object]) -> str:
    return sha256(_encoder.encode(row)).hexdigest()

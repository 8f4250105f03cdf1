"""What became of what was shown on the shop's pages."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from wraca.app.register import Register
from wraca.app.showcase import Showcase, placement_id
from wraca.domain.events import Instant
from wraca.domain.identity import person_id
from wraca.domain.ids import HitId, PersonId, ShopId, derived_id
from wraca.domain.shop import Shop
from wraca.storage.database import Transaction
from wraca.storage.hot import placements as sql
from wraca.storage.hot.intake import WAKE_RUNS

Deed = Literal["shown", "clicked", "closed", "refused"]

_PURPOSES: Mapping[str, str] = {"shown": "open", "clicked": "click"}  # of a journey's message, as everywhere else


class _HitRow(msgspec.Struct):
    shop: ShopId
    id: HitId
    message: str
    person: PersonId
    purpose: str
    reason: str


class _ShownRow(msgspec.Struct):
    shop: ShopId
    person: PersonId
    name: str
    times: int
    refused_at: Instant | None


class _PersonRow(msgspec.Struct):
    shop: ShopId
    person: PersonId


def note_deed(
    register: Register, showcase: Showcase, shop_id: ShopId, anonymous_id: str, tracking: str, deed: Deed, now: Instant
) -> bool:
    """Write down that something was shown, clicked, closed or refused; False for what this visitor was never to see."""
    shop, kind, name = register.shop(shop_id), tracking[:2], tracking[2:]
    key = f"anonymous:{anonymous_id}"
    browser = person_id(shop_id, key)
    with register.database.write() as tx:
        rows = tx.all(sql.VISITOR, bucket=shop.bucket, shop=shop_id, key=key)
        person = PersonId(rows[0][0]) if rows else browser
        if kind == "m:":
            return _note_message(tx, shop, person, name, deed, now)
        if showcase.one(shop_id, name) is None:
            return False
        refused = now if deed in ("closed", "refused") else None
        shown = [_ShownRow(shop_id, one, name, int(deed == "shown"), refused) for one in sorted({person, browser})]
        if deed != "clicked":
            tx.run(sql.COUNT_SHOWN, shown, bucket=shop.bucket, now=now)
        note_hit(tx, shop, person, name, deed, now)
    return True


def note_hit(tx: Transaction, shop: Shop, person: PersonId, name: str, deed: str, now: Instant) -> None:
    """Count what was done with a placement: shown, clicked, closed, refused, captured, confirmed."""
    hit = HitId(derived_id(shop.id, "deed", name, person, deed, str(now)))
    row = _HitRow(shop.id, hit, placement_id(shop.id, name), person, deed, "seen")
    tx.run(sql.ADD_SHOWN_HIT, [row], bucket=shop.bucket, now=now)


def _note_message(tx: Transaction, shop: Shop, person: PersonId, message: str, deed: Deed, now: Instant) -> bool:
    if len(message) != 32 or not set(message) <= set("0123456789abcdef"):
        return False
    if not tx.all(sql.ONSITE_MESSAGE, bucket=shop.bucket, shop=shop.id, message=message, person=person):
        return False
    # Once each; to close it means to have seen it. "landed": on the shop's page itself, the best proof there is.
    purpose = _PURPOSES.get(deed, "open")
    hit = HitId(derived_id(shop.id, "onsite", message, purpose))
    if tx.run(sql.ADD_SHOWN_HIT, [_HitRow(shop.id, hit, message, person, purpose, "landed")], bucket=shop.bucket, now=now):
        tx.run(WAKE_RUNS, [_PersonRow(shop.id, person)], bucket=shop.bucket, now=now)
    return True

"""Offers for whoever looks at them: what is in the pools, what was given lately, and what became of it."""

from typing import Any, TypeAlias

import msgspec
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from wraca.domain.events import Instant
from wraca.domain.offers import Offer
from wraca.storage.fields import to_datetime, to_instant
from wraca.storage.models import Coupon, OfferCode, OrderRow
from wraca.storage.queries.shops import Key


class Pool(msgspec.Struct, frozen=True):
    """`given` codes are somebody's; `used` of them stood in an order of that person."""

    name: str
    free: int
    given: int
    used: int = 0
    missed: int = 0  # people who should have got a code in the last 30 days, when there was none


class GivenOffer(msgspec.Struct, frozen=True):
    """An offer that somebody got, or would have got."""

    person: str
    journey: str
    offer: Offer
    code: str
    pool: str
    held_out: bool
    at: Instant
    expires_at: Instant | None
    closed_at: Instant | None
    is_used: bool


_Rows: TypeAlias = "QuerySet[Any]"  # coupons with whether they were used
_MONTH = 30 * 24 * 3600 * 1000


def pools(key: Key, now: Instant) -> tuple[Pool, ...]:
    """Every pool of the shop by name, also those that journeys ask for and nobody filled."""
    here = {"bucket": key.bucket, "shop_id": key.shop}
    counted = OfferCode.objects.filter(**here).values("pool").annotate(
        free=Count("code", filter=Q(coupon_id=None)), given=Count("code", filter=Q(coupon_id__isnull=False))
    )  # fmt: skip
    codes = {row["pool"]: (row["free"], row["given"]) for row in counted.order_by("pool")}
    coupons = _with_orders(key).exclude(pool="")
    used = {row["pool"]: row["n"] for row in coupons.filter(is_used=True).values("pool").annotate(n=Count("code", distinct=True))}
    missing = Coupon.objects.filter(**here, code="", held_out=False, issued_at__gte=to_datetime(now - _MONTH)).exclude(pool="")
    missed = {
        row["pool"]: row["n"] for row in missing.filter(closed_at=None).values("pool").annotate(n=Count("person_id", distinct=True))
    }
    names = sorted({*codes, *missed})
    return tuple(Pool(name, *codes.get(name, (0, 0)), used.get(name, 0), missed.get(name, 0)) for name in names)


def lately(key: Key, most: int = 30) -> tuple[GivenOffer, ...]:
    """The newest offers, the newest first."""
    return _given(_with_orders(key), most)


def offers_of(key: Key, person: str, most: int = 20) -> tuple[GivenOffer, ...]:
    """What this person got, the newest first."""
    return _given(_with_orders(key).filter(person_id=person), most)


def _given(rows: _Rows, most: int) -> tuple[GivenOffer, ...]:
    return tuple(
        GivenOffer(
            row.person_id,
            row.journey,
            msgspec.convert(row.terms, Offer),
            row.code,
            row.pool,
            row.held_out,
            to_instant(row.issued_at),
            to_instant(row.expires_at) if row.expires_at else None,
            to_instant(row.closed_at) if row.closed_at else None,
            row.is_used,
        )
        for row in rows.order_by("-issued_at", "id")[:most]
    )


def _with_orders(key: Key) -> _Rows:
    here = {"bucket": key.bucket, "shop_id": key.shop}
    orders = OrderRow.objects.filter(**here, person_id=OuterRef("person_id"), at__gte=OuterRef("issued_at")).exclude(coupon="")
    used = orders.annotate(low=Lower("coupon")).filter(low=Lower(OuterRef("code")))
    return Coupon.objects.filter(**here).annotate(is_used=Exists(used))

"""Offers: codes out of the merchant's pools, each to one person only, and back again where nobody saw them."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, StepId, derived_id
from wraca.domain.journeys.durations import DAY
from wraca.domain.journeys.run import Given
from wraca.domain.offers import Offer
from wraca.storage.database import Transaction
from wraca.storage.hot import offers as sql

_LONGEST = 90 * DAY  # nobody comes back with an older code that knows no end
_PORTION = 500

_terms = msgspec.json.Decoder(Offer)


class OfferWanted(msgspec.Struct, frozen=True):
    """What a step of a run wants to give. One of `pool` and `code` is set, or neither: an offer without a code."""

    shop: ShopId
    run: RunId
    step: StepId
    journey: str
    person: PersonId
    cart: CartId
    offer: Offer
    pool: str = ""
    code: str = ""
    expires: int | None = None  # ms from now
    held_out: bool = False  # written down, and no code taken

    @property
    def id(self) -> str:
        """The coupon's: one for each step of a run."""
        return derived_id(self.shop, "coupon", self.run, self.step)


class _CouponRow(msgspec.Struct):
    shop: ShopId
    id: str
    run: RunId
    step: StepId
    journey: str
    person: PersonId
    cart: CartId
    code: str
    pool: str
    terms: Offer
    held_out: bool
    expires_at: Instant | None


class _HoldingKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    person: PersonId
    cart: CartId
    pool: str


class _CodeRow(msgspec.Struct):
    shop: ShopId
    id: str
    pool: str
    code: str
    expires_at: Instant | None


class _FreedRow(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    pool: str
    code: str


class _RunKey(msgspec.Struct, frozen=True, order=True):
    shop: ShopId
    subject: RunId


def give_offers(tx: Transaction, bucket: int, wanted: Sequence[OfferWanted], now: Instant) -> None:
    """Write a coupon for each, once for a step of a run, and give it a code: the smallest free one of its pool.

    Somebody who holds an unused code of the pool for the same cart is told the same code again, with its old end. A pool that has
    none left gives a coupon without a code.
    """
    if not wanted:
        return
    rows = [_coupon_row(one, now) for one in sorted(wanted, key=lambda one: (one.shop, one.id))]
    fresh = set(tx.all(sql.ADD_COUPONS, rows, bucket=bucket, now=now))
    waiting = [row for row in rows if (row.shop, row.id) in fresh and row.pool and not row.held_out]
    if not waiting:
        return
    held = _held(tx, bucket, waiting, now)
    given: list[_CodeRow] = []
    for (shop, pool), group in groupby(
        sorted(waiting, key=lambda row: (row.shop, row.pool, row.id)), lambda row: (row.shop, row.pool)
    ):
        given += _from_pool(tx, bucket, shop, pool, list(group), held)
    if given:
        tx.run(sql.SET_CODES, given, bucket=bucket)


def _coupon_row(one: OfferWanted, now: Instant) -> _CouponRow:
    code = "" if one.held_out or one.pool else one.code
    ends = None if one.expires is None else now + one.expires
    return _CouponRow(
        one.shop, one.id, one.run, one.step, one.journey, one.person, one.cart, code, one.pool, one.offer, one.held_out, ends
    )


def _held(tx: Transaction, bucket: int, waiting: list[_CouponRow], now: Instant) -> dict[_HoldingKey, tuple[str, Instant | None]]:
    keys = sorted({_key(row) for row in waiting})
    found = tx.all(sql.HELD_CODES, keys, bucket=bucket, now=now)
    return {_HoldingKey(shop, person, cart, pool): (code, ends) for shop, person, cart, pool, code, ends in found}


def _key(row: _CouponRow) -> _HoldingKey:
    return _HoldingKey(row.shop, row.person, row.cart, row.pool)


def _from_pool(
    tx: Transaction,
    bucket: int,
    shop: ShopId,
    pool: str,
    waiting: list[_CouponRow],
    held: dict[_HoldingKey, tuple[str, Instant | None]],
) -> list[_CodeRow]:
    """Codes for coupons of one pool, as far as they go; two coupons of one person and cart share one."""
    newcomers = {_key(row) for row in waiting} - held.keys()
    free = (
        [code for (code,) in tx.all(sql.FREE_CODES, bucket=bucket, shop=shop, pool=pool, most=len(newcomers))] if newcomers else []
    )
    free.reverse()
    given: list[_CodeRow] = []
    taken: list[_CodeRow] = []
    for row in waiting:
        if (known := held.get(_key(row))) is not None:
            given.append(_CodeRow(shop, row.id, pool, *known))
        elif free:
            code = _CodeRow(shop, row.id, pool, free.pop(), row.expires_at)
            taken.append(code)
            held[_key(row)] = (code.code, code.expires_at)
    if taken:
        tx.run(sql.TAKE_CODES, taken, bucket=bucket)
    return given + taken


def offers_of_runs(
    tx: Transaction, bucket: int, runs: Iterable[tuple[ShopId, RunId]]
) -> dict[tuple[ShopId, RunId], dict[StepId, Given]]:
    """What these runs gave, by run and step, the earliest first; runs that gave nothing are absent."""
    keys = [_RunKey(shop, run) for shop, run in sorted(set(runs))]
    offers: dict[tuple[ShopId, RunId], dict[StepId, Given]] = {}
    if keys:
        for shop, run, step, terms, code, at, ends in tx.all(sql.OFFERS_OF_RUNS, keys, bucket=bucket):
            offers.setdefault((shop, run), {})[step] = Given(_terms.decode(terms), code, at, ends)
    return offers


def close_offers(tx: Transaction, bucket: int, runs: Iterable[tuple[ShopId, RunId]], now: Instant) -> None:
    """These runs are over: their coupons are closed, and pool codes that no message can have shown go back into the pool.

    After their messages were closed. Not for a run that continues in another journey: the person keeps the code.
    """
    keys = [_RunKey(shop, run) for shop, run in sorted(set(runs))]
    if not keys or not tx.run(sql.CLOSE_COUPONS, keys, bucket=bucket, now=now):
        return
    freed = [_FreedRow(*row) for row in sorted(set(tx.all(sql.UNSEEN_CODES, keys, bucket=bucket, now=now)))]
    if freed:
        tx.run(sql.BLANK_COUPONS, freed, bucket=bucket)
        tx.run(sql.FREE_AGAIN, freed, bucket=bucket)


def close_stale_offers(tx: Transaction, bucket: int, now: Instant) -> int:
    """Close what ran out after its run was over, or was given too long ago to be of use; how many runs it was."""
    found = [(shop, run) for shop, run in tx.all(sql.STALE_RUNS, bucket=bucket, now=now, before=now - _LONGEST, most=_PORTION)]
    close_offers(tx, bucket, found, now)
    return len(found)

"""What journeys tell the shop's own team: in the console, and by e-mail."""

from collections.abc import Sequence

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import CartId, PersonId, RunId, ShopId, derived_id
from wraca.storage.database import Transaction
from wraca.storage.hot import notices as sql


class Word(msgspec.Struct, frozen=True):
    """What a step of a run tells. `at` is the path of the step: each tells once."""

    shop: ShopId
    run: RunId
    at: str
    journey: str
    person: PersonId
    cart: CartId
    text: str


class _NoticeRow(msgspec.Struct):
    shop: ShopId
    id: str
    journey: str
    run: RunId
    person: PersonId
    cart: CartId
    text: str


def tell_team(tx: Transaction, bucket: int, words: Sequence[Word], now: Instant) -> None:
    """Write a notice for each, once for a step of a run."""
    if not words:
        return
    rows = [
        _NoticeRow(one.shop, derived_id(one.shop, "notice", one.run, one.at), one.journey, one.run, one.person, one.cart, one.text)
        for one in words
    ]
    rows.sort(key=lambda row: (row.shop, row.id))
    tx.run(sql.ADD_NOTICES, rows, bucket=bucket, now=now)

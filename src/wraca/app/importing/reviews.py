"""Reviews in, from a table: kept as if the shop's server had told them one by one."""

from datetime import UTC, datetime
from pathlib import Path

from wraca.app.importing.outcome import Outcome, Refused
from wraca.app.importing.tables import Progress, Row, rows
from wraca.app.reviewing import put_reviews
from wraca.domain.events import Instant, Reviewed
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.storage.database import Database

_AT_ONCE = 500
_LONGEST_KEY = 200
_ALIASES = {
    "product_id": "product_id",
    "product": "product_id",
    "sku": "product_id",
    "review_id": "review_id",
    "id": "review_id",
    "rating": "rating",
    "stars": "rating",
    "review": "review",
    "review_body": "review",
    "text": "review",
    "body": "review",
    "author": "author",
    "name": "author",
    "reviewer": "author",
    "verified": "verified",
    "verified_purchase": "verified",
    "language": "language",
    "lang": "language",
    "at": "at",
    "date": "at",
    "created_at": "at",
}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": None}

_Told = tuple[ShopId, Reviewed, Instant, str]


def import_reviews(database: Database | None, shop: ShopId, file: Path, now: Instant, progress: Progress) -> Outcome:
    """Take the reviews of a CSV file; without a database only try. Raises Unreadable, DatabaseBusy."""
    outcome = Outcome()
    batch: list[_Told] = []
    for number, row in rows(file, _ALIASES, lambda _: False, outcome, progress):
        try:
            batch.append(review_of(shop, row, now))
        except Refused as problem:
            outcome.refuse(number, problem)
            continue
        outcome.taken += 1
        if len(batch) == _AT_ONCE:
            _put(database, shop, batch)
            batch = []
    _put(database, shop, batch)
    return outcome


def _put(database: Database | None, shop: ShopId, batch: list[_Told]) -> None:
    if database is not None and batch:
        with database.write() as tx:
            put_reviews(tx, bucket_of(shop), batch)


def review_of(shop: ShopId, row: Row, now: Instant) -> _Told:
    """One row as the shop's word, with its moment and its name. Raises Refused."""
    product = row.get("product_id", "")
    if not product or len(product) > _LONGEST_KEY:
        raise Refused("product_id", f"Every review needs the id of its product, at most {_LONGEST_KEY} characters.")
    rating, words = _rating(row.get("rating", "")), row.get("review", "")
    if rating is None and not words:
        raise Refused("review", "A review needs words, or a rating, or both.")
    verified = row.get("verified", "").lower()
    if verified not in _WORDS:
        raise Refused("verified", "Write true or false, or leave it empty where nobody knows.")
    said = Reviewed(
        product, row.get("review_id", ""), rating, words, row.get("author", ""), row.get("language", ""), _WORDS[verified]
    )
    # The same row is the same review, however often it is imported.
    name = derived_id(shop, "row", *(f"{column}={value}" for column, value in sorted(row.items()) if value))
    return shop, said, _moment(row.get("at", ""), now), name


def _rating(said: str) -> int | None:
    if not said:
        return None
    try:
        stars = float(said)
    except ValueError:
        stars = 0.0
    if not 1 <= stars <= 5:
        raise Refused("rating", "Write a rating from 1 to 5.")
    return int(stars)


def _moment(said: str, now: Instant) -> Instant:
    if not said:
        return now
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise Refused("at", "Write the date as 2026-01-31 or 2026-01-31T12:00:00Z.") from None
    instant = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if not 0 < instant <= now:
        raise Refused("at", "This date is not in the past.")
    return instant

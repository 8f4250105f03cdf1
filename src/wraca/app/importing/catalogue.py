"""Products in: from a CSV feed (our columns, or those of a Google Merchant feed) or from JSON."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec

from wraca.app.catalogue import OnChanges, put_products
from wraca.app.importing.outcome import Outcome, Refused, Unreadable
from wraca.app.importing.tables import Progress, rows
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.domain.money import NotMoney, minor_units
from wraca.domain.products import Product
from wraca.storage.database import Database

LARGEST_JSON = 200 << 20  # bytes: a JSON list is read as a whole
_AT_ONCE = 500
_LONGEST = 500  # characters of a name
_LONGEST_URL = 2000
_LONGEST_KEY = 200
_ALIASES = {
    "product_id": "product_id",
    "id": "product_id",
    "sku": "product_id",
    "variant": "variant",
    "name": "name",
    "title": "name",
    "price": "price",
    "sale_price": "sale_price",
    "sale_price_effective_date": "sale_when",
    "currency": "currency",
    "url": "url",
    "link": "url",
    "image": "image",
    "image_url": "image",
    "image_link": "image",
    "category": "category",
    "product_type": "category",
    "brand": "brand",
    "stock": "stock",
    "quantity": "stock",
    "availability": "availability",
}
_SOLD_OUT = frozenset({"outofstock", "soldout", "discontinued", "unavailable"})
_MORE = re.compile(r"name_[a-z]{2}|price_[a-z]{3}")
_CODE = re.compile(r"[A-Z]{3}")


class Terms(msgspec.Struct, frozen=True):
    """What the file does not say itself, and who hears of what changed.

    `base` is where relative addresses of pages and pictures begin.
    """

    currency: str
    base: str
    on_changes: OnChanges | None = None


def import_csv(database: Database | None, shop: ShopId, file: Path, terms: Terms, now: Instant, progress: Progress) -> Outcome:
    """Take the products of a CSV file; without a database only try. Raises Unreadable, DatabaseBusy."""
    outcome = Outcome()
    found = rows(file, _ALIASES, lambda name: bool(_MORE.fullmatch(name)), outcome, progress)
    _take(database, shop, ((number, _said_in(row)) for number, row in found), terms, now, outcome)
    return outcome


def import_json(database: Database | None, shop: ShopId, file: Path, terms: Terms, now: Instant, progress: Progress) -> Outcome:
    """Take the products of a JSON list, or of an object with a list `products`. Raises Unreadable, DatabaseBusy."""
    size = file.stat().st_size
    if size > LARGEST_JSON:
        raise Unreadable(f"{file} is larger than {LARGEST_JSON >> 20} MB. Split it, or use catalogue-csv, which has no such limit.")
    try:
        document = msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as problem:
        raise Unreadable(f"{file} is not JSON: {problem}.") from problem
    items = document.get("products") if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise Unreadable(f'{file} must be a list of products, or an object such as {{"products": [...]}}.')
    outcome = Outcome(rows=len(items))
    _take(database, shop, ((number, item) for number, item in enumerate(items, 1)), terms, now, outcome)
    progress(size, size)
    return outcome


def _said_in(row: Mapping[str, str]) -> dict[str, object]:
    """A row of a table in the shape of the JSON."""
    said: dict[str, object] = {column: value for column, value in row.items() if value and column not in {"name", "price"}}
    names = {column[5:]: value for column, value in row.items() if column.startswith("name_") and value}
    if row.get("name"):
        names[""] = row["name"]
    prices = {column[6:].upper(): value for column, value in row.items() if column.startswith("price_") and value}
    if price := row.get("price"):
        amount, _, code = price.partition(" ")  # "19.99 PLN", as Google's feeds write it
        prices[(code.strip() or row.get("currency", "")).upper()] = amount
    return {**{name: value for name, value in said.items() if not _MORE.fullmatch(name)}, "name": names, "price": prices}


def _take(
    database: Database | None, shop: ShopId, items: Iterator[tuple[int, object]], terms: Terms, now: Instant, outcome: Outcome
) -> None:
    seen: set[str] = set()
    batch: list[Product] = []
    for number, item in items:
        try:
            product = product_of(item, terms, now)
            if product.key in seen:
                raise Refused("product_id", "The same product stands in the file before; the first one counts.")  # noqa: TRY301
        except Refused as problem:
            outcome.refuse(number, problem)
            continue
        seen.add(product.key)
        batch.append(product)
        outcome.taken += 1
        if len(batch) == _AT_ONCE:
            _put(database, shop, batch, terms, now)
            batch = []
    _put(database, shop, batch, terms, now)


def _put(database: Database | None, shop: ShopId, batch: list[Product], terms: Terms, now: Instant) -> None:
    if database is not None and batch:
        put_products(database, shop, batch, now, terms.on_changes)


def product_of(item: object, terms: Terms, now: Instant) -> Product:
    """One product as it was written. Raises Refused."""
    if not isinstance(item, dict):
        raise Refused("", "A product must be an object with a product_id.")
    return Product(
        _key(item),
        _names(item.get("name")),
        _prices_now(item, str(item.get("currency") or terms.currency), now),
        _address("url", item.get("url") or item.get("link"), terms),
        _address("image", item.get("image") or item.get("image_url"), terms),
        _text(item.get("category"), _LONGEST),
        _text(item.get("brand"), _LONGEST),
        _stock(item),
        now,
    )


def _key(item: dict[str, object]) -> str:
    key = _text(item.get("product_id") or item.get("id"), _LONGEST_KEY + 1)
    if not key:
        raise Refused("product_id", "Every product needs the id that the shop's events use.")
    # With a list of variants, `variant` only says which of them is shown first: the entry speaks for all.
    if (variant := _text(item.get("variant"), _LONGEST_KEY)) and not item.get("variants"):
        key = f"{key}/{variant}"
    if len(key) > _LONGEST_KEY:
        raise Refused("product_id", f"The id is longer than {_LONGEST_KEY} characters.")
    return key


def _text(value: object, longest: int) -> str:
    return (
        str(value)[:longest].strip().replace("\0", "")
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else ""
    )


def _names(value: object) -> dict[str, str]:
    given = value if isinstance(value, dict) else {"": value}
    names = {str(language).lower()[:8]: name for language, said in given.items() if (name := _text(said, _LONGEST))}
    if not names:
        raise Refused("name", "Every product needs a name: messages show it.")
    return names


def _prices_now(item: dict[str, object], currency: str, now: Instant) -> dict[str, int]:
    """What the shop charges at `now`: the sale price while it is in force. What `price` says it was before is nobody's proof."""
    prices = _prices(item.get("price"), currency)
    sale = item.get("sale_price")
    if sale and _is_in_force(_text(item.get("sale_when") or item.get("sale_price_effective_date"), _LONGEST), now):
        amount, _, code = _text(sale, _LONGEST).partition(" ")  # "15.00 PLN", as Google's feeds write it
        prices |= _prices(sale if isinstance(sale, dict) else {code.strip(): amount}, currency)
    return prices


def _is_in_force(when: str, now: Instant) -> bool:
    """Whether `now` is within "2026-11-20T00:00+0100/2026-11-30T23:59+0100"; always, where no time is said."""
    if not when:
        return True
    try:
        begin, end = (datetime.fromisoformat(part.strip()) for part in when.split("/"))
    except ValueError:
        raise Refused("sale_price_effective_date", "Write two times such as 2026-11-20T00:00Z/2026-11-30T23:59Z.") from None
    first, last = (int((part if part.tzinfo else part.replace(tzinfo=UTC)).timestamp() * 1000) for part in (begin, end))
    return first <= now <= last


def _prices(value: object, currency: str) -> dict[str, int]:
    given = value if isinstance(value, dict) else {"": value}
    prices = {}
    for said, amount in given.items():
        if amount is None or amount == "":
            continue
        code = (str(said) or currency).upper()
        if not _CODE.fullmatch(code):
            raise Refused("currency", f"{code!r} is not a currency of three letters such as PLN.")
        try:
            minor = minor_units(str(amount), code)
        except NotMoney:
            raise Refused("price", "Write the price as digits with a decimal point, such as 19.99.") from None
        if minor < 0:
            raise Refused("price", "A price cannot be below zero.")
        prices[code] = minor
    return prices


def _address(field: str, value: object, terms: Terms) -> str:
    """An absolute http(s) address; nothing else may ever stand in a message."""
    written = _text(value, _LONGEST_URL + 1)
    if not written:
        return ""
    address = urljoin(terms.base, written)
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Refused(field, "This is not a web address.") from None
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(address) > _LONGEST_URL:
        raise Refused(field, "Write a web address that begins with https:// (or a path below --base).")
    return address


def _stock(item: dict[str, object]) -> int | None:
    """How many there are; none where a feed without numbers says that there are none."""
    value = item.get("stock")
    if value is None or value == "":
        word = re.sub(r"[^a-z]", "", _text(item.get("availability"), _LONGEST).lower().rpartition("/")[2])
        return 0 if word in _SOLD_OUT else None
    try:
        return max(0, int(str(value)))
    except ValueError:
        raise Refused("stock", "Write the stock as a whole number, or leave it empty where nobody counts.") from None

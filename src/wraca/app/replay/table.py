"""Rows of a table -> events. REES46 is one such table; any other is told by a mapping which column is what.

Rows of bought products that share session and time (or an order number and time) are one order. A row that is exactly like another
one is a duplicate: it names the same moment. Nothing is dropped without a reason.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import msgspec

from wraca.app.replay.past import BadPast, BadRow, OutOfOrder, Tally
from wraca.app.replay.reach import Everybody, made_up
from wraca.domain.events import (
    Body,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Line,
    LineAdded,
    LineRemoved,
    OrderPlaced,
    Seen,
)
from wraca.domain.ids import EventId, derived_id
from wraca.domain.money import NotMoney, minor_units

REQUIRED = ("event_time", "event_type", "product_id", "price", "user_id")
OPTIONAL = ("user_session", "order_id", "quantity", "currency", "product_name", "brand", "email")
KINDS = ("view", "cart", "remove_from_cart", "purchase")

_SECONDS_END = 100_000_000_000  # numbers below are seconds since 1970, others milliseconds
_MOST_PIECES = 10_000
_MOST_PRICE = 10**12  # minor units
_NAMES = {"view": "Product Viewed", "cart": "Product Added", "remove_from_cart": "Product Removed", "purchase": "Order Completed"}


class Columns(msgspec.Struct, frozen=True):
    """Which column is what, and what the words of the column `event_type` mean. `zone` is that of times that name none."""

    names: Mapping[str, str]
    kinds: Mapping[str, str] = msgspec.field(default_factory=lambda: {kind: kind for kind in KINDS})
    zone: tzinfo = UTC


REES46 = Columns({name: name for name in (*REQUIRED, "user_session", "brand")})


class Terms(msgspec.Struct, frozen=True):
    """How the rows of a table are understood: who can be written to, in which money, which brands are known by product."""

    everybody: bool = True
    currency: str = "EUR"
    brands: Mapping[str, str] = {}


class _Row(NamedTuple):
    at: Instant
    kind: str
    user: str
    session: str
    order: str
    email: str
    line: Line
    currency: str
    values: tuple[str, ...]


# From the values of a row, with an empty one behind them, to those of all fields in the order of REQUIRED and OPTIONAL.
_Pick: TypeAlias = Callable[[tuple[str, ...]], tuple[str, ...]]


def read_table(text: Iterable[str], columns: Columns, terms: Terms, tally: Tally, is_sorted: bool) -> Iterator[Event]:  # noqa: FBT001
    """The events of a table, in order of time. Raises BadPast for a table that is none, OutOfOrder where it claims to be sorted."""
    rows = csv.reader(text)
    header = [name.strip() for name in next(rows, [])]
    places = _places(header, columns)
    pick: _Pick = itemgetter(*(places.get(field, len(header)) for field in (*REQUIRED, *OPTIONAL)))
    read = _good_rows(rows, len(header), pick, columns, terms, tally)
    by_time: Iterable[_Row] = read if is_sorted else sorted(read, key=lambda row: row.at)
    reach: Everybody | None = None
    if terms.everybody and "email" in places:  # some have an address of their own: the others get one beside their name
        reach, terms = Everybody(), msgspec.structs.replace(terms, everybody=False)
    last = 0
    for at, moment in groupby(by_time, key=lambda row: row.at):
        if at < last:
            raise OutOfOrder
        last = at
        for event in _events(at, moment, terms, tally):
            yield reach(event) if reach else event


def _places(header: list[str], columns: Columns) -> dict[str, int]:
    if not any(header):
        raise BadPast("The file is empty: its first line must name the columns.")
    for field, name in columns.names.items():
        if name not in header and not (field in OPTIONAL and field == name):
            raise BadPast(
                f"The file has no column {name!r} (wanted for {field}). Its columns are: {', '.join(header)}. "
                f"Say which one it is: --format csv --map {field}=COLUMN"
            )
    return {field: header.index(name) for field, name in columns.names.items() if name in header}


def _good_rows(rows: Iterator[list[str]], width: int, pick: _Pick, columns: Columns, terms: Terms, tally: Tally) -> Iterator[_Row]:
    while True:
        try:
            values = next(rows)
            if values:
                tally.rows += 1
                yield _row(values, width, pick, columns, terms)
        except StopIteration:
            return
        except BadRow as problem:
            tally.rejected[str(problem)] += 1
        except csv.Error:
            tally.rows += 1
            tally.rejected["broken_row"] += 1


def _row(values: list[str], width: int, pick: _Pick, columns: Columns, terms: Terms) -> _Row:
    if len(values) != width:
        raise BadRow("broken_row")
    when, word, product, price, user, session, order, pieces, currency, name, brand, email = map(str.strip, pick((*values, "")))
    kind = columns.kinds.get(word)
    if kind is None:
        raise BadRow("unknown_event_type")
    if not user:
        raise BadRow("no_user")
    if not product:
        raise BadRow("no_product")
    currency = currency.upper() or terms.currency
    brand = brand or terms.brands.get(product, "")
    name = name or f"Product {product}" + (f" ({brand})" if brand else "")
    line = Line(product, _pieces(pieces), _price(price, currency), name, brand=brand, trusted=True)
    return _Row(_instant(when, columns.zone), kind, user, session, order, email.lower(), line, currency, tuple(values))


@lru_cache(maxsize=4096)
def _instant(text: str, zone: tzinfo) -> Instant:
    """ISO 8601 (with "UTC", an offset, or in the given zone), or seconds or milliseconds since 1970."""
    try:
        if text.isdigit() and len(text) > len("20221201"):
            number = int(text)
            return number * 1000 if number < _SECONDS_END else number
        moment = datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadRow("bad_time") from None
    if at <= 0:
        raise BadRow("bad_time")
    return at


@lru_cache(maxsize=65_536)
def _price(text: str, currency: str) -> int:
    try:
        price = minor_units(text, currency)
    except NotMoney:
        raise BadRow("bad_price") from None
    if not 0 <= price <= _MOST_PRICE:
        raise BadRow("bad_price")
    return price


def _pieces(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= _MOST_PIECES:
        raise BadRow("bad_quantity")
    return int(text)


def _events(at: Instant, moment: Iterable[_Row], terms: Terms, tally: Tally) -> Iterator[Event]:
    """The events of one moment; orders come last, as they would have been reported."""
    orders: dict[tuple[str, str], list[_Row]] = {}
    known: set[tuple[str, ...]] = set()
    for row in moment:
        if row.values in known:
            tally.duplicates += 1
            continue
        known.add(row.values)
        tally.events += 1
        if row.kind == "purchase":
            orders.setdefault((row.order, "") if row.order else (row.session or row.user, row.user), []).append(row)
        else:
            yield _event(row, _key(at, *row.values), _body(row), len(known), terms)
    for (number, _), rows in orders.items():
        yield _order(at, number, rows, terms)


def _order(at: Instant, number: str, rows: list[_Row], terms: Terms) -> Event:
    first = rows[0]
    name = first.order or f"{number}@{at}"
    total = sum((row.line.price or 0) * row.line.quantity for row in rows)
    body = OrderPlaced(name, currency=first.currency, total=total, lines=tuple(row.line for row in rows))
    return _event(first, _key(at, "order", name), body, 0, terms)


def _key(at: Instant, *parts: str) -> EventId:
    """The key of what a row says. It begins with the time, as a UUIDv7 does: the newest go to the end of the index."""
    return EventId(f"{at:012x}{derived_id('replay', *parts)[:20]}")


def _body(row: _Row) -> Body:
    if row.kind == "cart":
        return LineAdded(row.line, currency=row.currency)
    if row.kind == "remove_from_cart":
        return LineRemoved(row.line)
    return Seen(row.line.product_id)


def _event(row: _Row, key: EventId, body: Body, seq: int, terms: Terms) -> Event:
    return Event(key, _NAMES[row.kind], row.at, row.at, body, _who(row, terms), source="import", seq=seq)


def _who(row: _Row, terms: Terms) -> tuple[Identity, ...]:
    """One identity wherever possible: a person known by one name needs no merging."""
    if row.email:
        return (Identity(IdentityKind.USER, row.user), Identity(IdentityKind.EMAIL, row.email))
    return (made_up(row.user),) if terms.everybody else (Identity(IdentityKind.USER, row.user),)

"""Product feeds as files: RSS 2.0 with Google's names, and Meta's table. Made product by product, whatever the catalogue's size."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from wraca.domain.events import Instant
from wraca.domain.money import Money, major_units
from wraca.domain.products import Product, is_reduced, lowest_30d

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")  # no XML can carry them
_TITLE, _TEXT, _ADDRESS = 150, 5_000, 2_000  # the most characters that Google takes
_AT_ONCE: Final = 64 * 1024  # characters


class FeedKind(StrEnum):
    """The files there are; the values stand in their addresses."""

    GOOGLE = "google.xml"
    META_CSV = "meta.csv"
    META_XML = "meta.xml"

    @property
    def content_type(self) -> str:
        return "text/csv; charset=utf-8" if self is FeedKind.META_CSV else "application/xml; charset=utf-8"


class Front(msgspec.Struct, frozen=True):
    """What a feed needs to know of its shop."""

    name: str
    home: str
    currency: str
    language: str


class Item(msgspec.Struct, frozen=True):
    """One product as a feed tells of it. `id` is the one that stands in events; prices are "19.99 PLN"."""

    id: str
    title: str
    description: str
    link: str
    image_link: str
    is_available: bool
    price: str
    sale_price: str = ""
    brand: str = ""
    product_type: str = ""
    item_group_id: str = ""


def item_of(product: Product, front: Front, now: Instant) -> Item | None:
    """The product, if all is known that a feed must say of it; sold out is no reason to leave it out.

    A reduction is told only where the price is below the lowest of the 30 days before it, and that lowest is what it is compared
    with (Directive 98/6/EC, article 6a; trust A10, L30).
    """
    title, price = product.name(front.language).strip(), product.prices.get(front.currency)
    if not title or price is None or price <= 0 or not (_is_address(product.url) and _is_address(product.image_url)):
        return None
    before = lowest_30d(product, front.currency, now) if is_reduced(product, front.currency, now) else None
    said = [part for part in (title, product.brand, product.category) if part]
    return Item(
        product.key,
        title[:_TITLE],
        ". ".join(said)[:_TEXT],
        product.url,
        product.image_url,
        product.stock != 0,
        _money(price if before is None else before, front.currency),
        "" if before is None else _money(price, front.currency),
        product.brand or front.name,
        product.category,
        product.product_id if "/" in product.key else "",
    )


def written(kind: FeedKind, front: Front, items: Iterable[Item]) -> Iterator[bytes]:
    """The whole file in pieces of some 64 kB."""
    parts = _table(items) if kind is FeedKind.META_CSV else _rss(front, items, "_" if kind is FeedKind.GOOGLE else " ")
    gathered: list[str] = []
    length = 0
    for part in parts:
        gathered.append(part)
        length += len(part)
        if length >= _AT_ONCE:
            yield "".join(gathered).encode()
            gathered, length = [], 0
    yield "".join(gathered).encode()


def _rss(front: Front, items: Iterable[Item], between: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
    yield f"<title>{_text(front.name)}</title>\n<link>{_text(front.home)}</link>\n<description>{_text(front.name)}</description>\n"
    for item in items:
        fields = _fields(item, between)
        yield "<item>" + "".join(f"<g:{name}>{_text(value)}</g:{name}>" for name, value in fields.items() if value) + "</item>\n"
    yield "</channel>\n</rss>\n"


def _table(items: Iterable[Item]) -> Iterator[str]:
    names = tuple(_fields(Item("", "", "", "", "", is_available=True, price=""), " "))
    yield _line(names)
    for item in items:
        yield _line(tuple(_UNWRITABLE.sub("", value) for value in _fields(item, " ").values()))


def _fields(item: Item, between: str) -> dict[str, str]:
    return {
        "id": item.id,
        "title": item.title,
        "description": item.description,
        "link": item.link,
        "image_link": item.image_link,
        "availability": f"in{between}stock" if item.is_available else f"out{between}of{between}stock",
        "condition": "new",
        "price": item.price,
        "sale_price": item.sale_price,
        "brand": item.brand,
        "product_type": item.product_type,
        "item_group_id": item.item_group_id,
    }


def _line(values: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


def _text(value: str) -> str:
    return escape(_UNWRITABLE.sub("", value))


def _money(minor: int, currency: str) -> str:
    return f"{major_units(Money(minor, currency))} {currency}"


def _is_address(said: str) -> bool:
    return said.startswith(("https://", "http://")) and len(said) <= _ADDRESS and not any(sign.isspace() for sign in said)

"""A product as the shop's own catalogue has it, and the cart line a message may show of it."""

import msgspec

from wraca.domain.events import Instant, Line


class Product(msgspec.Struct, frozen=True, omit_defaults=True):
    """`names` by language with "" as the fallback; `prices` in minor units by currency; `stock` is None where nobody counts."""

    key: str
    names: dict[str, str] = {}
    prices: dict[str, int] = {}
    url: str = ""
    image_url: str = ""
    category: str = ""
    brand: str = ""
    stock: int | None = None
    updated_at: Instant = 0

    def name(self, language: str) -> str:
        """The name in this language, else in the shop's own."""
        return self.names.get(language.partition("-")[0]) or self.names.get("") or next(iter(self.names.values()), "")


def shown_line(line: Line, product: Product | None, currency: str, language: str) -> Line | None:
    """The line as a message shows it now; None when nobody who may be believed says what it is, or it is sold out."""
    if product is None:
        return msgspec.structs.replace(line, name=line.name or line.product_id) if line.trusted else None
    if product.stock == 0:
        return None
    return msgspec.structs.replace(
        line,
        name=product.name(language) or line.name,
        price=product.prices.get(currency, line.price if line.trusted else None),
        url=product.url or (line.url if line.trusted else ""),
        image_url=product.image_url or (line.image_url if line.trusted else ""),
        trusted=True,
    )

"""Products as events name them -> lines of a cart."""

from typing import Final

import msgspec

from wraca.domain.events import Line
from wraca.platforms.segment.values import Unusable, amount, identifier, link, quantity, text

MOST_LINES: Final = 500

Properties = dict[str, object]


class Terms(msgspec.Struct, frozen=True):
    """How to read the amounts of one event, and whether its sender may be quoted."""

    currency: str
    minor: bool
    trusted: bool


def product_named(properties: Properties) -> str:
    """Take the product's id out of the properties: `product_id`, else `sku`, else `variant`; nothing where none is given."""
    take, look = properties.pop, properties.get
    return identifier(take("product_id", None)) or identifier(look("sku")) or identifier(look("variant"))


def line_of(properties: Properties, terms: Terms, where: str = "properties") -> Line:
    """Take one line out of the properties; what is left in them is not modelled. Raises Unusable."""
    take = properties.pop
    product = product_named(properties)
    if not product:
        raise Unusable(f"{where}.product_id", "Name the product: send product_id, sku or variant (at most 200 characters).")
    return Line(
        product,
        quantity(take("quantity", None), f"{where}.quantity"),
        amount(take("price", None), terms.currency, f"{where}.price", minor=terms.minor),
        text(take("name", None)),
        text(take("variant", None), 200),
        link(take("url", None)),
        link(take("image_url", None)),
        text(take("category", None)),
        text(take("brand", None), 200),
        terms.trusted,
    )


def lines_of(properties: Properties, terms: Terms) -> tuple[Line, ...]:
    """Take `products` out of the properties. Raises Unusable with the path of the first bad one."""
    products = properties.pop("products", None)
    if products is None:
        return ()
    if not isinstance(products, list) or len(products) > MOST_LINES:
        raise Unusable("properties.products", f"Send a list of at most {MOST_LINES} products.")
    found = []
    for index, product in enumerate(products):
        where = f"properties.products[{index}]"
        if not isinstance(product, dict):
            raise Unusable(where, "Send each product as an object with product_id, quantity and price.")
        found.append(line_of(product, terms, where))
    return tuple(found)

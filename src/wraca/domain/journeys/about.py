"""What a run is about where that is no cart: products somebody looked at or waits for, an order, an audience."""

from collections.abc import Mapping

import msgspec

from wraca.domain.events import Line
from wraca.domain.products import Product


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What began a run, as it stands in the run's row.

    `kind` is "browse", "price", "stock", "low_stock", "order" or "audience"; empty: the run is about its cart. `products` are
    keys of the catalogue: product ids, with a variant where only that is listed. `prices` are what these products cost when the
    run began, in minor units of the shop's currency.
    """

    kind: str = ""
    products: tuple[str, ...] = ()
    order: str = ""
    audience: str = ""
    prices: dict[str, int] = {}
    after: str = ""  # the journey that this one was begun by

    @property
    def product_ids(self) -> frozenset[str]:
        """The products without a variant, as people look at them."""
        return frozenset(product.partition("/")[0] for product in self.products)

    @property
    def needs_products(self) -> bool:
        """Whether a message would be empty without them: thanks for an order need none."""
        return self.kind in {"browse", "price", "stock", "low_stock"}


def is_overtaken(about: About, products: Mapping[str, Product], currency: str, *, below: int = 0, has_cart: bool = False) -> bool:
    """Whether what began the run is no longer so: nobody wants to hear of it any more.

    `products` are the catalogue's, by product id. `below` is the low-stock trigger's; `has_cart`: there is an open cart by now.
    """
    known = [products[one] for one in about.products if one in products]
    match about.kind:
        case "browse":
            return has_cart
        case "price":
            return not any(_is_as_cheap(one, about.prices.get(one.key), currency) for one in known)
        case "stock":
            return all(one.stock == 0 for one in known)
        case "low_stock":
            return not any(one.stock is not None and 0 < one.stock < below for one in known)
        case _:
            return False


def _is_as_cheap(product: Product, told: int | None, currency: str) -> bool:
    now = product.prices.get(currency)
    return now is not None and told is not None and now <= told


def shown_product(product: Product, currency: str, language: str) -> Line | None:
    """The product as a message shows it, like a line of a cart; None when it is sold out."""
    if product.stock == 0:
        return None
    return Line(
        product.key,
        price=product.prices.get(currency),
        name=product.name(language) or product.key,
        url=product.url,
        image_url=product.image_url,
        category=product.category,
        brand=product.brand,
        trusted=True,
    )

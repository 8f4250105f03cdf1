"""Signs of life, and what only a shop itself can say: how a product is, what was said of it, who is in an audience.

From a browser such a word is kept and believed by nobody.
"""

from typing import Final

from wraca.domain.events import AudienceChanged, Body, Other, ProductTold, Reviewed, Seen
from wraca.domain.reviews import cleaned, short_language, short_name
from wraca.platforms.segment.lines import Properties, Terms, product_named
from wraca.platforms.segment.values import Unusable, amount, identifier, link, text

_LONGEST_KEY: Final = 200  # characters of a product with its variant
_LONGEST_AUDIENCE: Final = 64
_MOST_NAMES: Final = 50
_MOST_STOCK: Final = 1_000_000_000
_YES: Final = frozenset(("true", "yes", "1"))
_NO: Final = frozenset(("false", "no", "0"))


def seen(properties: Properties, _terms: Terms) -> Body:
    """A sign of life, of a product where one is named. Everything else it says is kept as it came."""
    return Seen(product_named(properties), link(properties.pop("url", None)))


def product_told(properties: Properties, terms: Terms) -> Body:
    """Product Updated: how a product of the catalogue now is. What it does not say stays."""
    if not terms.trusted:
        return Other()
    product = product_named(properties)
    variant = text(properties.pop("variant", None), _LONGEST_KEY)
    if not product:
        raise Unusable("properties.product_id", "Name the product: send product_id, sku or variant (at most 200 characters).")
    told = ProductTold(
        product,
        "" if variant == product else variant,
        _names(properties.pop("name", None)),
        terms.currency,
        amount(properties.pop("price", None), terms.currency, "properties.price", minor=terms.minor),
        _stock(properties),
        link(properties.pop("url", None)),
        link(properties.pop("image_url", None)),
        text(properties.pop("category", None)),
        text(properties.pop("brand", None), 200),
    )
    if len(told.key) > _LONGEST_KEY:
        raise Unusable("properties.variant", f"Send product_id and variant of at most {_LONGEST_KEY} characters together.")
    return told


def _names(value: object) -> dict[str, str]:
    """One name, or one for each language."""
    given = value if isinstance(value, dict) else {"": value}
    return {text(language, 8).lower(): name for language, said in list(given.items())[:_MOST_NAMES] if (name := text(said).strip())}


def _stock(properties: Properties) -> int | None:
    """How many pieces there are: `stock`, else `inventory`. Fewer than none, which some shops allow to be ordered, is none."""
    said, also = properties.pop("stock", None), properties.pop("inventory", None)
    value = also if said is None else said
    if value is None or value == "":
        return None
    try:
        found = int(value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else "")
    except (ValueError, OverflowError):
        raise Unusable("properties.stock", "Send the stock as a whole number, or leave it out where nobody counts.") from None
    return min(max(0, found), _MOST_STOCK)


def reviewed(properties: Properties, terms: Terms) -> Body:
    """Product Reviewed: what somebody thinks of a product; without words and rating, or from a browser, a sign of life."""
    rating = _rating(properties.get("rating")) if terms.trusted else None
    words = cleaned(text(properties.get("review_body"), 8000)) if terms.trusted else ""
    if not identifier(properties.get("product_id")) or (rating is None and not words):
        return seen(properties, terms)
    product = product_named(properties)
    for name in ("rating", "review_body"):
        properties.pop(name, None)
    return Reviewed(
        product,
        identifier(properties.pop("review_id", None)),
        rating,
        words,
        # No more of the author than a message shows, neither here nor among the rest.
        short_name(text(properties.pop("author", None))),
        short_language(text(properties.pop("language", None), 20)),
        _flag(properties.pop("verified", None)),
    )


def _rating(value: object) -> int | None:
    """Whole stars from 1 to 5; of half a star nothing is made up."""
    if value is None or value == "":
        return None
    try:
        stars = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except ValueError:
        stars = 0.0
    if not 1 <= stars <= 5:
        raise Unusable("properties.rating", "Send a rating from 1 to 5.")
    return int(stars)


def _flag(value: object) -> bool | None:
    word = str(value).lower() if isinstance(value, (bool, int, str)) else ""
    return True if word in _YES else False if word in _NO else None


def audience_changed(properties: Properties, terms: Terms, *, joined: bool) -> Body:
    """Audience Entered, Audience Exited: the shop's own tools put the person into an audience, or took them out."""
    if not terms.trusted:
        return Other()
    given = [properties.pop(field, None) for field in ("audience_name", "name", "audience_key")]
    name = next((said for each in given if (said := text(each, _LONGEST_AUDIENCE + 1).strip())), "")
    if not name or len(name) > _LONGEST_AUDIENCE:
        raise Unusable("properties.audience_name", f"Name the audience in at most {_LONGEST_AUDIENCE} characters.")
    return AudienceChanged(name, joined)

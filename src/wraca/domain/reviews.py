"""What others say of a product: cleaned at the door, and chosen for a message without flattering it.

Directive 2005/29/EC, article 7(6): who shows reviews says whether and how it is known that their authors bought the product.
"""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from wraca.domain.events import Instant, Reviewed
from wraca.domain.ids import ShopId, derived_id

WORST_SHOWN: Final = 3  # of 5: whoever was let down is counted in the average; a message quotes who was not
_MOST_SHOWN: Final = 3
_LONGEST_KEPT: Final = 2000  # characters
_LONGEST_SHOWN: Final = 300
_LONGEST_NAME: Final = 40
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>?")
_MANY_DIGITS = re.compile(r"\d{4}")

Note = Literal["verified", "some", "unknown"]


class Review(msgspec.Struct, frozen=True):
    """A review as it is kept; `product` is the product_id."""

    id: str
    product: str
    at: Instant
    rating: int | None
    text: str
    author: str
    language: str
    verified: bool | None


class Score(msgspec.Struct, frozen=True):
    """All ratings of a product, whether their reviews are shown or not."""

    count: int = 0
    stars: int = 0  # all of them together


class Opinion(msgspec.Struct, frozen=True):
    """What a message may say of some products. `average` (1-5, rounded down to a tenth) and `count` are of all ratings.

    `note`: whether the shop checked that the authors shown had bought: all of them, some, or nobody knows.
    """

    shown: tuple[Review, ...] = ()
    average: float | None = None
    count: int = 0
    note: Note = "unknown"


def review_id(shop: ShopId, said: Reviewed, name: str) -> str:
    """The id of a review: by the shop's own, else by `name` (the event's id), so that it is found again from either."""
    return derived_id(shop, "review", said.review or name)


def cleaned(text: str) -> str:
    """Plain text on one line, without any markup, at most 2,000 characters."""
    plain = html.unescape(text[: 4 * _LONGEST_KEPT])
    while (bare := _TAG.sub(" ", plain)) != plain:
        plain = bare
    visible = "".join(sign if sign.isprintable() else " " for sign in plain)
    return " ".join(visible.split())[:_LONGEST_KEPT]


def shortened(text: str) -> str:
    """At most 300 characters, cut between words."""
    if len(text) <= _LONGEST_SHOWN:
        return text
    cut = text[: _LONGEST_SHOWN - 1]
    whole, _, rest = cut.rpartition(" ")
    return (whole if whole and len(rest) < 40 else cut).rstrip(" ,;:.") + "…"


def short_name(author: str) -> str:
    """First name and initial, as one signs: "Anna Kowalska" is "Anna K."; an address or a number is nobody's name."""
    name = cleaned(author)
    if "@" in name or "://" in name or _MANY_DIGITS.search(name):
        return ""
    first, *others = name.split() or [""]
    initial = f" {others[-1][0].upper()}." if others and others[-1][0].isalpha() else ""
    return first[:_LONGEST_NAME] + initial


def short_language(language: str) -> str:
    """The language of a locale: pl-PL, pl_PL and PL are "pl"; nothing of what is no language."""
    found = language.replace("_", "-").partition("-")[0].lower()
    return found if 2 <= len(found) <= 3 and found.isascii() and found.isalpha() else ""


def is_quotable(review: Review) -> bool:
    """Whether a message may quote it."""
    return bool(review.text) and review.rating is not None and review.rating >= WORST_SHOWN


def opinion(reviews: Iterable[Review], scores: Sequence[Score], language: str) -> Opinion:
    """Of these reviews the newest, those in the person's language first; with the average of everything that was said."""
    quotable = sorted(filter(is_quotable, reviews), key=lambda each: (each.language != language, -each.at, each.id))
    shown = tuple(quotable[:_MOST_SHOWN])
    count, stars = sum(each.count for each in scores), sum(each.stars for each in scores)
    checked = [each.verified is True for each in shown]
    note: Note = "unknown" if not any(checked) else "verified" if all(checked) else "some"
    return Opinion(shown, stars * 10 // count / 10 if count else None, count, note)

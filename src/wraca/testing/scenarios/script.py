"""A scenario as values: who, what happens, what must follow."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

USUAL_BEGIN: Final = "2026-01-05 10:00"  # a Monday

# What can be expected, in the order in which things of one minute are told.
KINDS: Final = ("offer", "joins", "leaves", "notice", "send", "skip", "ends")


class ShopOf(msgspec.Struct, frozen=True):
    """The shop, where it is unlike the usual one."""

    country: str = "PL"
    timezone: str = "Europe/Warsaw"
    currency: str = "PLN"
    language: str = "en"
    channels: tuple[str, ...] = ("email",)
    manners: dict[str, Any] = {}


class Article(msgspec.Struct, frozen=True):
    """A product of the catalogue; the price in major units."""

    price: float | None = None
    stock: int | None = None
    name: str = ""
    category: str = ""


class Somebody(msgspec.Struct, frozen=True):
    """The person it is about."""

    name: str = "Anna"
    email: str = "anna@example.com"
    phone: str = ""
    anonymous: bool = False
    orders: int = 0
    language: str = ""
    gender: str = ""
    country: str = ""
    timezone: str = ""
    attributes: dict[str, str | int | float | bool] = {}
    allows: tuple[str, ...] = ("email",)


class Doing(msgspec.Struct, frozen=True):
    """Something happens: `what` is the word of the file, `about` what stands behind it. `line` is where."""

    at: str
    what: str
    about: Any = None
    line: int = 0


class Expected(msgspec.Struct, frozen=True):
    """Something must follow. `name` is the template, the step, the audience, the text or the outcome, as `kind` says.

    `at` is None where any time will do; `detail` is the channel, the reasons, the code or the journey, None where any will do.
    """

    kind: str
    name: str
    at: str | None
    detail: tuple[str, ...] | None = None
    within: int = 0  # ms that it may be later
    line: int = 0


class Scenario(msgspec.Struct, frozen=True):
    name: str
    given: tuple[Doing, ...]
    expect: tuple[Expected, ...]
    begins: str = USUAL_BEGIN
    held_out: bool = False
    variants: Mapping[str, str] = {}
    beside: tuple[str, ...] = ()
    shop: ShopOf = ShopOf()
    catalogue: Mapping[str, Article] = {}
    pools: Mapping[str, tuple[str, ...]] = {}
    person: Somebody = Somebody()
    line: int = 0

"""What use cases answer to the public edge. Plain values: the edge turns them into HTTP, whatever they came from."""

from typing import Literal

import msgspec

from wraca.domain.events import Line, Stage
from wraca.ports.platform import ShopFacts

Purpose = Literal["restore", "click", "open", "preferences"]
Scope = Literal["list", "all"]


class KeyHolder(msgspec.Struct, frozen=True):
    """Whose write key this is.

    A browser key is printed in the shop's pages: it can only append, and only from `origins` (`https://shop.example`, lower case,
    no path; `*` allows every origin and requests without one, as apps send them). A server key is a secret and is trusted.
    """

    shop: ShopFacts
    kind: Literal["browser", "server"]
    origins: tuple[str, ...] = ()


class LinkAnswer(msgspec.Struct, frozen=True):
    """Where a link of a message leads: an absolute http(s) address in the shop's own domains, stored when the message was made."""

    target: str


class RestoredCart(msgspec.Struct, frozen=True):
    """The things in a saved cart, for the shop's page to offer again. Nothing in it speaks of a person (trust X21).

    Prices are in minor units of `currency`. `origins` are the shop's pages that may read it.
    """

    lines: tuple[Line, ...]
    currency: str
    coupon: str = ""
    stage: Stage = Stage.CART
    origins: tuple[str, ...] = ()


class PreferencesPage(msgspec.Struct, frozen=True):
    """What the page behind an unsubscribe link shows. The address comes masked (`b***@x.pl`): the mail may have been forwarded."""

    shop_name: str
    masked_address: str
    language: str = "en"
    is_subscribed: bool = True


class AskPage(msgspec.Struct, frozen=True):
    """What the page that asks for the reason shows. Nothing in it speaks of a person: the mail may have been forwarded."""

    shop_name: str
    home: str
    phone: str = ""
    email: str = ""
    language: str = "en"

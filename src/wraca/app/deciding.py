"""What the shop's pages show this visitor now, and what became of it.

A journey's message comes first, then what the shop placed there. Two indexed reads decide; what is shown costs a third one for the
catalogue's word on the goods. Nothing is written here but one link, and only for a cart that lies in another browser.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from wraca.app import showing
from wraca.app.links import LIFE, LinkRow, new_token, token_hash
from wraca.app.noting import Deed, note_deed, note_hit
from wraca.app.register import Register
from wraca.app.showcase import Showcase, Standing
from wraca.app.showing import CHANNEL
from wraca.app.visitors import Asked, Known, Waiting, back_to, fitting, read_visitor
from wraca.domain.events import Instant
from wraca.domain.ids import MessageId, ShopId, derived_id
from wraca.domain.placements import OVERLAYS
from wraca.storage.hot import links as links_sql

__all__ = ["CHANNEL", "Asked", "Decided", "Deed", "Pages", "note_hit"]

_DAY = 24 * 3600 * 1000
_KEEP = 14  # days
_PARTS = {"webpush": "push", "chat": "chat"}  # channel -> the part of the script that a page needs for it


class Decided(msgspec.Struct, frozen=True):
    """`show`: what to show, as plain values; `load`: the parts of the script that this page needs."""

    show: tuple[dict[str, object], ...] = ()
    load: tuple[str, ...] = ()


class Pages:
    """One per process: answers what the pages of all shops show."""

    def __init__(self, register: Register, showcase: Showcase | None = None) -> None:
        self._register = register
        self.showcase = showcase or Showcase(register)

    def decide(self, shop_id: ShopId, asked: Asked, now: Instant) -> Decided:
        """What to show on this page view. Raises NoSuchShop, DatabaseBusy."""
        shop, standing = self._register.shop(shop_id), self.showcase.standing(shop_id)
        parts = tuple(part for channel, part in _PARTS.items() if self._register.connection(shop_id, channel))
        connection = self._register.connection(shop_id, CHANNEL)
        if CHANNEL not in self._register.channels or not (standing or connection):
            return Decided(load=parts)
        show: list[dict[str, object]] = []
        with self._register.database.read() as tx:
            known = read_visitor(tx, shop, asked, now)
            settings = connection.settings if connection else {}
            if _is_moment(settings, asked) and (message := _still_useful(known, settings, now)):
                show += showing.message(self._register, tx, known, message, settings, asked, now)
            covered = asked.is_showing or any(one["kind"] in OVERLAYS for one in show)
            for one in fitting(tx, known, standing, asked, now):
                if not (covered and one.placement.kind in OVERLAYS):
                    show += showing.placed(self._register, tx, known, one, asked, now)
        self._lead_back(known, show, now)
        return Decided(tuple(show), ("popup", *parts) if show or _asks_later(standing) else parts)

    def _lead_back(self, known: Known, show: list[dict[str, object]], now: Instant) -> None:
        """A cart of another browser is not in this one: its button takes the lines along, by a link that lives for an hour."""
        cart = known.cart
        buttons = [block for one in show for block in _blocks(one) if block.get("url") == back_to(known.shop, cart)]
        if cart is None or not buttons or cart.session == known.key:
            return
        token = new_token(known.shop.bucket)
        row = LinkRow(
            known.shop.id, token_hash(token), "lines", MessageId(derived_id("")), known.person.id, cart.id, (), now + LIFE["lines"]
        )
        with self._register.database.write() as tx:
            tx.run(links_sql.ADD_LINKS, [row], bucket=known.shop.bucket)
        for block in buttons:
            mark = "&" if "?" in str(block["url"]) else "?"
            block["url"] = f"{block['url']}{mark}wraca_restore={token}"

    def note(self, shop_id: ShopId, anonymous_id: str, tracking: str, deed: Deed, now: Instant) -> bool:
        """Write down that something was shown, clicked, closed or refused; False for what this visitor was never to see."""
        return note_deed(self._register, self.showcase, shop_id, anonymous_id, tracking, deed, now)


def _is_moment(settings: Mapping[str, object], asked: Asked) -> bool:
    """Whether journeys' messages may be shown on this page view at all."""
    kept_free = str(settings.get("not_pages") or "/cart* /checkout*").split()
    return asked.trigger == "load" and not asked.is_showing and not any(fnmatchcase(asked.path, one) for one in kept_free)


def _still_useful(known: Known, settings: Mapping[str, object], now: Instant) -> Waiting | None:
    """The newest message that still waits; those before it are about the same visitor and say the same."""
    keep = int(str(settings.get("keep") or _KEEP)) * _DAY
    useful = [one for one in known.waiting if now - one.ready_at <= keep and (one.about.kind or known.cart)]
    return max(useful, key=lambda one: (one.ready_at, one.id), default=None)


def _asks_later(standing: Sequence[Standing]) -> bool:
    """Whether the page has to ask again when something is put into the cart."""
    return any(one.placement.rules.trigger == "cart" for one in standing)


def _blocks(one: dict[str, object]) -> list[dict[str, object]]:
    blocks = one.get("blocks")
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []

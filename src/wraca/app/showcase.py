"""What a shop placed on its pages, as decisions read it: every few seconds anew."""

from collections.abc import Callable, Mapping

import msgspec

from wraca.app.register import FRESH, Register
from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.domain.panels import Panel
from wraca.domain.placements import Placement, PlacementKind, Rules
from wraca.storage.hot import placements as sql

_MOST_SHOPS = 10_000

_rules = msgspec.json.Decoder(Rules)
_panels = msgspec.json.Decoder(dict[str, Panel])


class Standing(msgspec.Struct, frozen=True):
    """A placement that is on, with its content by language."""

    placement: Placement
    panels: Mapping[str, Panel]


class Showcase:
    """One per process: every shop's placements that are on, at most five seconds old."""

    def __init__(self, register: Register, clock: Callable[[], Instant] | None = None) -> None:
        self._register = register
        self._clock = clock or register.now
        self._kept: dict[ShopId, tuple[Instant, tuple[Standing, ...]]] = {}

    def standing(self, shop: ShopId) -> tuple[Standing, ...]:
        """What is on in this shop."""
        now = self._clock()
        kept = self._kept.get(shop)
        if kept is not None and 0 <= now - kept[0] < FRESH:
            return kept[1]
        if len(self._kept) > _MOST_SHOPS:
            self._kept.clear()
        found = self._read(shop)
        self._kept[shop] = (now, found)
        return found

    def forget(self) -> None:
        """Something was changed in this process."""
        self._kept.clear()

    def one(self, shop: ShopId, name: str) -> Standing | None:
        """The one of this name, if it is on."""
        return next((one for one in self.standing(shop) if one.placement.name == name), None)

    def _read(self, shop: ShopId) -> tuple[Standing, ...]:
        with self._register.database.read() as tx:
            rows = tx.all(sql.PLACEMENTS, bucket=bucket_of(shop), shop=shop)
        return tuple(standing_of(name, version, kind, rules, content) for name, version, kind, rules, content in rows)


def standing_of(name: str, version: int, kind: PlacementKind, rules: str | bytes, content: str | bytes) -> Standing:
    """A row as it decides. Raises msgspec.MsgspecError."""
    panels = _panels.decode(content)
    asks = any(panel.form is not None and panel.form.purpose == "messages" for panel in panels.values())
    return Standing(Placement(name, version, kind, _rules.decode(rules), asks), panels)


def placement_id(shop: ShopId, name: str) -> str:
    """In place of a message's id, where hits on a placement are counted."""
    return derived_id(shop, "placement", name)

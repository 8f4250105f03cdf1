"""What a shop placed on its pages, for its own people: versions, and what became of each."""

from collections.abc import Mapping

import msgspec
from django.db.models import Count

from wraca.app.showcase import placement_id
from wraca.domain.events import Instant
from wraca.domain.panels import Panel
from wraca.domain.placements import PlacementKind, Rules
from wraca.storage.fields import to_instant
from wraca.storage.models import HitRow
from wraca.storage.models import Placement as Row
from wraca.storage.queries.shops import Key

DEEDS = ("shown", "clicked", "closed", "refused", "captured", "confirmed")


class Placed(msgspec.Struct, frozen=True):
    """One version."""

    name: str
    version: int
    kind: PlacementKind
    rules: Rules
    panels: Mapping[str, Panel]
    is_active: bool
    at: Instant
    author: str


def newest(key: Key) -> list[Placed]:
    """The newest version of each, by name."""
    rows = Row.objects.filter(bucket=key.bucket, shop_id=key.shop).order_by("name", "version")
    return list({row.name: _placed(row) for row in rows}.values())


def versions(key: Key, name: str) -> list[Placed]:
    """Every version ever saved, the newest first."""
    rows = Row.objects.filter(bucket=key.bucket, shop_id=key.shop, name=name).order_by("-version")
    return [_placed(row) for row in rows]


def deeds(key: Key, names: list[str]) -> dict[str, dict[str, int]]:
    """How often each was shown, clicked, closed, refused, and how many addresses were given and confirmed."""
    by_id = {placement_id(key.shop, name): name for name in names}
    counts = {name: dict.fromkeys(DEEDS, 0) for name in names}
    rows = HitRow.objects.filter(bucket=key.bucket, shop_id=key.shop, message_id__in=list(by_id))
    for message, purpose, count in rows.values_list("message_id", "purpose").annotate(count=Count("id")).order_by():
        if purpose in DEEDS:
            counts[by_id[message]][purpose] = count
    return counts


def _placed(row: Row) -> Placed:
    panels = msgspec.convert(row.content, dict[str, Panel])
    rules = msgspec.convert(row.rules, Rules)
    kind: PlacementKind = msgspec.convert(row.kind, PlacementKind)
    return Placed(row.name, row.version, kind, rules, panels, row.is_active, to_instant(row.created_at), row.author)

"""What a shop places on its pages: every save is a version for good; the newest one counts, as long as it is on."""

from collections.abc import Mapping

import msgspec
from django.db import transaction
from django.db.models import Max

from wraca.domain.events import Instant
from wraca.domain.panels import Finding, Panel, findings
from wraca.domain.placements import PlacementKind, Rules
from wraca.storage.fields import to_datetime
from wraca.storage.models import Placement as Row
from wraca.storage.models import Shop as ShopRow
from wraca.storage.queries.shops import Key

__all__ = ["BadPanel", "Draft", "Key", "check", "save", "switch"]


class BadPanel(ValueError):
    """It cannot be shown like this; `found` says why, by language."""

    def __init__(self, found: Mapping[str, tuple[Finding, ...]]) -> None:
        super().__init__(", ".join(sorted({one.code for each in found.values() for one in each})))
        self.found = found


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants to save."""

    name: str
    kind: PlacementKind
    rules: Rules
    panels: dict[str, Panel]
    is_active: bool = False


def check(draft: Draft, home: str) -> None:
    """Raises BadPanel with everything that is wrong in any language."""
    found = {language: said for language, panel in draft.panels.items() if (said := findings(panel, home))}
    if not draft.panels:
        found = {"": (Finding("no_blocks"),)}
    if found:
        raise BadPanel(found)


def save(key: Key, home: str, draft: Draft, author: str, now: Instant) -> int:
    """Save it as the next version; its number. Raises BadPanel."""
    check(draft, home)
    with transaction.atomic():
        ShopRow.objects.select_for_update().filter(bucket=key.bucket, id=key.shop).first()
        rows = Row.objects.filter(bucket=key.bucket, shop_id=key.shop, name=draft.name)
        version = (rows.aggregate(newest=Max("version"))["newest"] or 0) + 1
        Row.objects.create(
            bucket=key.bucket,
            shop_id=key.shop,
            name=draft.name,
            version=version,
            kind=draft.kind,
            content=msgspec.to_builtins(draft.panels),
            rules=msgspec.to_builtins(draft.rules),
            is_active=draft.is_active,
            created_at=to_datetime(now),
            author=author[:200],
        )
    return version


def switch(key: Key, name: str, *, on: bool) -> bool:
    """Switch its newest version on or off; False where there is none of this name."""
    with transaction.atomic():
        ShopRow.objects.select_for_update().filter(bucket=key.bucket, id=key.shop).first()
        newest = Row.objects.filter(bucket=key.bucket, shop_id=key.shop, name=name).order_by("-version").first()
        if newest is None:
            return False
        Row.objects.filter(bucket=key.bucket, shop_id=key.shop, name=name, version=newest.version).update(is_active=on)
    return True

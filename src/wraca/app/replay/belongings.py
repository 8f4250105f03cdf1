"""What a shop brings to a replay of its own past, beside its events, and the throw-away database it is put into."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from wraca.app.sealing import Seal
from wraca.domain.journeys.plan import Plan
from wraca.domain.journeys.writing import plan_to_yaml
from wraca.domain.shop import Shop
from wraca.storage.queries import replay as sql

_NEVER_SILENT = 10**15  # ms: the past is complete, the shop's orders are all in it


class Belongings(msgspec.Struct, frozen=True):
    """Rows of its catalogue and of its suppressed addresses, without their shop; bodies are JSON text."""

    products: Sequence[dict[str, object]] = ()
    suppressions: Sequence[dict[str, object]] = ()


def furnish(file: Path, shop: Shop, plan: Plan, seal: Seal, belongings: Belongings) -> None:
    """Write the shop, its journey and what it brings into these empty tables."""
    where: dict[str, object] = {"bucket": shop.bucket, "shop_id": shop.id}
    profile = msgspec.structs.replace(shop.profile, feed_limit=_NEVER_SILENT, heartbeat_limit=_NEVER_SILENT)
    sql.put_rows(file, "installation", [{"id": 1, "epoch": 1, "paused_reason": "", "created_at": 0}])
    row: dict[str, object] = {
        "bucket": shop.bucket,
        "id": shop.id,
        "name": shop.name,
        "domain": shop.domain,
        "country": shop.country,
        "currency": shop.currency,
        "language": shop.language,
        "timezone": shop.timezone,
        "permission": shop.permission,
        "identity_secret": shop.identity_secret,
        "settings": msgspec.json.encode(profile).decode(),
        "created_at": 0,
    }
    sql.put_rows(file, "shop", [row])
    version: dict[str, object] = {"name": plan.journey, "version": 1, "created_at": 0}
    awaits = msgspec.json.encode(sorted(plan.awaits)).decode()
    sql.put_rows(file, "journey", [where | version | {"active_since": 0, "awaits": awaits}])
    sql.put_rows(file, "journey_version", [where | version | {"source": plan_to_yaml(plan), "author": ""}])
    channels = sorted({send.channel for send in plan.sends})
    sealed = seal.close({"from": "replay@replay.invalid"})
    sql.put_rows(file, "channel_setting", [where | {"channel": name, "sealed": sealed, "pause_reason": ""} for name in channels])
    sql.put_rows(file, "product", [where | product for product in belongings.products])
    sql.put_rows(file, "suppression", [where | one for one in belongings.suppressions])

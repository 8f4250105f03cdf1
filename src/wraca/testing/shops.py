"""A shop to test with."""

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId, bucket_of, derived_id
from wraca.storage.database import Database
from wraca.storage.statement import Statement

_ADD_SHOP = Statement(
    "testing_add_shop",
    """insert into shop (bucket, id, name, domain, country, currency, language, timezone,
                         permission, identity_secret, settings, created_at)
       select :bucket, r.id, r.name, r.domain, r.country, r.currency, r.language, r.timezone,
              r.permission, r.identity_secret, r.settings, r.created_at from {rows} where true""",
    "id id, name text, domain text, country text, currency text, language text, timezone text, permission text, "
    "identity_secret text, settings json, created_at int",
)


class ShopRow(msgspec.Struct):
    """A shop as its row says it; `settings` is a domain.shop.Profile."""

    name: str = "Test shop"
    domain: str = "shop.example"
    country: str = "PL"
    currency: str = "PLN"
    language: str = "en"
    timezone: str = "Europe/Warsaw"
    permission: str = "vouched"
    identity_secret: str = "an-identity-secret"
    settings: dict[str, object] = {}
    created_at: Instant = 0
    id: str = ""


def new_shop(database: Database, row: ShopRow | None = None) -> ShopId:
    """Write a shop; its id is derived from its name, so that a test sees the same ids every time."""
    row = row or ShopRow()
    shop = ShopId(row.id or derived_id("test shop", row.name))
    with database.write() as tx:
        tx.run(_ADD_SHOP, [msgspec.structs.replace(row, id=shop)], bucket=bucket_of(shop))
    return shop

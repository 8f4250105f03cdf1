"""Transactions behave alike on SQLite and PostgreSQL."""

import pytest

from wraca.domain.ids import bucket_of
from wraca.storage.database import Database
from wraca.storage.statement import Statement
from wraca.testing.shops import ShopRow, new_shop

SHOPS = Statement("test_shops", "select id, name, settings, created_at from shop where bucket = :bucket")
RENAME = Statement("test_rename", "update shop set name = :name where bucket = :bucket")


def test_ids_json_and_instants_come_back_alike(database: Database) -> None:
    shop = new_shop(database, ShopRow(settings={"phone": "+48"}, created_at=1_700_000_000_123))

    with database.read() as tx:
        found = tx.all(SHOPS, bucket=bucket_of(shop))

    identity, name, settings, created_at = found[0]
    assert (identity, name, created_at) == (shop, "Test shop", 1_700_000_000_123)
    assert settings.replace(" ", "") == '{"phone":"+48"}'


def test_an_exception_takes_everything_back(database: Database) -> None:
    shop = new_shop(database)

    with pytest.raises(ZeroDivisionError), database.write() as tx:  # noqa: PT012
        assert tx.run(RENAME, name="Renamed", bucket=bucket_of(shop)) == 1
        raise ZeroDivisionError

    with database.read() as tx:
        assert tx.all(SHOPS, bucket=bucket_of(shop))[0][1] == "Test shop"

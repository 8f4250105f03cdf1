"""SQL of the catalogue: what the shop's own feed says of its products."""

from wraca.storage.statement import Statement

PUT_PRODUCTS = Statement(
    "put_products",
    """insert into product (bucket, shop_id, key, body, updated_at)
       select :bucket, r.shop, r.key, r.body, :now from {rows} where true
       on conflict (bucket, shop_id, key) do update set body = excluded.body, updated_at = excluded.updated_at""",
    "shop id, key text, body json",
)

"""SQL of the catalogue: what a shop's server or feed says of its products."""

from wraca.storage.statement import Statement

# Whoever writes a product holds it first, always in the order of the keys: what is remembered of it is read and written at once.
HOLD_PRODUCTS = Statement(
    "hold_products",
    """select p.shop_id, p.key, p.body from {rows} join product p on p.bucket = :bucket and p.shop_id = r.shop and p.key = r.key
       order by p.shop_id, p.key {lock of p}""",
    "shop id, key text",
)

PUT_PRODUCTS = Statement(
    "put_products",
    """insert into product (bucket, shop_id, key, body, updated_at)
       select :bucket, r.shop, r.key, r.body, :now from {rows} where true
       on conflict (bucket, shop_id, key) do update set body = excluded.body, updated_at = excluded.updated_at""",
    "shop id, key text, body json",
)

# --- what goes together --------------------------------------------------------------------------------------------------------

PRODUCTS_AFTER = Statement(
    "products_after",
    """select key, body from product where bucket = :bucket and shop_id = :shop and key > :after order by key limit :most""",
)

# One person's carts come one after the other, so that two carts of one person count once.
CARTS_AFTER = Statement(
    "carts_after",
    """select c.person_id, c.id, c.body, p.body -> 'consents', cast(p.body -> 'may_be_minor' as text) from cart c
       join person p on p.bucket = :bucket and p.shop_id = c.shop_id and p.id = c.person_id
       where c.bucket = :bucket and c.shop_id = :shop and (c.person_id, c.id) > (:person, :cart)
       and c.last_activity > :since order by c.person_id, c.id limit :most""",
)

# Only what is recommended changes: `updated_at` says when the shop spoke last.
SAVE_PICKS = Statement(
    "save_picks",
    """update product set body = r.body from {rows}
       where product.bucket = :bucket and product.shop_id = r.shop and product.key = r.key""",
    "shop id, key text, body json",
)

BOUGHT_LATELY = Statement(
    "bought_lately",
    """select c.shop_id, c.person_id, c.body from {rows}
       join cart c on c.bucket = :bucket and c.shop_id = r.shop and c.person_id = r.person
       where c.state = 'ordered' and c.last_activity > :since""",
    "shop id, person id",
)

"""SQL of product feeds: how many products each last had, and whether a sudden loss stops it."""

from wraca.storage.statement import Statement

PUBLISHED = Statement(
    "published_feed",
    "select products, refused_at from published_feed where bucket = :bucket and shop_id = :shop and kind = :kind",
)

PUBLISH = Statement(
    "publish_feed",
    """insert into published_feed (bucket, shop_id, kind, products, published_at, refused_at, refused_products)
       values (:bucket, :shop, :kind, :products, :now, null, 0)
       on conflict (bucket, shop_id, kind) do update set products = excluded.products, published_at = excluded.published_at,
       refused_at = null, refused_products = 0""",
)

# The last good number stays: what comes next is measured by it.
REFUSE = Statement(
    "refuse_feed",
    """update published_feed set refused_at = coalesce(refused_at, :now), refused_products = :products
       where bucket = :bucket and shop_id = :shop and kind = :kind""",
)

# The merchant says that so few are right.
ACCEPT = Statement(
    "accept_feed",
    """update published_feed set products = refused_products, refused_at = null
       where bucket = :bucket and shop_id = :shop and kind = :kind and refused_at is not null""",
)

"""SQL of occasions: who took an interest in a product, and what a decision about a person looks at."""

from wraca.storage.statement import Statement

# Somebody who comes back to a product moves their interest, and what they saw of it with it.
SAVE_INTERESTS = Statement(
    "save_interests",
    """insert into interest (bucket, shop_id, product, person_id, at)
       select :bucket, r.shop, r.product, r.person, r.at from {rows} where true
       on conflict (bucket, shop_id, product, person_id) do update set at = excluded.at where excluded.at > interest.at""",
    "shop id, product text, person id, at int",
)

INTERESTED = Statement(
    "interested",
    """select distinct i.person_id from {rows}
       join interest i on i.bucket = :bucket and i.shop_id = r.shop and i.product = r.product
       where i.at > :since""",
    "shop id, product text",
)

PEOPLE = Statement(
    "watched_people",
    """select p.shop_id, p.id, p.body from {rows}
       join person p on p.bucket = :bucket and p.shop_id = r.shop and p.id = r.subject""",
    "shop id, subject id",
)

ORDERS = Statement(
    "watched_orders",
    """select o.shop_id, o.person_id, o.number, o.at from {rows}
       join purchase o on o.bucket = :bucket and o.shop_id = r.shop and o.person_id = r.person
       where o.at > :since and o.state not in ('failed', 'cancelled')""",
    "shop id, person id",
)

PRODUCTS = Statement(
    "watched_products",
    """select p.shop_id, p.key, p.body from {rows} join product p on p.bucket = :bucket and p.shop_id = r.shop and p.key = r.key""",
    "shop id, key text",
)

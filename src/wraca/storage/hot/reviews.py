"""SQL of reviews."""

from wraca.storage.statement import Statement

# The same review again is its newer wording; an older one that comes late changes nothing.
PUT_REVIEWS = Statement(
    "put_reviews",
    """insert into review (bucket, shop_id, id, product, at, rating, text, author, language, verified)
       select :bucket, r.shop, r.id, r.product, r.at, r.rating, r.text, r.author, r.language, r.verified from {rows} where true
       on conflict (bucket, shop_id, id) do update set product = excluded.product, at = excluded.at, rating = excluded.rating,
       text = excluded.text, author = excluded.author, language = excluded.language, verified = excluded.verified
       where excluded.at >= review.at""",
    "shop id, id id, product text, at int, rating int, text text, author text, language text, verified bool",
)

# The three of each product that a message would quote first, with the count and sum of all its ratings.
REVIEWS_OF = Statement(
    "reviews_of",
    """select shop_id, wanted, id, product, at, rating, text, author, language, verified, rated, stars
       from (select v.shop_id, r.language as wanted, v.id, v.product, v.at, v.rating, v.text, v.author, v.language, v.verified,
                    count(v.rating) over (partition by v.shop_id, v.product, r.language) as rated,
                    sum(v.rating) over (partition by v.shop_id, v.product, r.language) as stars,
                    row_number() over (partition by v.shop_id, v.product, r.language
                                       order by (v.text <> '' and coalesce(v.rating, 0) >= :worst) desc,
                                                (v.language = r.language) desc, v.at desc, v.id) as place
             from {rows} join review v on v.bucket = :bucket and v.shop_id = r.shop and v.product = r.product) ranked
       where place <= 3""",
    "shop id, product text, language text",
)

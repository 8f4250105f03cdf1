"""SQL of push subscriptions."""

from wraca.storage.statement import Statement

# The same browser again: it may belong to somebody else by now, and its keys may be new.
PUT_PUSH = Statement(
    "put_push",
    """insert into push_subscription (bucket, shop_id, id, person_id, service, sealed, key_id, created_at, seen_at)
       select :bucket, r.shop, r.id, r.person, r.service, r.sealed, r.key_id, :now, :now from {rows} where true
       on conflict (bucket, shop_id, id) do update set person_id = excluded.person_id, service = excluded.service,
       sealed = excluded.sealed, key_id = excluded.key_id, seen_at = excluded.seen_at, gone_at = null""",
    "shop id, id id, person id, service text, sealed text, key_id text",
)

FIND_PUSH = Statement(
    "find_push",
    """select p.person_id, p.sealed, p.gone_at from push_subscription p
       where p.bucket = :bucket and p.shop_id = :shop and p.id = :id""",
)

# What a batch of messages needs to reach its browsers.
PUSHES = Statement(
    "pushes",
    """select p.shop_id, p.id, p.sealed from {rows} join push_subscription p
       on p.bucket = :bucket and p.shop_id = r.shop and p.id = r.id where p.gone_at is null""",
    "shop id, id id",
)

END_PUSHES = Statement(
    "end_pushes",
    """update push_subscription set gone_at = :now where bucket = :bucket and gone_at is null
       and (shop_id, id) in (select r.shop, r.id from {rows})""",
    "shop id, id id",
)

# Who let us know of these; for telling the person behind each that it is gone.
OWNERS_OF_PUSHES = Statement(
    "owners_of_pushes",
    """select p.shop_id, p.id, p.sealed from {rows} join push_subscription p
       on p.bucket = :bucket and p.shop_id = r.shop and p.id = r.id""",
    "shop id, id id",
)

# Browsers that have not shown themselves for half a year.
FADED_PUSHES = Statement(
    "faded_pushes",
    """select p.shop_id, p.id from push_subscription p where p.bucket = :bucket and p.gone_at is null and p.seen_at < :before
       order by p.seen_at limit :most""",
)

# What is gone is kept for a while, so that the same browser is known again; its keys open nothing any more.
OLD_PUSHES = Statement(
    "old_pushes",
    """delete from push_subscription where bucket = :bucket and (shop_id, id) in
       (select shop_id, id from push_subscription where bucket = :bucket and gone_at < :before limit :most)""",
)

COUNT_PUSHES = Statement(
    "count_pushes",
    """select p.service, p.key_id, sum(case when p.gone_at is null then 1 else 0 end), count(*), max(p.created_at)
       from push_subscription p where p.bucket = :bucket and p.shop_id = :shop group by p.service, p.key_id""",
)

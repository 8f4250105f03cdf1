"""What tells whether an installation is well: cheap enough to be asked every few seconds."""

from wraca.storage.statement import Statement

# The oldest thing that should have been done by now, and what had to be put aside.
OLDEST = Statement(
    "oldest_due",
    """select (select min(due_at) from timer where bucket = :bucket),
              (select min(due_at) from outbox where bucket = :bucket and state in ('planned', 'retry', 'held')),
              (select count(*) from parked where bucket = :bucket)""",
)

# How long each shop has been silent, and whether at this time yesterday it was not.
SHOPS = Statement(
    "shops_silent",
    """select s.id, s.settings, f.complete_until, f.heartbeat,
              (select c.last_activity from cart c where c.bucket = :bucket and c.shop_id = s.id
               order by c.last_activity desc limit 1),
              (select count(*) from (select 1 from cart c where c.bucket = :bucket and c.shop_id = s.id
               and c.last_activity between :yesterday_from and :yesterday_until limit 10) as active)
       from shop s left join feed f on f.bucket = :bucket and f.shop_id = s.id
       where s.bucket = :bucket and s.paused_at is null order by s.id""",
)

CHANNELS = Statement(
    "channels_paused",
    """select shop_id, channel, paused_until, pause_reason from channel_setting
       where bucket = :bucket and paused_until > :now order by shop_id, channel""",
)

PAUSED_COPIES = Statement(
    "paused_copies",
    """select shop_id, platform, audience, pause_reason from audience_sink
       where bucket = :bucket and paused_until > :now order by shop_id, platform, audience""",
)

# A product feed that lost too much at once, until the merchant says that it is right so.
STOPPED_FEEDS = Statement(
    "stopped_feeds",
    """select shop_id, kind, refused_at, products, refused_products from published_feed
       where bucket = :bucket and refused_at is not null order by shop_id, kind""",
)

# Somebody should have got a code in the last day, and its pool still has none.
EMPTY_POOLS = Statement(
    "empty_pools",
    """select c.shop_id, c.pool, min(c.issued_at), count(*) from shop s
       join coupon c on c.bucket = :bucket and c.shop_id = s.id and c.code = ''
       where s.bucket = :bucket and c.issued_at > :since and c.pool <> '' and not c.held_out and c.closed_at is null
       and not exists (select 1 from offer_code f where f.bucket = :bucket and f.shop_id = c.shop_id and f.pool = c.pool
                       and f.coupon_id is null)
       group by c.shop_id, c.pool order by c.shop_id, c.pool""",
)

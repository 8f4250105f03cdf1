"""SQL of what channels cost. A shop's day is one row, locked behind the people and the paces of a batch, in key order."""

from wraca.storage.statement import Statement

ENSURE_SPEND = Statement(
    "ensure_spend",
    """insert into spend (bucket, shop_id, channel, day, micros, messages, parts)
       select :bucket, r.shop, r.channel, r.day, 0, 0, 0 from {rows} where true on conflict do nothing""",
    "shop id, channel text, day int",
)

SPENT = Statement(
    "spent",
    """select s.shop_id, s.channel, s.day, s.micros from {rows} join spend s on s.bucket = :bucket and s.shop_id = r.shop
       and s.channel = r.channel and s.day = r.day order by s.shop_id, s.channel, s.day {lock of s}""",
    "shop id, channel text, day int",
)

# More was set aside, or some of it was not needed after all.
ADD_SPEND = Statement(
    "add_spend",
    """update spend set micros = spend.micros + r.micros, messages = spend.messages + r.messages, parts = spend.parts + r.parts
       from {rows} where spend.bucket = :bucket and spend.shop_id = r.shop and spend.channel = r.channel and spend.day = r.day""",
    "shop id, channel text, day int, micros int, messages int, parts int",
)

# What is to be compared with the caps: the shops know which day it is with them.
SPENT_LATELY = Statement(
    "spent_lately",
    "select shop_id, channel, day, micros from spend where bucket = :bucket and day >= :since and micros > 0",
)

SPENT_BY_SHOP = Statement(
    "spent_by_shop",
    """select day, micros, messages, parts from spend where bucket = :bucket and shop_id = :shop and channel = :channel
       and day >= :since order by day""",
)

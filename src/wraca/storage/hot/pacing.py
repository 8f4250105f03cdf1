"""SQL of deliverability: how far limits are used up, what DNS said of a sending domain, and what came back as a bounce.

Only a shop with a limit, an unproven domain or a provider that asked for less ever touches `pace`. Its rows are locked behind the
people of the batch, in key order: so every worker takes the same locks in the same order.
"""

from wraca.storage.statement import Statement

ENSURE_PACES = Statement(
    "ensure_paces",
    """insert into pace (bucket, shop_id, channel, key, free_at, slow_rate, slow_at, day, used)
       select :bucket, r.shop, r.channel, r.key, 0, 0, 0, 0, 0 from {rows} where true on conflict do nothing""",
    "shop id, channel text, key text",
)

PACES = Statement(
    "paces",
    """select p.shop_id, p.channel, p.key, p.free_at, p.slow_rate, p.slow_at, p.day, p.used
       from {rows} join pace p on p.bucket = :bucket and p.shop_id = r.shop and p.channel = r.channel and p.key = r.key
       order by p.shop_id, p.channel, p.key {lock of p}""",
    "shop id, channel text, key text",
)

SAVE_PACES = Statement(
    "save_paces",
    """insert into pace (bucket, shop_id, channel, key, free_at, slow_rate, slow_at, day, used)
       select :bucket, r.shop, r.channel, r.key, r.free_at, r.slow_rate, r.slow_at, r.day, r.used from {rows} where true
       on conflict (bucket, shop_id, channel, key) do update set free_at = excluded.free_at, slow_rate = excluded.slow_rate,
         slow_at = excluded.slow_at, day = excluded.day, used = excluded.used""",
    "shop id, channel text, key text, free_at int, slow_rate int, slow_at int, day int, used int",
)

# Used up long ago is the same as never used. The key may be somebody's own mail domain: it is not kept longer than it serves.
CLEAR_PACES = Statement(
    "clear_paces",
    "delete from pace where bucket = :bucket and free_at < :free_before and slow_at < :slow_before and day < :today",
)

# Which groups of recipients asked this shop for less, and may not be back at full speed.
SLOWED = Statement(
    "slowed_paces",
    """select key, slow_rate, slow_at from pace
       where bucket = :bucket and shop_id = :shop and channel = :channel and slow_rate > 0 and slow_at > :since""",
)

STANDING = Statement(
    "standing_of_domain",
    """select standing, checked_at, tried_at, findings from sending_domain
       where bucket = :bucket and shop_id = :shop and domain = :domain""",
)

# A check that came to no answer leaves the standing as it was: only the time of the try moves.
SAVE_STANDING = Statement(
    "save_standing",
    """insert into sending_domain (bucket, shop_id, domain, standing, checked_at, tried_at, findings)
       select :bucket, r.shop, r.domain, r.standing, r.checked_at, r.tried_at, r.findings from {rows} where true
       on conflict (bucket, shop_id, domain) do update set tried_at = excluded.tried_at,
         standing = case when excluded.checked_at is null then sending_domain.standing else excluded.standing end,
         findings = case when excluded.checked_at is null then sending_domain.findings else excluded.findings end,
         checked_at = coalesce(excluded.checked_at, sending_domain.checked_at)""",
    "shop id, domain text, standing text, checked_at int, tried_at int, findings json",
)

SHOPS_OF_BUCKET = Statement("shops_of_bucket", "select id from shop where bucket = :bucket order by id")

# --- bounces ------------------------------------------------------------------------------------------------------------------

BOUNCED_MESSAGE = Statement(
    "bounced_message",
    """select o.shop_id, o.run_id, o.step, o.channel, o.person_id, o.body from {rows}
       join outbox o on o.bucket = :bucket and o.shop_id = r.shop and o.id = r.id and o.sending_at is not null
       order by o.shop_id, o.run_id, o.step, o.channel""",
    "shop id, id id",
)

# A bounce that overtakes the other side's "accepted" is the later truth all the same. A second report of it changes nothing.
REJECT_BOUNCED = Statement(
    "reject_bounced",
    """update outbox set state = 'rejected', reasons = r.reasons, settled_at = :now, lease_until = null, lease_owner = '',
       body = r.body
       from {rows} where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run and outbox.step = r.step
       and outbox.channel = r.channel and outbox.state in ('sending', 'accepted', 'uncertain')""",
    "shop id, run id, step text, channel text, reasons json, body json",
)

# The person's latest messages over this channel, newest first.
LATEST_SENT = Statement(
    "latest_sent",
    """select o.sending_at, o.state, o.reasons from {rows} join outbox o on o.bucket = :bucket and o.shop_id = r.shop
       and o.person_id = r.person and o.channel = r.channel and o.sending_at is not null and o.state <> 'skipped'
       order by o.sending_at desc limit 10""",
    "shop id, person id, channel text",
)

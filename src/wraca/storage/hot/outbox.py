"""SQL of the outbox: claim, gate, settle. Every change names the state it comes from."""

from wraca.storage.statement import Statement

# Materialized: as a subquery PostgreSQL may ask for the due rows more than once, skip those it locked, and take more than `most`.
CLAIM = Statement(
    "claim_messages",
    """with due as materialized
       (select shop_id, run_id, step, channel from outbox where bucket = :bucket and state in ('planned', 'retry', 'held')
        and due_at <= :now order by due_at limit :most {skip})
       update outbox set state = 'claimed', lease_until = :lease_until, lease_owner = :owner
       where bucket = :bucket and state in ('planned', 'retry', 'held')
       and (shop_id, run_id, step, channel) in (select shop_id, run_id, step, channel from due)
       returning shop_id, run_id, step, channel, id, person_id, cart_id, journey, template, held_out, deadline_at, attempts""",
)

# Claimed and not begun: a worker that stops, or that was too slow, gives it back.
HAND_BACK = Statement(
    "hand_back",
    """update outbox set state = 'planned', lease_until = null, lease_owner = '' from {rows}
       where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run and outbox.step = r.step
       and outbox.channel = r.channel and outbox.state = 'claimed' and outbox.lease_owner = :owner""",
    "shop id, run id, step text, channel text",
)

# A worker that is still handing over says so before its lease ends.
KEEP_LEASE = Statement(
    "keep_lease",
    "update outbox set lease_until = :lease_until where bucket = :bucket and state = 'sending' and lease_owner = :owner",
)

# A worker that died: what it only claimed is free again, what it was handing over may or may not have left.
FREE_CLAIMED = Statement(
    "free_claimed",
    """update outbox set state = 'planned', lease_until = null, lease_owner = ''
       where bucket = :bucket and state = 'claimed' and lease_until < :now""",
)

LEAVE_UNCERTAIN = Statement(
    "leave_uncertain",
    """update outbox set state = 'uncertain', settled_at = :now, reasons = '["worker_died"]'
       where bucket = :bucket and state = 'sending' and lease_until < :now returning shop_id, run_id""",
)

# Their people are held until `sending` is written, so that a purchase comes before or after, and caps count every message.
GATE_PEOPLE = Statement(
    "gate_people",
    """select p.shop_id, p.id, p.body from {rows} join person p on p.bucket = :bucket and p.shop_id = r.shop and p.id = r.person
       order by p.shop_id, p.id {lock of p}""",
    "shop id, person id",
)

GATE_RUNS = Statement(
    "gate_runs",
    """select u.shop_id, u.id, u.person_id, u.journey, u.version, u.outcome, u.started_at, u.about, c.body from {rows}
       join run u on u.bucket = :bucket and u.shop_id = r.shop and u.id = r.run
       left join cart c on c.bucket = :bucket and c.shop_id = u.shop_id and c.id = u.cart_id""",
    "shop id, run id",
)

SENT_LATELY = Statement(
    "sent_lately",
    """select o.shop_id, o.person_id, o.sending_at, o.channel, o.journey, o.cart_id, o.id
       from {rows} join outbox o on o.bucket = :bucket and o.shop_id = r.shop
       and o.person_id = r.person and o.sending_at > :since and o.state in ('sending', 'accepted', 'uncertain', 'skipped')""",
    "shop id, person id",
)

# What else waits for these people, themselves included: only asked where a shop has more than one journey.
WAITING_FOR_PEOPLE = Statement(
    "waiting_for_people",
    """select o.shop_id, o.person_id, o.id, o.journey, u.version, o.due_at, o.planned_at, o.reasons, o.body
       from {rows} join outbox o on o.bucket = :bucket and o.shop_id = r.shop and o.person_id = r.person
       and o.state in ('planned', 'claimed', 'retry', 'held')
       join run u on u.bucket = :bucket and u.shop_id = o.shop_id and u.id = o.run_id""",
    "shop id, person id",
)

# How often a run has written over a channel, for channels on which that is limited.
SENT_BY_RUNS = Statement(
    "sent_by_runs",
    """select o.shop_id, o.run_id, o.channel, count(*) from {rows} join outbox o on o.bucket = :bucket and o.shop_id = r.shop
       and o.run_id = r.run and o.channel = r.channel and o.sending_at is not null
       and o.state in ('sending', 'accepted', 'uncertain', 'skipped') group by o.shop_id, o.run_id, o.channel""",
    "shop id, run id, channel text",
)

FEEDS = Statement(
    "feeds",
    """select f.shop_id, f.complete_until, f.heartbeat from {rows} join feed f on f.bucket = :bucket and f.shop_id = r.shop""",
    "shop id",
)

PRODUCTS = Statement(
    "products",
    """select p.shop_id, p.key, p.body from {rows} join product p on p.bucket = :bucket and p.shop_id = r.shop and p.key = r.key""",
    "shop id, key text",
)

# Only what this worker still holds: a lease that went to somebody else updates no row.
WRITE_SENDING = Statement(
    "write_sending",
    """update outbox set state = 'sending', sending_at = :now, lease_until = :lease_until, attempts = outbox.attempts + 1,
       body = r.body
       from {rows} where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run and outbox.step = r.step
       and outbox.channel = r.channel and outbox.state = 'claimed' and outbox.lease_owner = :owner returning outbox.id""",
    "shop id, run id, step text, channel text, body json",
)

# Whose turn it was instead, beside the reason of a message that is kept back.
NOTE_TURNS = Statement(
    "note_turns",
    """update outbox set body = r.body from {rows} where outbox.bucket = :bucket and outbox.shop_id = r.shop
       and outbox.run_id = r.run and outbox.step = r.step and outbox.channel = r.channel and outbox.state = 'claimed'""",
    "shop id, run id, step text, channel text, body json",
)

# What the gate kept back: skipped for good (with the would-have-been instant of a held-out person), or waiting for another time.
KEEP_BACK = Statement(
    "keep_back",
    """update outbox set state = r.state, reasons = r.reasons, due_at = r.due_at, deadline_at = r.deadline_at,
       settled_at = r.settled_at, sending_at = r.sending_at, lease_until = null, lease_owner = ''
       from {rows} where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run and outbox.step = r.step
       and outbox.channel = r.channel and outbox.state = 'claimed' and outbox.lease_owner = :owner""",
    "shop id, run id, step text, channel text, state text, reasons json, due_at int, deadline_at int, settled_at int,"
    " sending_at int",
)

# Recorded at confirmation. A late answer about a message already called uncertain is still the truth about it.
SETTLE = Statement(
    "settle",
    """update outbox set state = r.state, reasons = r.reasons, due_at = r.due_at, settled_at = r.settled_at, body = r.body,
       lease_until = null, lease_owner = ''
       from {rows} where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run and outbox.step = r.step
       and outbox.channel = r.channel and (outbox.state = 'sending' and outbox.lease_owner = :owner
       or outbox.state = 'uncertain' and r.state in ('accepted', 'rejected'))
       returning outbox.shop_id, outbox.run_id""",
    "shop id, run id, step text, channel text, state text, reasons json, due_at int, settled_at int, body json",
)

# A channel was connected or mended: what waited for it is looked at again at once.
RELEASE = Statement(
    "release",
    """update outbox set due_at = :now where bucket = :bucket and shop_id = :shop and channel = :channel
       and state = 'held' and due_at > :now""",
)

SUPPRESS = Statement(
    "suppress",
    """insert into suppression (bucket, shop_id, channel, address_hash, reason, at)
       select :bucket, r.shop, r.channel, r.hash, r.reason, :now from {rows} where true on conflict do nothing""",
    "shop id, channel text, hash text, reason text",
)

PAUSE_CHANNELS = Statement(
    "pause_channels",
    """update channel_setting set paused_until = :until, pause_reason = r.reason from {rows}
       where channel_setting.bucket = :bucket and channel_setting.shop_id = r.shop and channel_setting.channel = r.channel""",
    "shop id, channel text, reason text",
)

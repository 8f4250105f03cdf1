"""SQL of what providers tell later: reports about messages, and answers of people."""

from wraca.storage.statement import Statement

# Our own name for a message, or the provider's: whichever the report carries.
REPORTED_BY_KEY = Statement(
    "reported_by_key",
    """select r.place, o.shop_id, o.run_id, o.step, o.channel, o.id, o.person_id, o.state, o.body from {rows}
       join outbox o on o.bucket = :bucket and o.shop_id = r.shop and o.id = r.key and o.channel = r.channel
       and o.sending_at is not null order by o.shop_id, o.run_id, o.step, o.channel {lock of o}""",
    "place int, shop id, key id, channel text",
)

REPORTED_BY_REFERENCE = Statement(
    "reported_by_reference",
    """select r.place, o.shop_id, o.run_id, o.step, o.channel, o.id, o.person_id, o.state, o.body from {rows}
       join outbox o on o.bucket = :bucket and o.shop_id = r.shop and o.planned_at > :since and o.channel = r.channel
       and o.sending_at is not null and o.body ->> 'reference' = r.reference
       order by o.shop_id, o.run_id, o.step, o.channel {lock of o}""",
    "place int, shop id, reference text, channel text",
)

# What is known of it now. A message whose fate is told has an end; one that only waits for a word keeps its state.
REPORT = Statement(
    "report",
    """update outbox set state = r.state, reasons = case when r.state = 'rejected' then r.reasons else outbox.reasons end,
       settled_at = coalesce(outbox.settled_at, r.settled_at), body = r.body,
       lease_until = case when r.state = 'sending' then outbox.lease_until else null end,
       lease_owner = case when r.state = 'sending' then outbox.lease_owner else '' end
       from {rows} where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run and outbox.step = r.step
       and outbox.channel = r.channel and outbox.state in ('sending', 'accepted', 'uncertain')""",
    "shop id, run id, step text, channel text, state text, reasons json, settled_at int, body json",
)

UNCERTAIN = Statement(
    "uncertain",
    """select shop_id, id, channel, body from outbox where bucket = :bucket and state = 'uncertain' and settled_at > :since
       and settled_at <= :until and channel = :channel order by settled_at limit :most""",
)

PERSON_BY_NUMBER = Statement(
    "person_by_number",
    "select i.person_id from identity i where i.bucket = :bucket and i.shop_id = :shop and i.key = :key",
)

CHANNEL_OF_MESSAGE = Statement(
    "channel_of_message",
    "select o.channel from outbox o where o.bucket = :bucket and o.shop_id = :shop and o.id = :message limit 1",
)

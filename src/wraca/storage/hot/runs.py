"""SQL of running journeys: what a decision looks at, and the move and its effect written together."""

from wraca.storage.statement import Statement

DUE_RUNS = Statement(
    "due_runs",
    """select u.shop_id, u.id, u.journey, u.version, u.person_id, u.cart_id, u.at, u.entered_at, u.started_at, u.last_sent_at,
       u.held_out, u.turn, u.about, p.body, c.body
       from {rows} join run u on u.bucket = :bucket and u.shop_id = r.shop and u.id = r.subject and u.outcome = ''
       join person p on p.bucket = :bucket and p.shop_id = u.shop_id and p.id = u.person_id
       left join cart c on c.bucket = :bucket and c.shop_id = u.shop_id and c.id = u.cart_id""",
    "shop id, subject id",
)

MESSAGES_OF_RUNS = Statement(
    "messages_of_runs",
    """select o.shop_id, o.run_id, o.step, o.channel, o.id, o.state, o.settled_at, o.reasons from {rows}
       join outbox o on o.bucket = :bucket and o.shop_id = r.shop and o.run_id = r.subject""",
    "shop id, subject id",
)

HUMAN_HITS = Statement(
    "human_hits",
    """select h.shop_id, h.message_id, h.purpose, min(h.at) from {rows}
       join hit h on h.bucket = :bucket and h.shop_id = r.shop and h.message_id = r.id and h.verdict = 'human'
       group by h.shop_id, h.message_id, h.purpose""",
    "shop id, id id",
)

SUPPRESSED = Statement(
    "suppressed",
    """select s.shop_id, s.channel, s.address_hash, s.reason from {rows} join suppression s
       on s.bucket = :bucket and s.shop_id = r.shop and s.channel = r.channel and s.address_hash = r.hash""",
    "shop id, channel text, hash text",
)

# Move a run, but only from where we saw it: the loser of a race updates no row.
MOVE_RUNS = Statement(
    "move_runs",
    """update run set at = r.at, entered_at = r.entered_at, last_sent_at = r.last_sent_at, turn = r.turn + 1, outcome = r.outcome,
       cart_id = r.cart, ended_at = r.ended_at
       from {rows} where run.bucket = :bucket and run.shop_id = r.shop and run.id = r.id and run.turn = r.turn
       returning run.shop_id, run.id""",
    "shop id, id id, turn int, at text, entered_at int, last_sent_at int, outcome text, cart id, ended_at int",
)

ADD_DECISIONS = Statement(
    "add_decisions",
    """insert into decision (bucket, shop_id, run_id, turn, at, trail)
       select :bucket, r.shop, r.id, r.turn, :now, r.trail from {rows} where true on conflict do nothing""",
    "shop id, id id, turn int, trail json",
)

PLAN_MESSAGES = Statement(
    "plan_messages",
    """insert into outbox (bucket, shop_id, run_id, step, channel, id, person_id, cart_id, journey, template, held_out, state,
                           planned_at, due_at, deadline_at, lease_owner, attempts, reasons, body)
       select :bucket, r.shop, r.run, r.step, r.channel, r.id, r.person, r.cart, r.journey, r.template, r.held_out, 'planned',
              :now, r.due_at, r.deadline_at, '', 0, '[]', '{}' from {rows} where true
       on conflict (bucket, shop_id, run_id, step, channel) do nothing""",
    "shop id, run id, step text, channel text, id id, person id, cart id, journey text, template text, held_out bool,"
    " due_at int, deadline_at int",
)

# A run that ends takes its waiting messages with it.
CLOSE_MESSAGES = Statement(
    "close_messages_of_runs",
    """update outbox set state = 'skipped', settled_at = :now, reasons = r.reasons from {rows}
       where outbox.bucket = :bucket and outbox.shop_id = r.shop and outbox.run_id = r.run
       and outbox.state in ('planned', 'retry', 'held')""",
    "shop id, run id, reasons json",
)

"""SQL of intake: events in, people and carts folded, timers set. A statement works in one bucket and takes all its rows at once."""

from wraca.storage.statement import Statement

_ADD_EVENTS = """insert into event (bucket, shop_id, id, at, anchor, payload)
       select :bucket, r.shop, r.id, r.at, r.anchor, r.payload from {rows} where true
       on conflict (bucket, shop_id, id) do nothing"""
_EVENT = "shop id, id id, at int, anchor text, payload json"

ADD_EVENTS = Statement("add_events", _ADD_EVENTS, _EVENT)

# A repeated delivery inserts nothing: what comes back is what is new.
ADD_NEW_EVENTS = Statement("add_new_events", f"{_ADD_EVENTS} returning shop_id, id", _EVENT)

KNOWN_EVENTS = Statement(
    "known_events",
    "select e.shop_id, e.id from {rows} join event e on e.bucket = :bucket and e.shop_id = r.shop and e.id = r.id",
    "shop id, id id",
)

# Two intakes that meet over one name wait for each other here: only the second sees what both have said.
HOLD_EVENTS = Statement(
    "hold_events",
    """select e.id from {rows} join event e on e.bucket = :bucket and e.shop_id = r.shop and e.id = r.id
       order by e.shop_id, e.id {lock of e}""",
    "shop id, id id",
)

EVENTS_AT = Statement(
    "events_at",
    """select e.shop_id, e.anchor, e.payload from {rows}
       join event e on e.bucket = :bucket and e.shop_id = r.shop and e.anchor = r.anchor""",
    "shop id, anchor text",
)

# The people who have these identities, held until the end, always in the order of their ids. Whose an identity is may only be read
# after that: while we waited, another intake may have moved it.
HOLD_PEOPLE = Statement(
    "hold_people",
    """select p.shop_id, p.id, p.body
       from (select distinct i.shop_id, i.person_id from {rows}
             join identity i on i.bucket = :bucket and i.shop_id = r.shop and i.key = r.key) i
       join person p on p.bucket = :bucket and p.shop_id = i.shop_id and p.id = i.person_id
       order by p.shop_id, p.id {lock of p}""",
    "shop id, key text",
)

# The same after a collision, together with the people over whom it happened.
HOLD_MORE_PEOPLE = Statement(
    "hold_more_people",
    """select p.shop_id, p.id, p.body
       from (select i.shop_id, i.person_id from {rows}
             join identity i on i.bucket = :bucket and i.shop_id = r.shop and i.key = r.key
             union select r.shop, r.person from {rows} where r.person is not null) i
       join person p on p.bucket = :bucket and p.shop_id = i.shop_id and p.id = i.person_id
       order by p.shop_id, p.id {lock of p}""",
    "shop id, key text, person id",
)

FIND_IDENTITIES = Statement(
    "find_identities",
    """select i.shop_id, i.key, i.person_id, i.links
       from {rows} join identity i on i.bucket = :bucket and i.shop_id = r.shop and i.key = r.key""",
    "shop id, key text",
)

# Both at once, where nobody else can write.
FIND_PEOPLE = Statement(
    "find_people",
    """select i.shop_id, i.key, i.person_id, i.links, p.body
       from {rows} join identity i on i.bucket = :bucket and i.shop_id = r.shop and i.key = r.key
       join person p on p.bucket = :bucket and p.shop_id = i.shop_id and p.id = i.person_id""",
    "shop id, key text",
)

FIND_CARTS = Statement(
    "find_carts",
    """select c.shop_id, c.person_id, c.body
       from {rows} join cart c on c.bucket = :bucket and c.shop_id = r.shop and c.person_id = r.person
       where c.state <> 'ordered'""",
    "shop id, person id",
)

FIND_ORDERS = Statement(
    "find_orders",
    """select o.shop_id, o.person_id, o.id, o.number, o.at, o.state, o.currency, o.total, o.coupon from {rows}
       join purchase o on o.bucket = :bucket and o.shop_id = r.shop and o.person_id = r.person and o.number = r.number""",
    "shop id, person id, number text",
)

# Two intakes may meet the same newcomer: the second inserts fewer rows than it has, and starts again.
ADD_PEOPLE = Statement(
    "add_people",
    """insert into person (bucket, shop_id, id, email, body, first_seen, last_seen)
       select :bucket, r.shop, r.id, r.email, r.body, r.first_seen, r.last_seen from {rows} where true
       on conflict (bucket, shop_id, id) do nothing""",
    "shop id, id id, email text, body json, first_seen int, last_seen int",
)

ADD_IDENTITIES = Statement(
    "add_identities",
    """insert into identity (bucket, shop_id, key, person_id, links)
       select :bucket, r.shop, r.key, r.person, r.links from {rows} where true
       on conflict (bucket, shop_id, key) do nothing""",
    "shop id, key text, person id, links json",
)

SAVE_PEOPLE = Statement(
    "save_people",
    """update person set body = r.body, email = r.email, first_seen = r.first_seen, last_seen = r.last_seen
       from {rows} where person.bucket = :bucket and person.shop_id = r.shop and person.id = r.id""",
    "shop id, id id, email text, body json, first_seen int, last_seen int",
)

SAVE_CARTS = Statement(
    "save_carts",
    """insert into cart (bucket, shop_id, id, person_id, state, stage, currency, total, started_at, last_activity, body)
       select :bucket, r.shop, r.id, r.person, r.state, r.stage, r.currency, r.total, r.started_at, r.last_activity, r.body
       from {rows} where true
       on conflict (bucket, shop_id, id) do update set person_id = excluded.person_id, state = excluded.state,
       stage = excluded.stage, currency = excluded.currency, total = excluded.total, started_at = excluded.started_at,
       last_activity = excluded.last_activity, body = excluded.body""",
    "shop id, id id, person id, state text, stage int, currency text, total int, started_at int, last_activity int, body json",
)

SAVE_ORDERS = Statement(
    "save_orders",
    """insert into purchase (bucket, shop_id, id, number, person_id, at, state, currency, total, coupon)
       select :bucket, r.shop, r.id, r.number, r.person, r.at, r.state, r.currency, r.total, r.coupon from {rows} where true
       on conflict (bucket, shop_id, id) do update set person_id = excluded.person_id, at = excluded.at, state = excluded.state,
       currency = excluded.currency, total = excluded.total, coupon = excluded.coupon""",
    "shop id, id id, number text, person id, at int, state text, currency text, total int, coupon text",
)

# Lazy: a timer that is set already only ever moves to an earlier time; when it fires it looks at the cart and sleeps again.
SET_TIMERS = Statement(
    "set_timers",
    """insert into timer (bucket, shop_id, subject, kind, due_at)
       select :bucket, r.shop, r.subject, r.kind, r.due_at from {rows} where true
       on conflict (bucket, shop_id, subject, kind) do update set due_at = excluded.due_at where excluded.due_at < timer.due_at""",
    "shop id, subject id, kind int, due_at int",
)

# How far the orders are known. A shop that sends heartbeats is judged by them alone. All intakes of a shop meet in this one row, so
# it is left alone (not even locked) where it would move by less than a second.
SAVE_FEED = Statement(
    "save_feed",
    """insert into feed (bucket, shop_id, complete_until, heartbeat)
       select :bucket, r.shop, r.until, r.heartbeat from {rows}
       where not exists (select 1 from feed f where f.bucket = :bucket and f.shop_id = r.shop
                         and (f.complete_until >= r.until or f.complete_until > r.until - 1000 and not r.heartbeat
                              or f.heartbeat and not r.heartbeat))
       on conflict (bucket, shop_id) do update set complete_until = excluded.complete_until,
       heartbeat = (feed.heartbeat or excluded.heartbeat)
       where (excluded.heartbeat or not feed.heartbeat) and excluded.complete_until > feed.complete_until""",
    "shop id, until int, heartbeat bool",
)

# --- a purchase: one transaction with the intake of its order -----------------------------------------------------------------

DROP_TIMERS = Statement(
    "drop_timers",
    """delete from timer where bucket = :bucket and (shop_id, subject) in (select r.shop, r.subject from {rows})""",
    "shop id, subject id",
)

# A message that a worker has claimed already meets the purchase at the gate instead.
CLOSE_MESSAGES = Statement(
    "close_messages",
    """update outbox set state = 'skipped', settled_at = :now, reasons = '["ordered"]'
       where bucket = :bucket and state in ('planned', 'retry', 'held')
       and (shop_id, run_id) in (select run.shop_id, run.id from {rows} join run on run.bucket = :bucket and run.shop_id = r.shop
                                 and run.person_id = r.person and run.cart_id = r.cart)""",
    "shop id, person id, cart id",
)

WAKE_RUNS = Statement(
    "wake_runs",
    """insert into timer (bucket, shop_id, subject, kind, due_at)
       select :bucket, run.shop_id, run.id, 2, :now from {rows} join run on run.bucket = :bucket and run.shop_id = r.shop
       and run.person_id = r.person and run.outcome = '' where true
       on conflict (bucket, shop_id, subject, kind) do update set due_at = excluded.due_at where excluded.due_at < timer.due_at""",
    "shop id, person id",
)

# --- permissions and human clicks ---------------------------------------------------------------------------------------------

LAST_CONSENTS = Statement(
    "last_consents",
    """select c.shop_id, c.person_id, c.hash
       from {rows} join consent c on c.bucket = :bucket and c.shop_id = r.shop and c.person_id = r.person
       order by c.recorded_at, c.id""",
    "shop id, person id",
)

ADD_CONSENTS = Statement(
    "add_consents",
    """insert into consent (bucket, shop_id, id, person_id, channel, given, at, recorded_at, body, previous_hash, hash)
       select :bucket, r.shop, r.id, r.person, r.channel, r.given, r.at, :now, r.body, r.previous_hash, r.hash
       from {rows} where true on conflict (bucket, shop_id, id) do nothing""",
    "shop id, id id, person id, channel text, given bool, at int, body json, previous_hash text, hash text",
)

# Somebody really looked at the page behind the link. Machines do not; what was judged a machine before stays so.
PROVE_HITS = Statement(
    "prove_hits",
    """update hit set verdict = 'human', reason = 'landed' from {rows}
       where hit.bucket = :bucket and hit.shop_id = r.shop and hit.id = r.hit and hit.verdict = 'unknown'
       returning hit.shop_id, hit.person_id, hit.message_id, hit.purpose""",
    "shop id, hit id",
)

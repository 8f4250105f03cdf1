"""SQL of the timers: what is due in a bucket, and what it needs to be decided."""

from wraca.storage.statement import Statement

# `low` keeps the search off the index pages of rows already deleted; a full sweep with low = 0 runs once a minute.
# Materialized: as a subquery PostgreSQL may ask for the due rows more than once, skip those it locked, and take more than `most`.
CLAIM = Statement(
    "claim_timers",
    """with due as materialized
       (select shop_id, subject, kind from timer where bucket = :bucket and due_at >= :low and due_at <= :now
        order by due_at limit :most {skip})
       delete from timer where bucket = :bucket and due_at <= :now
       and (shop_id, subject, kind) in (select shop_id, subject, kind from due)
       returning shop_id, subject, kind, due_at""",
)

NEXT_DUE = Statement("next_due", "select due_at from timer where bucket = :bucket and due_at >= :low order by due_at limit 1")

# One timer by its name, if it is still due: for batches that are done again one by one.
TAKE = Statement(
    "take_timer",
    """delete from timer where bucket = :bucket and due_at <= :now
       and (shop_id, subject, kind) in (select r.shop, r.subject, r.kind from {rows})""",
    "shop id, subject id, kind int",
)

PARK = Statement(
    "park_timer",
    """insert into parked (bucket, shop_id, id, kind, at, problem, payload)
       select :bucket, r.shop, r.id, r.kind, :now, r.problem, r.payload from {rows} where true
       on conflict (bucket, shop_id, id) do update set at = excluded.at, problem = excluded.problem""",
    "shop id, id id, kind text, problem text, payload json",
)

UNPARK = Statement(
    "unpark_timers", "delete from parked where bucket = :bucket and kind in ('cart', 'run', 'person') returning payload"
)

WATCHED_CARTS = Statement(
    "watched_carts",
    """select c.shop_id, c.id, c.person_id, c.body, p.body from {rows}
       join cart c on c.bucket = :bucket and c.shop_id = r.shop and c.id = r.subject
       join person p on p.bucket = :bucket and p.shop_id = c.shop_id and p.id = c.person_id""",
    "shop id, subject id",
)

RUNS_OF_PEOPLE = Statement(
    "runs_of_people",
    """select u.shop_id, u.person_id, u.journey, u.version, u.started_at, u.outcome, u.cart_id, u.about from {rows}
       join run u on u.bucket = :bucket and u.shop_id = r.shop and u.person_id = r.person""",
    "shop id, person id",
)

START_RUNS = Statement(
    "start_runs",
    """insert into run (bucket, shop_id, id, journey, version, person_id, cart_id, at, entered_at, started_at, last_sent_at, turn,
                        held_out, outcome, about)
       select :bucket, r.shop, r.id, r.journey, r.version, r.person, r.cart, r.at, r.entered_at, :now, 0, 0, r.held_out, '', r.about
       from {rows} where true on conflict do nothing returning shop_id, id""",
    "shop id, id id, journey text, version int, person id, cart id, at text, entered_at int, held_out bool, about json",
)

# Only if nothing happened in the cart since it was read.
LOSE_CARTS = Statement(
    "lose_carts",
    """update cart set state = 'lost' from {rows} where cart.bucket = :bucket and cart.shop_id = r.shop and cart.id = r.subject
       and cart.state = 'open' and cart.last_activity = r.last_activity""",
    "shop id, subject id, last_activity int",
)

"""SQL of folding people again: when identities turn out to belong together, or an event comes late."""

from wraca.storage.statement import Statement

NEIGHBOURS = Statement(
    "neighbours",
    """select i.key, i.person_id, i.links from {rows} join identity i on i.bucket = :bucket and i.shop_id = r.shop and i.key = r.key""",
    "shop id, key text",
)

HOLD_PEOPLE = Statement(
    "hold_people",
    """select p.id from person p where p.bucket = :bucket and p.shop_id = :shop and p.id in (select r.id from {rows})
       order by p.id {lock}""",
    "id id",
)

# The newest events of these anchors; a machine that made more than the limit is folded from its newest ones only.
HISTORY = Statement(
    "history",
    """select e.payload from {rows} join event e on e.bucket = :bucket and e.shop_id = :shop and e.anchor = r.key
       order by e.at desc limit :most""",
    "key text",
)

SAVE_IDENTITIES = Statement(
    "save_identities",
    """insert into identity (bucket, shop_id, key, person_id, links)
       select :bucket, r.shop, r.key, r.person, r.links from {rows} where true
       on conflict (bucket, shop_id, key) do update set person_id = excluded.person_id, links = excluded.links""",
    "shop id, key text, person id, links json",
)

PUT_PEOPLE = Statement(
    "put_people",
    """insert into person (bucket, shop_id, id, email, body, first_seen, last_seen)
       select :bucket, r.shop, r.id, r.email, r.body, r.first_seen, r.last_seen from {rows} where true
       on conflict (bucket, shop_id, id) do update set body = excluded.body, email = excluded.email,
       first_seen = excluded.first_seen, last_seen = excluded.last_seen""",
    "shop id, id id, email text, body json, first_seen int, last_seen int",
)

DROP_PEOPLE = Statement(
    "drop_people",
    "delete from person where bucket = :bucket and shop_id = :shop and id in (select r.id from {rows})",
    "id id",
)

# The carts of these people that a fold since this moment would find again, or find gone.
CARTS_OF = Statement(
    "carts_of",
    "select id from cart where bucket = :bucket and shop_id = :shop and started_at >= :since and person_id in (select r.id from {rows})",
    "id id",
)

DELETE_CARTS = Statement(
    "delete_carts",
    "delete from cart where bucket = :bucket and shop_id = :shop and id in (select r.id from {rows})",
    "id id",
)

ACTIVE_RUNS = Statement(
    "active_runs",
    """select run.id, run.journey, run.person_id, run.started_at from {rows} join run on run.bucket = :bucket and run.shop_id = :shop
       and run.person_id = r.id and run.outcome = ''""",
    "id id",
)

STOP_RUNS = Statement(
    "stop_runs",
    """update run set outcome = 'stopped', ended_at = :now
       where bucket = :bucket and shop_id = :shop and outcome = '' and id in (select r.id from {rows})""",
    "id id",
)

MOVE = tuple(
    Statement(
        f"move_{table}",
        f"update {table} set person_id = r.new from {{rows}} "  # noqa: S608  (our own table names)
        f"where {table}.bucket = :bucket and {table}.shop_id = :shop and {table}.person_id = r.old",
        "old id, new id",
    )
    for table in ("run", "outbox", "link", "hit", "consent", "purchase", "cart")
)

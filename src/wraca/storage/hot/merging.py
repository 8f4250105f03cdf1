"""SQL of folding people again: when identities turn out to belong together, or an event comes late."""

from wraca.storage.statement import Statement

# People whom somebody else holds are left out: whoever misses them starts again, and holds all from the beginning.
HOLD_FREE_PEOPLE = Statement(
    "hold_free_people",
    """select p.id from person p where p.bucket = :bucket and p.shop_id = :shop and p.id in (select r.id from {rows})
       order by p.id {skip}""",
    "id id",
)

# The newest events of each anchor: a machine that made more than the limit is folded from its newest ones only.
HISTORY = Statement(
    "history",
    """select n.payload from (
         select e.payload, row_number() over (partition by e.anchor order by e.at desc) as age
         from {rows} join event e on e.bucket = :bucket and e.shop_id = :shop and e.anchor = r.id) n
       where n.age <= :most""",
    "id text",
)

SAVE_IDENTITIES = Statement(
    "save_identities",
    """insert into identity (bucket, shop_id, key, person_id, links)
       select :bucket, r.shop, r.key, r.person, r.links from {rows} where true
       on conflict (bucket, shop_id, key) do update set person_id = excluded.person_id, links = excluded.links""",
    "shop id, key text, person id, links json",
)

DROP_PEOPLE = Statement(
    "drop_people",
    "delete from person where bucket = :bucket and (shop_id, id) in (select r.shop, r.id from {rows})",
    "shop id, id id",
)

# The carts of these people that a fold since this moment would find again, or find gone.
CARTS_OF = Statement(
    "carts_of",
    """select id from cart where bucket = :bucket and shop_id = :shop and started_at >= :since
       and person_id in (select r.id from {rows})""",
    "id id",
)

DELETE_CARTS = Statement(
    "delete_carts",
    "delete from cart where bucket = :bucket and (shop_id, id) in (select r.shop, r.id from {rows})",
    "shop id, id id",
)

ORDERS_OF = Statement(
    "orders_of",
    """select id from purchase where bucket = :bucket and shop_id = :shop and at >= :since
       and person_id in (select r.id from {rows})""",
    "id id",
)

DELETE_ORDERS = Statement(
    "delete_orders",
    "delete from purchase where bucket = :bucket and (shop_id, id) in (select r.shop, r.id from {rows})",
    "shop id, id id",
)

ACTIVE_RUNS = Statement(
    "active_runs",
    """select run.id, run.journey, run.person_id, run.started_at from {rows}
       join run on run.bucket = :bucket and run.shop_id = :shop and run.person_id = r.id and run.outcome = ''""",
    "id id",
)

STOP_RUNS = Statement(
    "stop_runs",
    """update run set outcome = 'stopped', ended_at = :now
       where bucket = :bucket and shop_id = :shop and outcome = '' and id in (select r.id from {rows})""",
    "id id",
)


def _moving(table: str) -> Statement:
    return Statement(
        f"move_{table}",
        f"update {table} set person_id = r.new from {{rows}} "  # noqa: S608  (our own table names)
        f"where {table}.bucket = :bucket and {table}.shop_id = :shop and {table}.person_id = r.old",
        "old id, new id",
    )


_MOVING = ("run", "outbox", "link", "hit", "consent", "purchase", "cart", "answer", "push_subscription", "chat")
MOVE = tuple(_moving(table) for table in _MOVING)

# Only where a shop has such rows (intake.Idle.keeps_more). Both people may have wanted the same product, or been in one audience:
# the later word stays. Whoever was to be looked at still is.
MOVE_MORE = (
    _moving("coupon"),
    _moving("notice"),
    Statement(
        "unite_interest",
        """insert into interest (bucket, shop_id, product, person_id, at)
           select :bucket, :shop, i.product, r.new, i.at
           from {rows} join interest i on i.bucket = :bucket and i.shop_id = :shop and i.person_id = r.old where true
           on conflict (bucket, shop_id, product, person_id) do update set at = excluded.at where excluded.at > interest.at""",
        "old id, new id",
    ),
    Statement(
        "unite_audiences",
        """insert into audience_member (bucket, shop_id, audience, person_id, joined_at, left_at, source)
           select :bucket, :shop, a.audience, r.new, a.joined_at, a.left_at, a.source
           from {rows} join audience_member a on a.bucket = :bucket and a.shop_id = :shop and a.person_id = r.old where true
           on conflict (bucket, shop_id, audience, person_id) do update set joined_at = excluded.joined_at,
           left_at = excluded.left_at, source = excluded.source
           where coalesce(excluded.left_at, excluded.joined_at)
                 > coalesce(audience_member.left_at, audience_member.joined_at)""",
        "old id, new id",
    ),
    Statement(
        "unite_timers",
        """insert into timer (bucket, shop_id, subject, kind, due_at)
           select :bucket, :shop, r.new, t.kind, t.due_at
           from {rows} join timer t on t.bucket = :bucket and t.shop_id = :shop and t.subject = r.old and t.kind = 3 where true
           on conflict (bucket, shop_id, subject, kind) do update set due_at = excluded.due_at
           where excluded.due_at < timer.due_at""",
        "old id, new id",
    ),
    *(
        Statement(
            f"leave_no_{table}",
            f"delete from {table} where bucket = :bucket and shop_id = :shop "  # noqa: S608  (our own table names)
            f"and {column} in (select r.old from {{rows}})",
            "old id, new id",
        )
        for table, column in (("interest", "person_id"), ("audience_member", "person_id"), ("timer", "subject"))
    ),
)

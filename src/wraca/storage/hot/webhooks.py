"""SQL of webhooks: what is to be told, and the telling of it."""

from wraca.storage.statement import Statement

HEARERS = Statement(
    "webhook_hearers",
    """select id, events from webhook_endpoint
       where bucket = :bucket and shop_id = :shop and disabled_at is null order by id""",
)

# The same thing that happened is told once, however often it is noticed.
ADD_DELIVERIES = Statement(
    "add_webhook_deliveries",
    """insert into webhook_delivery
         (bucket, shop_id, endpoint_id, id, event, at, payload, due_at, lease_until, attempts, detail)
       select :bucket, r.shop, r.endpoint, r.id, r.event, r.at, r.payload, :now, 0, 0, '' from {rows} where true
       on conflict (bucket, shop_id, endpoint_id, id) do nothing""",
    "shop id, endpoint id, id id, event text, at int, payload json",
)

ANY_DUE = Statement(
    "any_webhook_due",
    "select 1 from webhook_delivery where bucket = :bucket and due_at <= :now and lease_until <= :now limit 1",
)

# Whoever dies while telling has perhaps told it: it is told again under the same id.
CLAIM_DELIVERIES = Statement(
    "claim_webhook_deliveries",
    """with due as materialized
       (select shop_id, endpoint_id, id from webhook_delivery
        where bucket = :bucket and due_at <= :now and lease_until <= :now order by due_at, at limit :most {skip})
       update webhook_delivery set lease_until = :until
       where bucket = :bucket and lease_until <= :now
       and (shop_id, endpoint_id, id) in (select shop_id, endpoint_id, id from due)
       returning shop_id, endpoint_id, id, at, payload, attempts""",
)

ENDPOINTS = Statement(
    "webhook_endpoints",
    """select e.shop_id, e.id, e.url, e.sealed, e.failing_since, e.disabled_at from {rows}
       join webhook_endpoint e on e.bucket = :bucket and e.shop_id = r.shop and e.id = r.endpoint""",
    "shop id, endpoint id",
)

PEOPLE = Statement(
    "webhook_people",
    "select p.shop_id, p.id, p.body from {rows} join person p on p.bucket = :bucket and p.shop_id = r.shop and p.id = r.person",
    "shop id, person id",
)

SETTLE_DELIVERIES = Statement(
    "settle_webhook_deliveries",
    """update webhook_delivery set due_at = r.due_at, lease_until = 0, attempts = r.attempts, status = r.status, detail = r.detail
       from {rows} where webhook_delivery.bucket = :bucket and webhook_delivery.shop_id = r.shop
       and webhook_delivery.endpoint_id = r.endpoint and webhook_delivery.id = r.id""",
    "shop id, endpoint id, id id, due_at int, attempts int, status int, detail text",
)

# Claimed, and not tried: somebody before them in the queue of the same endpoint failed, or time was up.
PUT_OFF_DELIVERIES = Statement(
    "put_off_webhook_deliveries",
    """update webhook_delivery set due_at = r.due_at, lease_until = 0
       from {rows} where webhook_delivery.bucket = :bucket and webhook_delivery.shop_id = r.shop
       and webhook_delivery.endpoint_id = r.endpoint and webhook_delivery.id = r.id""",
    "shop id, endpoint id, id id, due_at int",
)

NOTE_ENDPOINTS = Statement(
    "note_webhook_endpoints",
    """update webhook_endpoint set failing_since = r.failing_since from {rows}
       where webhook_endpoint.bucket = :bucket and webhook_endpoint.shop_id = r.shop and webhook_endpoint.id = r.endpoint""",
    "shop id, endpoint id, failing_since int",
)

DISABLE_ENDPOINTS = Statement(
    "disable_webhook_endpoints",
    """update webhook_endpoint set disabled_at = :now, disabled_reason = r.reason from {rows}
       where webhook_endpoint.bucket = :bucket and webhook_endpoint.shop_id = r.shop and webhook_endpoint.id = r.endpoint
       and webhook_endpoint.disabled_at is null""",
    "shop id, endpoint id, reason text",
)

# What still waits for an endpoint that is off is given up; it stays in the log.
DROP_DELIVERIES = Statement(
    "drop_webhook_deliveries",
    """update webhook_delivery set due_at = null, lease_until = 0, detail = 'endpoint_off' from {rows}
       where webhook_delivery.bucket = :bucket and webhook_delivery.shop_id = r.shop
       and webhook_delivery.endpoint_id = r.endpoint and webhook_delivery.due_at is not null""",
    "shop id, endpoint id",
)

OLD_DELIVERIES = Statement(
    "old_webhook_deliveries",
    """delete from webhook_delivery where bucket = :bucket and (shop_id, endpoint_id, id) in
       (select shop_id, endpoint_id, id from webhook_delivery where bucket = :bucket and at < :before and due_at is null
        limit :most)""",
)

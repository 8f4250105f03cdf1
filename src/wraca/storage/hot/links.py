"""SQL of the links inside messages and of what people and machines did with them."""

from wraca.storage.statement import Statement

ADD_LINKS = Statement(
    "add_links",
    """insert into link (bucket, shop_id, token_hash, purpose, message_id, person_id, cart_id, targets, expires_at)
       select :bucket, r.shop, r.hash, r.purpose, r.message, r.person, r.cart, r.targets, r.expires_at from {rows} where true
       on conflict do nothing""",
    "shop id, hash text, purpose text, message id, person id, cart id, targets json, expires_at int",
)

FIND_LINK = Statement(
    "find_link",
    """select l.shop_id, l.purpose, l.message_id, l.person_id, l.cart_id, l.targets, l.expires_at, l.revoked_at
       from link l where l.bucket = :bucket and l.token_hash = :hash""",
)

ADD_HIT = Statement(
    "add_hit",
    """insert into hit (bucket, shop_id, id, message_id, person_id, purpose, target, at, verdict, reason, body)
       select :bucket, r.shop, r.id, r.message, r.person, r.purpose, r.target, :now, r.verdict, r.reason, r.body
       from {rows} where true on conflict do nothing""",
    "shop id, id id, message id, person id, purpose text, target int, verdict text, reason text, body json",
)

HITS_OF_MESSAGE = Statement(
    "hits_of_message",
    """select h.id, h.purpose, h.target, h.at, h.body from hit h
       where h.bucket = :bucket and h.shop_id = :shop and h.message_id = :message order by h.at, h.id limit 200""",
)

REJUDGE = Statement(
    "rejudge",
    """update hit set verdict = r.verdict, reason = r.reason from {rows}
       where hit.bucket = :bucket and hit.shop_id = r.shop and hit.id = r.id and hit.reason <> 'landed'
       and (hit.verdict <> r.verdict or hit.reason <> r.reason)""",
    "shop id, id id, verdict text, reason text",
)

MESSAGE = Statement(
    "message",
    """select o.run_id, o.state, o.settled_at, o.body from outbox o
       where o.bucket = :bucket and o.shop_id = :shop and o.id = :message""",
)

CART_OF_LINK = Statement(
    "cart_of_link",
    "select c.body from cart c where c.bucket = :bucket and c.shop_id = :shop and c.id = :cart",
)

PERSON_OF_LINK = Statement(
    "person_of_link",
    "select p.body from person p where p.bucket = :bucket and p.shop_id = :shop and p.id = :person",
)

"""SQL of what journeys tell the shop's own team."""

from wraca.storage.statement import Statement

ADD_NOTICES = Statement(
    "add_notices",
    """insert into notice (bucket, shop_id, id, at, journey, run_id, person_id, cart_id, text, mail_state, mail_until)
       select :bucket, r.shop, r.id, :now, r.journey, r.run, r.person, r.cart, r.text, 'waiting', 0
       from {rows} where true on conflict (bucket, shop_id, id) do nothing""",
    "shop id, id id, journey text, run id, person id, cart id, text text",
)

# --- by e-mail ----------------------------------------------------------------------------------------------------------------

# Whoever died while mailing may have mailed it: it is not mailed again.
DOUBT_NOTICES = Statement(
    "doubt_notices",
    "update notice set mail_state = 'doubt' where bucket = :bucket and mail_state = 'sending' and mail_until <= :now",
)

CLAIM_NOTICES = Statement(
    "claim_notices",
    """with due as materialized
       (select shop_id, id from notice where bucket = :bucket and mail_state = 'waiting' and mail_until <= :now
        order by mail_until, at limit :most {skip})
       update notice set mail_state = 'sending', mail_until = :until where bucket = :bucket and mail_state = 'waiting'
       and (shop_id, id) in (select shop_id, id from due) returning shop_id, id, at, journey, text""",
)

SETTLE_NOTICES = Statement(
    "settle_notices",
    """update notice set mail_state = r.state, mail_until = r.until from {rows}
       where notice.bucket = :bucket and notice.shop_id = r.shop and notice.id = r.id and notice.mail_state = 'sending'""",
    "shop id, id id, state text, until int",
)

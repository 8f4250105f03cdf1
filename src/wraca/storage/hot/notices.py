"""SQL of what journeys tell the shop's own team."""

from wraca.storage.statement import Statement

ADD_NOTICES = Statement(
    "add_notices",
    """insert into notice (bucket, shop_id, id, at, journey, run_id, person_id, cart_id, text, mail_state, mail_until)
       select :bucket, r.shop, r.id, :now, r.journey, r.run, r.person, r.cart, r.text, 'waiting', 0
       from {rows} where true on conflict (bucket, shop_id, id) do nothing""",
    "shop id, id id, journey text, run id, person id, cart id, text text",
)

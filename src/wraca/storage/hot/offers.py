"""SQL of offers: coupons for people, each with a code that nobody else ever gets."""

from wraca.storage.statement import Statement

# One coupon a step of a run, whatever is done again: only what is new here gets a code.
ADD_COUPONS = Statement(
    "add_coupons",
    """insert into coupon (bucket, shop_id, id, run_id, step, journey, person_id, cart_id, code, pool, terms, held_out, issued_at,
                           expires_at)
       select :bucket, r.shop, r.id, r.run, r.step, r.journey, r.person, r.cart, r.code, r.pool, r.terms, r.held_out, :now,
              r.expires_at
       from {rows} where true on conflict (bucket, shop_id, id) do nothing returning shop_id, id""",
    "shop id, id id, run id, step text, journey text, person id, cart id, code text, pool text, terms json, held_out bool,"
    " expires_at int",
)

# What this person already holds of these pools for these carts, and could still use.
HELD_CODES = Statement(
    "held_codes",
    """select c.shop_id, c.person_id, c.cart_id, c.pool, c.code, c.expires_at from {rows}
       join coupon c on c.bucket = :bucket and c.shop_id = r.shop and c.person_id = r.person
       where c.cart_id = r.cart and c.pool = r.pool and c.code <> '' and c.closed_at is null
       and (c.expires_at is null or c.expires_at > :now)
       order by c.issued_at, c.id""",
    "shop id, person id, cart id, pool text",
)

# Whoever takes codes at the same moment takes others.
FREE_CODES = Statement(
    "free_codes",
    """select code from offer_code where bucket = :bucket and shop_id = :shop and pool = :pool and coupon_id is null
       order by code limit :most {skip}""",
)

TAKE_CODES = Statement(
    "take_codes",
    """update offer_code set coupon_id = r.id from {rows}
       where offer_code.bucket = :bucket and offer_code.shop_id = r.shop and offer_code.pool = r.pool and offer_code.code = r.code
       and offer_code.coupon_id is null""",
    "shop id, id id, pool text, code text",
)

SET_CODES = Statement(
    "set_codes",
    """update coupon set code = r.code, expires_at = r.expires_at from {rows}
       where coupon.bucket = :bucket and coupon.shop_id = r.shop and coupon.id = r.id""",
    "shop id, id id, code text, expires_at int",
)

OFFERS_OF_RUNS = Statement(
    "offers_of_runs",
    """select c.shop_id, c.run_id, c.step, c.terms, c.code, c.issued_at, c.expires_at from {rows}
       join coupon c on c.bucket = :bucket and c.shop_id = r.shop and c.run_id = r.subject
       order by c.issued_at, c.id""",
    "shop id, subject id",
)

# Where the pool was empty there is nothing to close; it stays to be counted.
CLOSE_COUPONS = Statement(
    "close_coupons",
    """update coupon set closed_at = :now from {rows}
       where coupon.bucket = :bucket and coupon.shop_id = r.shop and coupon.run_id = r.subject and coupon.closed_at is null
       and (coupon.code <> '' or coupon.pool = '' or coupon.held_out)""",
    "shop id, subject id",
)

# Codes of these runs that nobody can have seen: no message went out since they were given, nobody holds or used them.
UNSEEN_CODES = Statement(
    "unseen_codes",
    """select f.shop_id, f.pool, f.code from {rows}
       join coupon c on c.bucket = :bucket and c.shop_id = r.shop and c.run_id = r.subject and c.pool <> '' and c.code <> ''
       join offer_code f on f.bucket = :bucket and f.shop_id = c.shop_id and f.pool = c.pool and f.code = c.code
       where not exists (select 1 from coupon d where d.bucket = :bucket and d.shop_id = c.shop_id and d.code = c.code
                         and d.pool = c.pool
                         and (d.closed_at is null
                              or exists (select 1 from outbox o where o.bucket = :bucket and o.shop_id = d.shop_id
                                         and o.run_id = d.run_id and o.state in ('sending', 'accepted', 'uncertain')
                                         and coalesce(o.settled_at, o.sending_at, :now) >= d.issued_at)
                              or exists (select 1 from purchase p where p.bucket = :bucket and p.shop_id = d.shop_id
                                         and p.person_id = d.person_id and lower(p.coupon) = lower(d.code))))""",
    "shop id, subject id",
)

# Back into the pool; the coupons no longer name what somebody else may get.
FREE_AGAIN = Statement(
    "free_again",
    """update offer_code set coupon_id = null from {rows}
       where offer_code.bucket = :bucket and offer_code.shop_id = r.shop and offer_code.pool = r.pool
       and offer_code.code = r.code""",
    "shop id, pool text, code text",
)

BLANK_COUPONS = Statement(
    "blank_coupons",
    """update coupon set code = '' from {rows}
       where coupon.bucket = :bucket and coupon.shop_id = r.shop and coupon.pool = r.pool and coupon.code = r.code""",
    "shop id, pool text, code text",
)

# A run that ends closes its offers itself. These ran out later: their run went on in another journey, or was stopped by hand.
STALE_RUNS = Statement(
    "stale_coupons",
    """select distinct c.shop_id, c.run_id from coupon c
       where c.bucket = :bucket and c.closed_at is null and (c.code <> '' or c.pool = '' or c.held_out)
       and (c.expires_at <= :now or c.expires_at is null and c.issued_at < :before)
       and not exists (select 1 from run u where u.bucket = :bucket and u.shop_id = c.shop_id and u.id = c.run_id
                       and u.outcome = '')
       limit :most""",
)

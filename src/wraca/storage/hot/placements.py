"""SQL of what is shown on the shop's pages: two reads for a decision, and what became of what was shown."""

from wraca.storage.statement import Statement

# The newest version of everything that is on.
PLACEMENTS = Statement(
    "placements",
    """select p.name, p.version, p.kind, p.rules, p.content from placement p
       where p.bucket = :bucket and p.shop_id = :shop and p.is_active and p.version =
       (select max(q.version) from placement q where q.bucket = p.bucket and q.shop_id = p.shop_id and q.name = p.name)""",
)

VISITOR = Statement(
    "visitor",
    """select p.id, p.body from identity i join person p on p.bucket = i.bucket and p.shop_id = i.shop_id and p.id = i.person_id
       where i.bucket = :bucket and i.shop_id = :shop and i.key = :key""",
)

# The journeys' messages that wait (1), what this person and this browser were shown (2), the open carts (3).
# The first of them says the types of all columns.
VISITOR_NOW = Statement(
    "visitor_now",
    """select 1, o.template, u.version, o.settled_at, cast(null as bigint), u.about, o.id, o.run_id, o.journey from outbox o
       join run u on u.bucket = o.bucket and u.shop_id = o.shop_id and u.id = o.run_id
       where o.bucket = :bucket and o.shop_id = :shop and o.person_id = :person and o.sending_at > :since
       and o.channel = 'onsite' and o.state = 'accepted' and u.outcome in ('', 'completed', 'continued')
       and not exists (select 1 from hit h where h.bucket = o.bucket and h.shop_id = o.shop_id and h.message_id = o.id)
       union all
       select 2, s.name, s.times, s.last_at, s.refused_at, null, null, null, '' from shown s
       where s.bucket = :bucket and s.shop_id = :shop and s.person_id in (:person, :browser)
       union all
       select 3, '', 0, c.last_activity, null, c.body, null, null, '' from cart c
       where c.bucket = :bucket and c.shop_id = :shop and c.person_id = :person and c.state = 'open'""",
)

AUDIENCES_OF_PERSON = Statement(
    "audiences_of_person",
    """select a.audience from {rows} join audience_member a on a.bucket = :bucket and a.shop_id = :shop and a.audience = r.audience
       and a.person_id = :person where a.left_at is null""",
    "audience text",
)

# Shown once more, or refused: for the person and for the browser.
COUNT_SHOWN = Statement(
    "count_shown",
    """insert into shown (bucket, shop_id, person_id, name, times, last_at, refused_at)
       select :bucket, r.shop, r.person, r.name, r.times, :now, r.refused_at from {rows} where true
       on conflict (bucket, shop_id, person_id, name) do update set times = shown.times + excluded.times,
       last_at = excluded.last_at, refused_at = coalesce(excluded.refused_at, shown.refused_at)""",
    "shop id, person id, name text, times int, refused_at int",
)

# A message that this very visitor may have been shown.
ONSITE_MESSAGE = Statement(
    "onsite_message",
    """select o.id, o.cart_id from outbox o where o.bucket = :bucket and o.shop_id = :shop and o.id = :message
       and o.person_id = :person and o.channel = 'onsite' and o.state = 'accepted'""",
)

ADD_SHOWN_HIT = Statement(
    "add_shown_hit",
    """insert into hit (bucket, shop_id, id, message_id, person_id, purpose, target, at, verdict, reason, body)
       select :bucket, r.shop, r.id, r.message, r.person, r.purpose, null, :now, 'human', r.reason, '{}'
       from {rows} where true on conflict do nothing""",
    "shop id, id id, message id, person id, purpose text, reason text",
)

# --- permissions to be confirmed -----------------------------------------------------------------------------------------------

ADD_OPT_IN = Statement(
    "add_opt_in",
    """insert into opt_in (bucket, shop_id, token_hash, channel, sealed, cart_id, language, asked_at, expires_at)
       select :bucket, r.shop, r.hash, r.channel, r.sealed, r.cart, r.language, :now, r.expires_at from {rows} where true
       on conflict (bucket, shop_id, token_hash) do nothing""",
    "shop id, hash text, channel text, sealed text, cart id, language text, expires_at int",
)

FIND_OPT_IN = Statement(
    "find_opt_in",
    """select o.shop_id, o.channel, o.sealed, o.cart_id, o.language, o.asked_at, o.confirmed_at, o.expires_at from opt_in o
       where o.bucket = :bucket and o.token_hash = :hash""",
)

# Written down before the mail leaves: whoever dies in between sends none, rather than two.
CLAIM_OPT_INS = Statement(
    "claim_opt_ins",
    """with due as materialized (select shop_id, token_hash from opt_in where bucket = :bucket and mailed_at is null
         and asked_at > :since and asked_at <= :now order by asked_at limit :most {skip})
       update opt_in set mailed_at = :now where bucket = :bucket and mailed_at is null
       and (shop_id, token_hash) in (select shop_id, token_hash from due)
       returning shop_id, token_hash, channel, sealed, cart_id, language, confirmed_at""",
)

MAIL_AGAIN = Statement(
    "mail_opt_in_again",
    """update opt_in set mailed_at = null, asked_at = r.asked_at from {rows} where opt_in.bucket = :bucket
       and opt_in.shop_id = r.shop and opt_in.token_hash = r.hash""",
    "shop id, hash text, asked_at int",
)

# Confirmed once; with a cart to be mailed it is due once more.
CONFIRM_OPT_IN = Statement(
    "confirm_opt_in",
    """update opt_in set confirmed_at = :now, mailed_at = case when cart_id is null then mailed_at end
       where bucket = :bucket and token_hash = :hash and confirmed_at is null and expires_at > :now""",
)

FORGET_OPT_INS = Statement(
    "forget_opt_ins",
    """delete from opt_in where bucket = :bucket and (expires_at <= :now or (confirmed_at is not null and mailed_at is not null
       and confirmed_at < :done))""",
)

DROP_OPT_IN = Statement("drop_opt_in", "delete from opt_in where bucket = :bucket and token_hash = :hash and confirmed_at is null")

# Who asks again and confirms it takes back having said no. A complaint, a dead address and an erasure stay.
LIFT_OPT_OUT = Statement(
    "lift_opt_out",
    """delete from suppression where bucket = :bucket and shop_id = :shop and channel = :channel and address_hash = :address
       and reason = 'unsubscribed'""",
)

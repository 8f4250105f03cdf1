"""SQL of audiences: who is in them, who left."""

from wraca.storage.statement import Statement

# Whoever comes back joins anew; whoever is in it stays, with the day they came and by whom.
JOIN_AUDIENCES = Statement(
    "join_audiences",
    """insert into audience_member (bucket, shop_id, audience, person_id, joined_at, source)
       select :bucket, r.shop, r.audience, r.person, r.at, r.source from {rows} where true
       on conflict (bucket, shop_id, audience, person_id) do update set joined_at = excluded.joined_at, left_at = null,
       source = excluded.source where audience_member.left_at <= excluded.joined_at
       returning shop_id, person_id, audience""",
    "shop id, audience text, person id, at int, source text",
)

# Somebody who was never in it, as far as we know: a joining of before, which comes late, must not put them in again.
NOTE_LEAVING = Statement(
    "note_leaving",
    """insert into audience_member (bucket, shop_id, audience, person_id, joined_at, left_at, source)
       select :bucket, r.shop, r.audience, r.person, r.at, r.at, r.source from {rows} where true
       on conflict (bucket, shop_id, audience, person_id) do update set left_at = excluded.left_at
       where audience_member.joined_at <= excluded.left_at and audience_member.left_at < excluded.left_at""",
    "shop id, audience text, person id, at int, source text",
)

LEAVE_AUDIENCES = Statement(
    "leave_audiences",
    """update audience_member set left_at = r.at from {rows}
       where audience_member.bucket = :bucket and audience_member.shop_id = r.shop and audience_member.audience = r.audience
       and audience_member.person_id = r.person and audience_member.left_at is null and audience_member.joined_at <= r.at
       returning audience_member.shop_id, audience_member.person_id, audience_member.audience""",
    "shop id, audience text, person id, at int",
)

# What a journey put somebody into is over once they bought or said no; what the shop itself said stays the shop's word.
LEAVE_THOSE_OF_JOURNEYS = Statement(
    "leave_audiences_of_journeys",
    """update audience_member set left_at = :now where bucket = :bucket and left_at is null and source <> 'event'
       and (shop_id, person_id) in (select r.shop, r.person from {rows}) returning shop_id, person_id, audience""",
    "shop id, person id",
)

MEMBERSHIPS = Statement(
    "memberships",
    """select a.shop_id, a.person_id, a.audience, a.joined_at from {rows}
       join audience_member a on a.bucket = :bucket and a.shop_id = r.shop and a.person_id = r.person and a.left_at is null
       order by a.audience""",
    "shop id, person id",
)

"""SQL of forgetting: old rows go in portions, so that no delete holds the database for long."""

from wraca.storage.statement import Statement

# What a person bought and said of themselves is needed to fold them again; everything else they did is not kept for ever.
OLD_EVENTS = Statement(
    "old_events",
    """delete from event where bucket = :bucket and (shop_id, id) in
       (select shop_id, id from event where bucket = :bucket and at < :before
        and payload -> 'body' ->> 'type' not in ('order', 'identified', 'push') limit :most)""",
)

OLD_HITS = Statement(
    "old_hits",
    """delete from hit where bucket = :bucket and (shop_id, id) in
       (select shop_id, id from hit where bucket = :bucket and at < :before limit :most)""",
)

OLD_LINKS = Statement(
    "old_links",
    """delete from link where bucket = :bucket and (shop_id, token_hash) in
       (select shop_id, token_hash from link where bucket = :bucket and expires_at < :before limit :most)""",
)

OLD_DECISIONS = Statement(
    "old_decisions",
    """delete from decision where bucket = :bucket and (shop_id, run_id, turn) in
       (select shop_id, run_id, turn from decision where bucket = :bucket and at < :before limit :most)""",
)

OLD_MESSAGES = Statement(
    "old_messages",
    """update outbox set body = '{}' where bucket = :bucket and (shop_id, run_id, step, channel) in
       (select shop_id, run_id, step, channel from outbox where bucket = :bucket and settled_at < :before
        and body <> '{}' limit :most)""",
)

OLD_INTERESTS = Statement(
    "old_interests",
    """delete from interest where bucket = :bucket and (shop_id, product, person_id) in
       (select shop_id, product, person_id from interest where bucket = :bucket and at < :before limit :most)""",
)

# What the team saw to, or never did.
OLD_NOTICES = Statement(
    "old_notices",
    """delete from notice where bucket = :bucket and (shop_id, id) in
       (select shop_id, id from notice where bucket = :bucket and at < :before limit :most)""",
)

# What was said in chats that fell silent, then the chats.
OLD_CHAT_LINES = Statement(
    "old_chat_lines",
    """delete from chat_line where bucket = :bucket and (shop_id, chat_id, number) in
       (select l.shop_id, l.chat_id, l.number from chat c join chat_line l on l.bucket = c.bucket and l.shop_id = c.shop_id
        and l.chat_id = c.id where c.bucket = :bucket and c.last_at < :before limit :most)""",
)

OLD_CHATS = Statement(
    "old_chats",
    """delete from chat where bucket = :bucket and (shop_id, id) in
       (select c.shop_id, c.id from chat c where c.bucket = :bucket and c.last_at < :before
        and not exists (select 1 from chat_line l where l.bucket = c.bucket and l.shop_id = c.shop_id and l.chat_id = c.id)
        limit :most)""",
)

# Who left an audience so long ago that no ad platform can still have to be told.
OLD_MEMBERS = Statement(
    "old_members",
    """delete from audience_member where bucket = :bucket and (shop_id, audience, person_id) in
       (select shop_id, audience, person_id from audience_member where bucket = :bucket and left_at < :before limit :most)""",
)

# People whom nobody could name, gone for a month: their carts, identities and events go with them.
STRANGERS = Statement(
    "strangers",
    """select p.shop_id, p.id from person p where p.bucket = :bucket and p.last_seen < :before and p.email = ''
       and not exists (select 1 from identity i where i.bucket = :bucket and i.shop_id = p.shop_id and i.person_id = p.id
                       and (substr(i.key, 1, 5) = 'user:' or substr(i.key, 1, 6) = 'phone:'))
       and not exists (select 1 from purchase o where o.bucket = :bucket and o.shop_id = p.shop_id and o.person_id = p.id)
       limit :most""",
)

FORGET_EVENTS = Statement(
    "forget_events",
    """delete from event where bucket = :bucket and (shop_id, anchor) in
       (select i.shop_id, i.key from {rows}
        join identity i on i.bucket = :bucket and i.shop_id = r.shop and i.person_id = r.person)""",
    "shop id, person id",
)

FORGET_CHAT_LINES = Statement(
    "forget_chat_lines",
    """delete from chat_line where bucket = :bucket and (shop_id, chat_id) in
       (select c.shop_id, c.id from {rows}
        join chat c on c.bucket = :bucket and c.shop_id = r.shop and c.person_id = r.person)""",
    "shop id, person id",
)

FORGET = (
    FORGET_CHAT_LINES,
    *(
        Statement(
            f"forget_{table}",
            f"delete from {table} where bucket = :bucket and (shop_id, {column}) in (select r.shop, r.person from {{rows}})",  # noqa: S608
            "shop id, person id",
        )
        for table, column in (
            ("answer", "person_id"),
            ("interest", "person_id"),
            ("audience_member", "person_id"),
            ("notice", "person_id"),
            ("push_subscription", "person_id"),
            ("chat", "person_id"),
            ("cart", "person_id"),
            ("identity", "person_id"),
            ("person", "id"),
        )
    ),
)

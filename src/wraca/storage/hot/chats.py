"""SQL of live chat: what is said by number, who has read how far, what is mailed to those who left.

A line's number is made while its chat's row is held: numbers have no holes and no twins, and whoever has read up to n asks for
what is beyond.
"""

from wraca.storage.statement import Statement

OPEN_CHAT = Statement(
    "open_chat",
    """insert into chat (bucket, shop_id, id, person_id, token_hash, state, language, opened_at, last_at, last_by, unread_team,
         unread_visitor, visitor_seen_at, assigned_to, reply_to)
       select :bucket, r.shop, r.id, r.person, r.hash, 'open', r.language, :now, :now, 'visitor', 0, 0, :now, '', ''
       from {rows} where true on conflict do nothing""",
    "shop id, id id, person id, hash text, language text",
)

_COLUMNS = """c.shop_id, c.id, c.person_id, c.state, c.language, c.opened_at, c.last_at, c.last_by, c.unread_team, c.unread_visitor,
       c.visitor_seen_at, c.assigned_to, c.reply_to"""

CHAT_OF_TOKEN = Statement(
    "chat_of_token",
    f"select {_COLUMNS} from chat c where c.bucket = :bucket and c.token_hash = :hash",  # noqa: S608  (our own column names)
)

CHAT = Statement(
    "chat",
    f"select {_COLUMNS} from chat c where c.bucket = :bucket and c.shop_id = :shop and c.id = :chat",  # noqa: S608
)

HOLD_CHAT = Statement(
    "hold_chat",
    f"select {_COLUMNS} from chat c where c.bucket = :bucket and c.shop_id = :shop and c.id = :chat order by c.id {{lock}}",  # noqa: S608
)

# The chat that a mail belongs to: its message's key begins as the chat's id does (app/chatmail.py).
CHAT_OF_MAIL = Statement(
    "chat_of_mail",
    f"""select {_COLUMNS} from chat c where c.bucket = :bucket and c.shop_id = :shop and c.id >= :low and c.id <= :high
       limit 1""",  # noqa: S608
)

ADD_LINE = Statement(
    "add_chat_line",
    """insert into chat_line (bucket, shop_id, chat_id, number, id, at, "by", author, text, attachment)
       select :bucket, r.shop, r.chat, coalesce((select max(n.number) from chat_line n where n.bucket = :bucket
         and n.shop_id = r.shop and n.chat_id = r.chat), 0) + 1, r.id, :now, r.speaker, r.author, r.text, r.attachment
       from {rows} where true on conflict do nothing""",
    "shop id, chat id, id id, speaker text, author text, text text, attachment json",
)

NUMBER_OF_LINE = Statement(
    "number_of_chat_line",
    """select l.number from chat_line l where l.bucket = :bucket and l.shop_id = :shop and l.chat_id = :chat and l.id = :id""",
)

_LINE = """l.number, l.at, l."by", l.author, l.text, l.attachment ->> 'name', l.attachment ->> 'type', l.attachment ->> 'size'"""

LINES = Statement(
    "chat_lines",
    f"""select {_LINE} from chat_line l where l.bucket = :bucket and l.shop_id = :shop and l.chat_id = :chat
       and l.number > :after order by l.number limit :most""",  # noqa: S608
)

# What was said in any of these chats beyond what each listener has: one look for all of them.
NEW_LINES = Statement(
    "new_chat_lines",
    f"""select r.chat, {_LINE} from {{rows}} join chat_line l on l.bucket = :bucket and l.shop_id = r.shop and l.chat_id = r.chat
       and l.number > r.after order by l.chat_id, l.number""",  # noqa: S608
    "shop id, chat id, after int",
)

FILE = Statement(
    "chat_file",
    """select l.attachment from chat_line l where l.bucket = :bucket and l.shop_id = :shop and l.chat_id = :chat
       and l.number = :number and l.attachment is not null""",
)

COUNT_FILES = Statement(
    "count_chat_files",
    """select count(*) from chat_line l where l.bucket = :bucket and l.shop_id = :shop and l.chat_id = :chat
       and l.attachment is not null""",
)

VISITOR_SAID = Statement(
    "visitor_said",
    """update chat set last_at = :now, last_by = 'visitor', state = 'open', unread_team = unread_team + 1, visitor_seen_at = :seen
       where bucket = :bucket and shop_id = :shop and id = :chat""",
)

TEAM_SAID = Statement(
    "team_said",
    """update chat set last_at = :now, last_by = 'team', state = 'open', unread_team = 0, unread_visitor = unread_visitor + 1,
       assigned_to = case when assigned_to = '' then :author else assigned_to end
       where bucket = :bucket and shop_id = :shop and id = :chat""",
)

READ_BY_VISITOR = Statement(
    "read_by_visitor",
    "update chat set unread_visitor = 0, visitor_seen_at = :now where bucket = :bucket and shop_id = :shop and id = :chat",
)

READ_BY_TEAM = Statement(
    "read_by_team",
    "update chat set unread_team = 0 where bucket = :bucket and shop_id = :shop and id = :chat and unread_team > 0",
)

ASSIGN_CHAT = Statement(
    "assign_chat",
    "update chat set assigned_to = :author where bucket = :bucket and shop_id = :shop and id = :chat",
)

CLOSE_CHAT = Statement(
    "close_chat",
    """update chat set state = 'closed', unread_team = 0 where bucket = :bucket and shop_id = :shop and id = :chat
       and state <> 'closed'""",
)

LEAVE_ADDRESS = Statement(
    "leave_chat_address",
    "update chat set reply_to = :sealed where bucket = :bucket and shop_id = :shop and id = :chat",
)

VISITORS_LISTEN = Statement(
    "visitors_listen",
    """update chat set visitor_seen_at = :now from {rows}
       where chat.bucket = :bucket and chat.shop_id = r.shop and chat.id = r.chat""",
    "shop id, chat id",
)

# --- the team's presence: the last sign of life of anybody who has the inbox before them ------------------------------------------

# Kept in the channel's own row: for a chat, "checked" means that somebody was there to be talked to.
TEAM_IS_THERE = Statement(
    "team_is_there",
    """update channel_setting set checked_at = :now where bucket = :bucket and shop_id = :shop and channel = 'chat'
       and (checked_at is null or checked_at < :before)""",
)

TEAM_SEEN = Statement(
    "team_seen",
    "select s.checked_at from channel_setting s where s.bucket = :bucket and s.shop_id = :shop and s.channel = 'chat'",
)

# --- invitations of journeys ------------------------------------------------------------------------------------------------------

INVITATION = Statement(
    "chat_invitation",
    """select o.id, o.template, o.settled_at from outbox o
       join run u on u.bucket = o.bucket and u.shop_id = o.shop_id and u.id = o.run_id
       where o.bucket = :bucket and o.shop_id = :shop and o.person_id = :person and o.sending_at > :since
       and o.channel = 'chat' and o.state = 'accepted' and u.outcome in ('', 'completed', 'continued')
       and not exists (select 1 from hit h where h.bucket = o.bucket and h.shop_id = o.shop_id and h.message_id = o.id)
       and not exists (select 1 from shown s where s.bucket = o.bucket and s.shop_id = o.shop_id and s.name = :name
                       and s.person_id in (:person, :browser) and s.refused_at > :patience)
       order by o.settled_at desc, o.id limit 1""",
)

# An invitation that this very visitor may have been shown.
INVITED = Statement(
    "chat_invited",
    """select o.template from outbox o where o.bucket = :bucket and o.shop_id = :shop and o.id = :message
       and o.person_id = :person and o.channel = 'chat' and o.state = 'accepted'""",
)

# --- answers by mail --------------------------------------------------------------------------------------------------------------

# Who went away with an answer unread, and said where to reach them.
GONE = Statement(
    "chats_gone",
    """select c.id from chat c where c.bucket = :bucket and c.shop_id = :shop and c.last_at > :since and c.last_at <= :until
       and c.visitor_seen_at < :gone and c.unread_visitor > 0 and c.reply_to <> '' order by c.last_at limit :most""",
)

UNREAD_ANSWERS = Statement(
    "unread_answers",
    """select l.number, l.text, l.mailed_at, l.attachment ->> 'name' from chat_line l
       where l.bucket = :bucket and l.shop_id = :shop and l.chat_id = :chat and l."by" = 'team'
       order by l.number desc limit :most""",
)

# Written down before the mail leaves: whoever dies in between sends none, rather than two.
MAIL_ANSWERS = Statement(
    "mail_answers",
    """update chat_line set mailed_at = r.mailed_at from {rows} where chat_line.bucket = :bucket and chat_line.shop_id = :shop
       and chat_line.chat_id = :chat and chat_line.number = r.number""",
    "number int, mailed_at int",
)

WAIT_FOR_MAIL = Statement(
    "wait_for_mail",
    "update chat set state = 'waiting' where bucket = :bucket and shop_id = :shop and id = :chat and state = 'open'",
)

# --- who is being talked to: nobody is written to meanwhile ----------------------------------------------------------------------

CHATTING = Statement(
    "chatting",
    """select c.shop_id, c.person_id, max(c.last_at) from {rows} join chat c on c.bucket = :bucket and c.shop_id = r.shop
       and c.person_id = r.person where c.last_at > :since group by c.shop_id, c.person_id""",
    "shop id, person id",
)

"""SQL of the ledger of audiences elsewhere: who should be there, who is, and what is still to be told."""

from wraca.storage.statement import Statement

# A "no" said after the yes to ads is an objection, whatever channel it was about (trust A4, L9).
_NOES = ("email", "sms", "webpush", "chat", "onsite", "marketing", "profiling")


def _objects(channel: str) -> str:
    word = f"p.body -> 'consents' -> '{channel}'"
    return (
        f"(cast({word} -> 'given' as text) = 'false' and coalesce(cast({word} ->> 'at' as bigint), 0)"
        " >= coalesce(cast(p.body -> 'consents' -> 'ads' ->> 'at' as bigint), 0))"
    )


_ALLOWS = "cast(p.body -> 'consents' -> 'ads' -> 'given' as text) = 'true'"
_OBJECTS = f"coalesce({' or '.join(_objects(channel) for channel in _NOES)}, false)"
_IS_YOUNG = "coalesce(cast(p.body -> 'may_be_minor' as text), '') = 'true'"  # trust L19
_IS_HELD = """exists (select 1 from run h where h.bucket = :bucket and h.shop_id = m.shop_id and h.person_id = m.person_id
                       and h.held_out and h.started_at > :held_since)"""
_HAS_NAME = "(p.email <> '' or coalesce(p.body ->> 'phone', '') <> '')"

# Who may be told of (trust A1, A4, A11): everything that the tables know. `m` is a membership, `p` its person.
# A fold that does not know a word yields null: only what is true counts as a yes.
_MAY_BE_TOLD = f"""m.left_at is null and {_ALLOWS} and not {_IS_YOUNG} and not {_IS_HELD} and {_OBJECTS} is not true
       and not (:buyers_leave and coalesce(cast(p.body ->> 'last_order_at' as bigint), 0) > m.joined_at)"""

# The members of an audience, each counted under the first reason not to tell of them.
REACH = Statement(
    "audience_reach",
    f"""select count(*), sum(case when why = 1 then 1 else 0 end), sum(case when why = 2 then 1 else 0 end),
              sum(case when why = 3 then 1 else 0 end), sum(case when why = 4 then 1 else 0 end),
              sum(case when why = 5 then 1 else 0 end)
       from (select case when ({_ALLOWS}) is not true then 1 when ({_OBJECTS}) is true then 2
                         when ({_HAS_NAME}) is not true then 3 when {_IS_HELD} then 4
                         when {_IS_YOUNG} then 5 else 0 end as why
             from audience_member m left join person p on p.bucket = :bucket and p.shop_id = m.shop_id and p.id = m.person_id
             where m.bucket = :bucket and m.shop_id = :shop and m.audience = :audience and m.left_at is null) as judged""",  # noqa: S608
)

SINKS = Statement(
    "audience_sinks",
    "select shop_id, platform, audience, sealed, paused_until from audience_sink where bucket = :bucket"
    " order by shop_id, platform, audience",
)

_PERSON_COLUMNS = """m.person_id, p.email, coalesce(p.body ->> 'phone', ''),
              cast(p.body -> 'consents' -> 'ads' -> 'given' as text),
              cast(p.body -> 'consents' -> 'ads_personal' -> 'given' as text)"""

# Those who should be there and of whom the ledger does not say so.
NEWCOMERS = Statement(
    "audience_newcomers",
    f"""select {_PERSON_COLUMNS} from audience_member m
       join person p on p.bucket = :bucket and p.shop_id = m.shop_id and p.id = m.person_id
       left join audience_entry e on e.bucket = :bucket and e.shop_id = m.shop_id and e.platform = :platform
            and e.audience = m.audience and e.person_id = m.person_id
       where m.bucket = :bucket and m.shop_id = :shop and m.audience = :audience and m.person_id > :after
       and e.person_id is null and {_MAY_BE_TOLD} order by m.person_id limit :most""",  # noqa: S608  (our own words)
)

# Those of whom the ledger says that they should be there, and who should not: also whoever is gone from the tables.
LEAVERS = Statement(
    "audience_leavers",
    f"""select e.person_id from audience_entry e
       left join audience_member m on m.bucket = :bucket and m.shop_id = e.shop_id and m.audience = e.audience
            and m.person_id = e.person_id
       left join person p on p.bucket = :bucket and p.shop_id = e.shop_id and p.id = e.person_id
       where e.bucket = :bucket and e.shop_id = :shop and e.platform = :platform and e.audience = :audience and e.wanted
       and (m.person_id is null or p.id is null or ({_MAY_BE_TOLD}) is not true) order by e.person_id limit :most""",  # noqa: S608
)

# Those of these people who may still be told of: asked again in the transaction that hands them to a sender.
STILL_THERE = Statement(
    "audience_still",
    f"""select {_PERSON_COLUMNS} from {{rows}}
       join audience_member m on m.bucket = :bucket and m.shop_id = :shop and m.audience = :audience and m.person_id = r.person
       join person p on p.bucket = :bucket and p.shop_id = :shop and p.id = r.person
       where {_MAY_BE_TOLD}""",  # noqa: S608
    "person id",
)

# Everybody in the ledger who should be there, in portions: whoever has another address now is known by another hash.
THERE_AFTER = Statement(
    "audience_there_after",
    """select e.person_id, e.identifiers, p.email, coalesce(p.body ->> 'phone', '') from audience_entry e
       join person p on p.bucket = :bucket and p.shop_id = e.shop_id and p.id = e.person_id
       where e.bucket = :bucket and e.shop_id = :shop and e.platform = :platform and e.audience = :audience and e.wanted
       and e.person_id > :after order by e.person_id limit :most""",
)

# The hashes of those who are to go and of whom nobody confirmed it: nobody else may come under one of them meanwhile.
GOING = Statement(
    "audience_going",
    """select identifiers from audience_entry where bucket = :bucket and shop_id = :shop and platform = :platform
       and audience = :audience and not wanted""",
)

# Whoever is still to go comes again once that is confirmed.
WANT = Statement(
    "audience_want",
    """insert into audience_entry (bucket, shop_id, platform, audience, person_id, wanted, there, identifiers, changed_at, due_at,
                                   lease_until, attempts, reference, problem)
       select :bucket, :shop, :platform, :audience, r.person, true, false, r.identifiers, :now, :now, 0, 0, '', '' from {rows}
       where true on conflict (bucket, shop_id, platform, audience, person_id) do nothing""",
    "person id, identifiers json",
)

# What was never handed to a sender need not be taken back. `told_at` is set before the first word leaves.
DROP_UNTOLD = Statement(
    "audience_drop_untold",
    """delete from audience_entry where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience
       and told_at is null and person_id in (select r.person from {rows})""",
    "person id",
)

UNWANT = Statement(
    "audience_unwant",
    """update audience_entry set wanted = false, changed_at = :now, due_at = :now, attempts = 0, problem = ''
       where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience and wanted
       and person_id in (select r.person from {rows})""",
    "person id",
)

# Everything that is there goes: the merchant no longer wants this copy.
UNWANT_ALL = Statement(
    "audience_unwant_all",
    """update audience_entry set wanted = false, changed_at = :now, due_at = :now, attempts = 0, problem = ''
       where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience and wanted""",
)

DROP_UNTOLD_ALL = Statement(
    "audience_drop_untold_all",
    """delete from audience_entry where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience
       and told_at is null""",
)

ANY_DUE = Statement(
    "audience_any_due",
    """select 1 from audience_entry where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience
       and due_at <= :now and lease_until <= :now and (:may_add or not wanted) limit 1""",
)

# Those who go first: a yes can wait, a no cannot. Whoever dies while telling has perhaps told it: it is told again.
CLAIM_ENTRIES = Statement(
    "audience_claim",
    """with due as materialized
       (select person_id from audience_entry
        where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience
        and due_at <= :now and lease_until <= :now and (:may_add or not wanted) order by wanted, due_at limit :most {skip})
       update audience_entry set lease_until = :until
       where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience and lease_until <= :now
       and person_id in (select person_id from due)
       returning person_id, wanted, identifiers, attempts, reference""",
)

# From now on they may be there, whatever becomes of the answer.
NOTE_TELLING = Statement(
    "audience_note_telling",
    """update audience_entry set told_at = :now where bucket = :bucket and shop_id = :shop and platform = :platform
       and audience = :audience and lease_until = :until and person_id in (select r.person from {rows})""",
    "person id",
)

RELEASE_ENTRIES = Statement(
    "audience_release",
    """update audience_entry set lease_until = 0 where bucket = :bucket and shop_id = :shop and platform = :platform
       and audience = :audience and lease_until = :until and person_id in (select r.person from {rows})""",
    "person id",
)

# All of these hold only where the lease is still ours: whoever lost it says nothing any more.
_OURS = """audience_entry.bucket = :bucket and audience_entry.shop_id = :shop and audience_entry.platform = :platform
       and audience_entry.audience = :audience and audience_entry.person_id = r.person and audience_entry.lease_until = :until"""

# Confirmed as being there. Whoever is to go by now stays due.
NOTE_THERE = Statement(
    "audience_note_there",
    f"""update audience_entry set there = true, lease_until = 0, attempts = 0, reference = '', problem = '',
              due_at = case when audience_entry.wanted then null else audience_entry.due_at end from {{rows}} where {_OURS}""",  # noqa: S608
    "person id",
)

# Confirmed as gone: with the row go the hashes.
NOTE_GONE = Statement(
    "audience_note_gone",
    """delete from audience_entry where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience
       and not wanted and lease_until = :until and person_id in (select r.person from {rows})""",
    "person id",
)

# Promised, failed, or put off: due again. Whoever was to come and is to go by now is not put off.
NOTE_LATER = Statement(
    "audience_note_later",
    f"""update audience_entry set lease_until = 0,
              due_at = case when audience_entry.wanted = r.wanted then r.due_at else audience_entry.due_at end,
              attempts = r.attempts, reference = r.reference,
              problem = r.problem from {{rows}} where {_OURS}""",  # noqa: S608
    "person id, wanted bool, due_at int, attempts int, reference text, problem text",
)

NOTE_SYNCED = Statement(
    "audience_note_synced",
    """update audience_sink set synced_at = :now where bucket = :bucket and shop_id = :shop and platform = :platform
       and audience = :audience and coalesce(synced_at, 0) < :now - 60000
       and not exists (select 1 from audience_entry e where e.bucket = :bucket and e.shop_id = :shop
       and e.platform = :platform and e.audience = :audience and e.due_at is not null)""",
)

PAUSE_SINK = Statement(
    "audience_pause_sink",
    """update audience_sink set paused_until = :until, pause_reason = :reason where bucket = :bucket and shop_id = :shop
       and platform = :platform and audience = :audience""",
)

# The copy that the merchant no longer wants, once nobody is in it any more.
DROP_SINK = Statement(
    "audience_drop_sink",
    """delete from audience_sink where bucket = :bucket and shop_id = :shop and platform = :platform and audience = :audience
       and sealed = :sealed and not exists (select 1 from audience_entry e where e.bucket = :bucket and e.shop_id = :shop
       and e.platform = :platform and e.audience = :audience)""",
)

# Of these people: what is in their carts and orders, as product keys stand in them.
CARTS_OF_MEMBERS = Statement(
    "audience_carts_of_members",
    """select c.person_id, c.id, c.body from audience_member m
       join cart c on c.bucket = :bucket and c.shop_id = m.shop_id and c.person_id = m.person_id
       where m.bucket = :bucket and m.shop_id = :shop and m.audience = :audience and m.left_at is null
       and c.last_activity > :since and (c.person_id, c.id) > (:person, :cart) order by c.person_id, c.id limit :most""",
)

PRODUCTS_OF_CATEGORIES = Statement(
    "audience_products_of_categories",
    """select p.key from {rows} join product p on p.bucket = :bucket and p.shop_id = :shop
       and lower(p.body ->> 'category') = r.category""",
    "category text",
)

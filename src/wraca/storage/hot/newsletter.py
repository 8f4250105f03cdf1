"""SQL of the newsletter's block: who is behind the key of a link."""

from wraca.storage.statement import Statement

READER = Statement(
    "newsletter_reader",
    """select p.body from link l join person p on p.bucket = :bucket and p.shop_id = l.shop_id and p.id = l.person_id
       where l.bucket = :bucket and l.shop_id = :shop and l.token_hash = :hash and l.purpose = 'newsletter'""",
)

# An address may turn out to be somebody else's: its key then leads to them.
SAVE_READERS = Statement(
    "save_newsletter_readers",
    """insert into link (bucket, shop_id, token_hash, purpose, message_id, person_id, cart_id, targets, expires_at)
       select :bucket, r.shop, r.hash, 'newsletter', r.person, r.person, r.person, '[]', :until from {rows} where true
       on conflict (bucket, shop_id, token_hash) do update set person_id = excluded.person_id
       where link.person_id <> excluded.person_id""",
    "shop id, hash text, person id",
)

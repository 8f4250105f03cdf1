"""SQL of the write keys. A key arrives before its shop is known, so these alone look across buckets; the answers are cached."""

from wraca.storage.statement import Statement

FIND_KEY = Statement(
    "find_key",
    """select k.kind, k.origins, s.id, s.domain, s.currency, s.identity_secret from api_key k
       join shop s on s.bucket = k.bucket and s.id = k.shop_id
       where k.key_hash = :hash and k.revoked_at is null""",
)

ORIGINS = Statement(
    "origins",
    """select s.domain, k.origins from api_key k join shop s on s.bucket = k.bucket and s.id = k.shop_id
       where k.kind = 'browser' and k.revoked_at is null""",
)

PARK = Statement(
    "park",
    """insert into parked (bucket, shop_id, id, kind, at, problem, payload)
       select :bucket, r.shop, r.id, 'event', :now, r.problem, r.payload from {rows} where true on conflict do nothing""",
    "shop id, id id, problem text, payload json",
)

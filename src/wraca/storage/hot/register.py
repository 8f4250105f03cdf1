"""SQL of what stands behind every decision and changes rarely: shops, journeys, channels, templates, the installation."""

from wraca.storage.statement import Statement

SHOP = Statement(
    "shop",
    """select id, bucket, name, domain, country, currency, language, timezone, permission, identity_secret, settings, paused_at
       from shop where bucket = :bucket and id = :shop""",
)

ACTIVE_JOURNEYS = Statement(
    "active_journeys",
    """select j.name, j.version, j.active_since, v.source from journey j join journey_version v
       on v.bucket = :bucket and v.shop_id = j.shop_id and v.name = j.name and v.version = j.version
       where j.bucket = :bucket and j.shop_id = :shop and j.active_since is not null order by j.name""",
)

# Runs go on when their journey is paused or changed: what any version of it waits for, and whether one speaks of audiences.
# (A doubled per cent sign is one to PostgreSQL's driver, and as good as one to SQLite.)
HABITS = Statement(
    "habits",
    """select j.awaits, exists (select 1 from journey_version v where v.bucket = :bucket and v.shop_id = j.shop_id
                                and v.name = j.name and v.source like '%%audience%%')
       from journey j where j.bucket = :bucket and j.shop_id = :shop""",
)

JOURNEY_SOURCE = Statement(
    "journey_source",
    "select source from journey_version where bucket = :bucket and shop_id = :shop and name = :name and version = :version",
)

CHANNEL = Statement(
    "channel",
    """select sealed, paused_until, pause_reason from channel_setting
       where bucket = :bucket and shop_id = :shop and channel = :channel""",
)

TEMPLATE = Statement(
    "template",
    """select sources from template_version where bucket = :bucket and shop_id = :shop and name = :name and language = :language
       order by version desc limit 1""",
)

BUCKETS = Statement("buckets", "select distinct bucket from shop")

PAUSED = Statement("paused", "select paused_reason from installation where id = 1")

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

# Runs go on when their journey is paused or changed: what any version of it waits for, whether one speaks of audiences, and whether
# one may leave more behind than messages. (A doubled per cent sign is one to PostgreSQL's driver, and as good as one to SQLite.)
HABITS = Statement(
    "habits",
    """select j.awaits, coalesce(v.speaks, 0), coalesce(v.keeps, 0)
       from journey j left join
            (select name, max(case when source like '%%audience%%' then 1 else 0 end) as speaks,
                    max(case when source like '%%audience%%' or source like '%%offer%%' or source like '%%notify_team%%'
                             or source like '%%browse_abandoned%%' or source like '%%price_dropped%%'
                             or source like '%%_stock%%' then 1 else 0 end) as keeps
             from journey_version where bucket = :bucket and shop_id = :shop group by name) v on v.name = j.name
       where j.bucket = :bucket and j.shop_id = :shop""",
)

# The shop's own tools may fill audiences without any journey.
HAS_MEMBERS = Statement("has_members", "select 1 from audience_member where bucket = :bucket and shop_id = :shop limit 1")

JOURNEY_SOURCE = Statement(
    "journey_source",
    "select source from journey_version where bucket = :bucket and shop_id = :shop and name = :name and version = :version",
)

CHANNEL = Statement(
    "channel",
    """select sealed, paused_until, pause_reason from channel_setting
       where bucket = :bucket and shop_id = :shop and channel = :channel""",
)

# The words in this language, else those for every other one: a message of the shop's own has none built in to fall back on.
TEMPLATE = Statement(
    "template",
    """select sources from template_version where bucket = :bucket and shop_id = :shop and name = :name
         and language in (:language, '') order by language desc, version desc limit 1""",
)

BUCKETS = Statement("buckets", "select distinct bucket from shop")

PAUSED = Statement("paused", "select paused_reason from installation where id = 1")

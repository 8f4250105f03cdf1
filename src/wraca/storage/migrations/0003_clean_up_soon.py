"""On PostgreSQL: tables whose rows come and go are cleaned up after 2 % of them, and their statistics kept fresh.

The defaults wait for a fifth of the table, which for ten million timers is two million dead ones in the way of every look.
"""

from django.db import migrations

_BUSY = ("timer", "outbox", "run", "feed")
_SETTINGS = (
    "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 1, "
    "autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 500, fillfactor = 85"
)


def clean_up_soon(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in _BUSY:
            schema_editor.execute(f"alter table {table} set ({_SETTINGS})")


class Migration(migrations.Migration):
    dependencies = [("wraca", "0002_deliverability")]
    operations = [migrations.RunPython(clean_up_soon, migrations.RunPython.noop)]

"""The installation itself: whether it may send, what it had to put aside, and who did what."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class Installation(models.Model):
    """One row. `epoch` grows when the database is restored: an older process then loses every race, and sending is paused."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.IntegerField(default=1)
    paused_reason = models.TextField(blank=True, default="")
    created_at = InstantField()

    class Meta:
        db_table = "installation"


class Parked(models.Model):
    """Something that failed again and again, put aside so that the rest goes on; it can be played again."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    kind = models.CharField(max_length=16)  # event, run, message
    at = InstantField()
    problem = models.TextField()
    payload = models.JSONField()

    class Meta:
        db_table = "parked"


class Audit(models.Model):
    """Who did what in the console. Append-only; each row carries a hash over itself and the row before."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    at = InstantField()
    who = models.CharField(max_length=200)
    what = models.CharField(max_length=64)
    body = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit"
        indexes = (models.Index(fields=["bucket", "shop_id", "at"], name="audit_by_time"),)

"""Where Wraca tells others what happened: ad platforms that hold our audiences, webhooks, product feeds."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class AudienceSink(models.Model):
    """An audience of the shop, kept equal to one on an ad platform."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "platform", "audience")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    platform = models.CharField(max_length=16)  # meta, google, tiktok, webhook, csv
    audience = models.CharField(max_length=64)
    sealed = models.TextField()  # account, remote id, token
    paused_until = InstantField(null=True)
    pause_reason = models.TextField(blank=True, default="")
    synced_at = InstantField(null=True)

    class Meta:
        db_table = "audience_sink"


class AudienceEntry(models.Model):
    """One person on one platform: what should be there, and what the platform confirmed. Identifiers are hashed by its rules."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "platform", "audience", "person_id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    platform = models.CharField(max_length=16)
    audience = models.CharField(max_length=64)
    person_id = IdField()
    wanted = models.BooleanField()
    there = models.BooleanField(default=False)
    identifiers = models.JSONField(default=dict)  # hashes that were sent: needed to take the person out again after their erasure
    changed_at = InstantField()
    due_at = models.BigIntegerField(null=True)  # when it is to be told; empty: the platform agrees
    lease_until = models.BigIntegerField(default=0)
    attempts = models.SmallIntegerField(default=0)
    told_at = InstantField(null=True)
    reference = models.CharField(max_length=200, blank=True, default="")
    problem = models.TextField(blank=True, default="")

    class Meta:
        db_table = "audience_entry"
        indexes = (
            models.Index(fields=["bucket", "due_at"], name="audience_due", condition=~models.Q(due_at=None)),
            models.Index(fields=["bucket", "shop_id", "person_id"], name="audience_entry_by_person"),
        )


class WebhookEndpoint(models.Model):
    """Somebody who wants to be told. `sealed` holds the signing secrets, the newest first."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    url = models.CharField(max_length=1000)
    events = models.JSONField(default=list)  # names; empty: all
    sealed = models.TextField()
    created_at = InstantField()
    failing_since = InstantField(null=True)
    disabled_at = InstantField(null=True)
    disabled_reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "webhook_endpoint"


class WebhookDelivery(models.Model):
    """One event told to one endpoint: a row that is due is work; what was answered is kept for a while."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "endpoint_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    endpoint_id = IdField()
    id = IdField()  # the webhook-id: the same at every attempt
    event = models.CharField(max_length=64)
    at = InstantField()
    payload = models.JSONField()
    due_at = models.BigIntegerField(null=True)  # empty: done
    lease_until = models.BigIntegerField(default=0)
    attempts = models.SmallIntegerField(default=0)
    status = models.SmallIntegerField(null=True)
    detail = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "webhook_delivery"
        indexes = (
            models.Index(fields=["bucket", "due_at"], name="webhook_due", condition=~models.Q(due_at=None)),
            models.Index(fields=["bucket", "shop_id", "at"], name="webhook_by_time"),
        )


class PublishedFeed(models.Model):
    """How many products a product feed last had: a sudden loss stops its publication."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "kind")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    kind = models.CharField(max_length=16)
    products = models.IntegerField()
    published_at = InstantField()
    refused_at = InstantField(null=True)
    refused_products = models.IntegerField(default=0)

    class Meta:
        db_table = "published_feed"

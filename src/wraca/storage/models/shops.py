"""A shop, the keys that may speak for it, its channels, its catalogue and the people who run it."""

from django.conf import settings
from django.db import models

from wraca.storage.fields import IdField, InstantField


class Shop(models.Model):
    """One shop; everything of it lives in its bucket."""

    pk = models.CompositePrimaryKey("bucket", "id")
    bucket = models.SmallIntegerField()
    id = IdField()
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253)
    country = models.CharField(max_length=2, blank=True, default="")
    currency = models.CharField(max_length=3, default="EUR")
    language = models.CharField(max_length=8, default="en")
    timezone = models.CharField(max_length=64, default="UTC")
    # "vouched": the shop answers for the consent behind addresses its server sends; "explicit": a recorded consent is needed.
    permission = models.CharField(max_length=16, default="vouched")
    identity_secret = models.CharField(max_length=64)
    # Sender's legal name, postal address, phone, restore_url, caps, quiet hours: see domain/shop.py for the shape.
    settings = models.JSONField(default=dict)
    created_at = InstantField()
    paused_at = InstantField(null=True)

    class Meta:
        db_table = "shop"

    def __str__(self) -> str:
        return self.name


class Feed(models.Model):
    """How far the shop's order reports are known to be complete. Narrow, because it is written often."""

    pk = models.CompositePrimaryKey("bucket", "shop_id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    complete_until = InstantField()
    heartbeat = models.BooleanField(default=False)  # the shop sends "Order Feed Checked": silence is then a fault

    class Meta:
        db_table = "feed"


class ApiKey(models.Model):
    """A write key. Only its hash is kept, but for the browser's, which is public by nature and shown in the snippet."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "key_hash")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    key_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)  # "browser", "server"
    shown = models.CharField(max_length=64)  # the browser key itself, or the first characters of a server key
    origins = models.JSONField(default=list)
    created_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        db_table = "api_key"
        indexes = (models.Index(fields=["key_hash"], name="api_key_by_hash"),)


class ChannelSetting(models.Model):
    """How a shop reaches people over one channel; `sealed` holds the settings, encrypted under a key outside the database."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "channel")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    channel = models.CharField(max_length=16)
    sealed = models.TextField()
    paused_until = InstantField(null=True)
    pause_reason = models.TextField(blank=True, default="")
    checked_at = InstantField(null=True)  # the last successful test message

    class Meta:
        db_table = "channel_setting"


class Product(models.Model):
    """What the shop's own server or feed says of a product: the only word on names and prices of what a browser reported."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "key")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    key = models.CharField(max_length=200)  # product_id, or product_id/variant
    body = models.JSONField()  # a domain Product: names by language, prices by currency, url, picture, stock
    updated_at = InstantField()

    class Meta:
        db_table = "product"


class Member(models.Model):
    """A console account's role in a shop."""

    bucket = models.SmallIntegerField()
    shop_id = IdField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, default="owner")  # owner, admin, marketer, analyst, support

    class Meta:
        db_table = "member"
        constraints = (models.UniqueConstraint(fields=["bucket", "shop_id", "user"], name="member_once"),)

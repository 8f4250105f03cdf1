"""What decides whether mail arrives: the standing of sending domains, and how far each limit is used up."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class SendingDomain(models.Model):
    """What DNS said of a domain that a shop sends from, when it last could be asked (domain/senderdomain.py)."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "domain")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    domain = models.CharField(max_length=253)
    standing = models.CharField(max_length=12)  # passes, fails, unknown (never answered yet), not_checked (nothing to ask)
    checked_at = InstantField(null=True)  # the last check that came to an answer
    tried_at = InstantField()
    findings = models.JSONField(default=list)

    class Meta:
        db_table = "sending_domain"


class Pace(models.Model):
    """How far a limit is used up: of the shop, of its sending domain, of one group of recipients (domain/pacing.py)."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "channel", "key")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    channel = models.CharField(max_length=16)
    key = models.CharField(max_length=261)  # "shop", "domain:shop.example", "group:gmail", "trial:shop.example"
    free_at = models.BigIntegerField(default=0)  # microseconds: when everything granted so far is used up
    slow_rate = models.IntegerField(default=0)  # messages per hour, after the other side asked for less; 0: it never did
    slow_at = models.BigIntegerField(default=0)
    day = models.IntegerField(default=0)  # days since 1970, of `used`
    used = models.IntegerField(default=0)

    class Meta:
        db_table = "pace"

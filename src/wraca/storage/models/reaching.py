"""What reaches people outside the mailbox: push subscriptions, permissions to be confirmed, what was shown on the shop's pages."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class PushSubscription(models.Model):
    """A browser that may be sent web push. The endpoint and its keys are sealed; `endpoint_hash` finds a repeated one."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()  # derived from the endpoint
    person_id = IdField()
    service = models.CharField(max_length=100)  # the host of the push service
    sealed = models.TextField()
    key_id = models.CharField(max_length=16)  # of the VAPID key it was made with
    created_at = InstantField()
    seen_at = InstantField()  # when its browser last showed itself
    gone_at = InstantField(null=True)  # the push service says it is no more

    class Meta:
        db_table = "push_subscription"
        indexes = (models.Index(fields=["bucket", "shop_id", "person_id"], name="push_by_person"),)


class OptIn(models.Model):
    """A permission that somebody asked for in a form, until they confirm it over the channel itself (double opt-in)."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "token_hash")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    token_hash = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    sealed = models.TextField()  # the address, the browser's id, the exact words agreed to, the page
    cart_id = IdField(null=True)  # whose contents they asked for
    language = models.CharField(max_length=8, blank=True, default="")
    asked_at = InstantField()
    mailed_at = InstantField(null=True)
    confirmed_at = InstantField(null=True)
    expires_at = InstantField()

    class Meta:
        db_table = "opt_in"
        indexes = (
            models.Index(fields=["bucket", "token_hash"], name="opt_in_by_token"),
            models.Index(fields=["bucket", "asked_at"], name="opt_in_to_mail", condition=models.Q(mailed_at=None)),
        )


class Placement(models.Model):
    """Something that can be shown on the shop's pages: a pop-up, a bar, a block, a form. The newest version is used."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "name", "version")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    name = models.CharField(max_length=64)
    version = models.IntegerField()
    kind = models.CharField(max_length=16)  # popup, slide_in, bar, inline, card
    content = models.JSONField()  # blocks by language, form fields, consent text
    rules = models.JSONField()  # when, to whom, how often
    is_active = models.BooleanField(default=False)
    created_at = InstantField()
    author = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "placement"


class Shown(models.Model):
    """How often one person was shown one placement, and whether they closed it or said no."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "person_id", "name")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    person_id = IdField()
    name = models.CharField(max_length=64)
    times = models.IntegerField(default=0)
    last_at = InstantField()
    refused_at = InstantField(null=True)

    class Meta:
        db_table = "shown"


class Spend(models.Model):
    """What a channel cost a shop on one day, in millionths of its currency's unit: a cap is compared in the gate's transaction."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "channel", "day")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    channel = models.CharField(max_length=16)
    day = models.IntegerField()  # days since 1970 in the shop's zone
    micros = models.BigIntegerField(default=0)
    messages = models.IntegerField(default=0)
    parts = models.IntegerField(default=0)

    class Meta:
        db_table = "spend"

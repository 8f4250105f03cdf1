"""What may begin a journey besides a cart, and what a journey does besides sending: interest, audiences, word to the team."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class Interest(models.Model):
    """Somebody had a product in the cart or looked at it: whom a change of its price or stock concerns.

    Written only for shops that have a journey about products.
    """

    pk = models.CompositePrimaryKey("bucket", "shop_id", "product", "person_id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    product = models.CharField(max_length=200)  # the product_id, without a variant
    person_id = IdField()
    at = InstantField()

    class Meta:
        db_table = "interest"
        indexes = (models.Index(fields=["bucket", "shop_id", "person_id"], name="interest_by_person"),)


class AudienceMember(models.Model):
    """Somebody is, or was, in an audience of the shop. `left_at` is empty while they are in it."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "audience", "person_id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    audience = models.CharField(max_length=64)
    person_id = IdField()
    joined_at = InstantField()
    left_at = InstantField(null=True)
    source = models.CharField(max_length=64)  # the journey whose step it was; "event" where the shop said so

    class Meta:
        db_table = "audience_member"
        indexes = (models.Index(fields=["bucket", "shop_id", "person_id"], name="audience_by_person"),)


class Notice(models.Model):
    """Something a journey tells the shop's own team, in the console and by e-mail."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()  # derived from the run and its step: told once
    at = InstantField()
    journey = models.CharField(max_length=64)
    run_id = IdField()
    person_id = IdField()
    cart_id = IdField()
    text = models.TextField()
    done_at = InstantField(null=True)  # somebody of the team saw to it
    mail_state = models.CharField(max_length=8, default="waiting")  # waiting, sending, sent, failed, nobody (no team address)
    mail_until = models.BigIntegerField(default=0)  # the lease of the worker that mails it

    class Meta:
        db_table = "notice"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "at"], name="notice_by_time"),
            models.Index(
                fields=["bucket", "mail_until"], name="notice_to_mail", condition=models.Q(mail_state__in=["waiting", "sending"])
            ),
            models.Index(fields=["bucket", "shop_id", "person_id"], name="notice_by_person"),
        )

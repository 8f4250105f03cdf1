"""Offers: the codes a shop put into Wraca, and the coupons that were given to people."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class OfferCode(models.Model):
    """One single-use code of a pool that the merchant uploaded. `coupon_id` is empty until somebody gets it."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "pool", "code")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    pool = models.CharField(max_length=64)
    code = models.CharField(max_length=100)
    added_at = InstantField()
    coupon_id = IdField(null=True)

    class Meta:
        db_table = "offer_code"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "pool", "code"], name="offer_code_free", condition=models.Q(coupon_id=None)),
        )


class Coupon(models.Model):
    """An offer that one step of one run made to one person: once, whatever crashes."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()  # derived from the run and its step
    run_id = IdField()
    step = models.CharField(max_length=64)
    journey = models.CharField(max_length=64)
    person_id = IdField()
    cart_id = IdField()
    code = models.CharField(max_length=100, blank=True, default="")  # empty: the pool had none left, or nobody was to get one
    pool = models.CharField(max_length=64, blank=True, default="")
    terms = models.JSONField(default=dict)  # domain Offer: kind, value, the least cart
    held_out = models.BooleanField(default=False)  # would have been given
    issued_at = InstantField()
    expires_at = InstantField(null=True)
    closed_at = InstantField(null=True)  # used, or taken back when the run ended

    class Meta:
        db_table = "coupon"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "run_id"], name="coupon_by_run"),
            models.Index(fields=["bucket", "shop_id", "person_id"], name="coupon_by_person"),
            models.Index(fields=["bucket", "shop_id", "code"], name="coupon_by_code"),
        )

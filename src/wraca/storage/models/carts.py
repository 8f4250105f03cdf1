"""Carts, orders, and the timers that watch over them."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class CartRow(models.Model):
    """A cart: a fold of events (domain/carts.py). `body` is the whole, the columns are for finding and counting."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    person_id = IdField()
    state = models.CharField(max_length=8)  # open, emptied, ordered, lost
    stage = models.SmallIntegerField()
    currency = models.CharField(max_length=3, blank=True, default="")
    total = models.BigIntegerField(default=0)
    started_at = InstantField()
    last_activity = InstantField()
    body = models.JSONField()

    class Meta:
        db_table = "cart"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "person_id"], name="cart_by_person"),
            models.Index(fields=["bucket", "shop_id", "last_activity"], name="cart_by_activity"),
        )


class OrderRow(models.Model):
    """An order and its latest state."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()  # derived from the shop's order number
    number = models.CharField(max_length=200)
    person_id = IdField()
    at = InstantField()
    state = models.CharField(max_length=16)
    currency = models.CharField(max_length=3, blank=True, default="")
    total = models.BigIntegerField(default=0)
    coupon = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        db_table = "purchase"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "person_id", "at"], name="purchase_by_person"),
            models.Index(fields=["bucket", "shop_id", "at"], name="purchase_by_time"),
        )


class Timer(models.Model):
    """One sleeping thing. No status: a row that is due is work, a row that is gone is done."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "subject", "kind")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    subject = IdField()  # a cart or a run
    kind = models.SmallIntegerField()  # 1 cart, 2 run
    due_at = models.BigIntegerField()

    class Meta:
        db_table = "timer"
        indexes = (models.Index(fields=["bucket", "due_at"], name="timer_due"),)

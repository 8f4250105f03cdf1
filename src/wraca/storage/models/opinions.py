"""What people said: why they did not buy, and what they think of a product."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class Answer(models.Model):
    """Somebody's answer to the question for the reason. A fold of an event, like everything people say; kept apart for reports."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()  # the event's
    person_id = IdField()
    cart_id = IdField(null=True)
    message_id = IdField(null=True)
    journey = models.CharField(max_length=64, blank=True, default="")
    at = InstantField()
    reason = models.CharField(max_length=24)  # domain/reasons.py
    text = models.TextField(blank=True, default="")

    class Meta:
        db_table = "answer"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "at"], name="answer_by_time"),
            models.Index(fields=["bucket", "shop_id", "person_id"], name="answer_by_person"),
        )


class Review(models.Model):
    """A review of a product, as the shop reported it."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()  # derived from the shop's own id of the review
    product = models.CharField(max_length=200)  # the product_id, without a variant
    at = InstantField()
    rating = models.SmallIntegerField(null=True)  # 1-5
    text = models.TextField(blank=True, default="")
    author = models.CharField(max_length=100, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    verified = models.BooleanField(null=True)  # the shop checked that the author bought it; empty: it did not say

    class Meta:
        db_table = "review"
        indexes = (models.Index(fields=["bucket", "shop_id", "product", "at"], name="review_by_product"),)

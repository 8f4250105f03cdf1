"""Live chat: conversations and what was said in them."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class Chat(models.Model):
    """One conversation with one visitor. Unread counts are kept for both sides."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    person_id = IdField()
    token_hash = models.CharField(max_length=64)  # what the visitor's widget holds
    state = models.CharField(max_length=8)  # open, waiting (for the visitor's answer by mail), closed
    language = models.CharField(max_length=8, blank=True, default="")
    opened_at = InstantField()
    last_at = InstantField()
    last_by = models.CharField(max_length=8)  # visitor, team, journey
    unread_team = models.IntegerField(default=0)
    unread_visitor = models.IntegerField(default=0)
    visitor_seen_at = InstantField()
    assigned_to = models.CharField(max_length=200, blank=True, default="")
    reply_to = models.TextField(blank=True, default="")  # a sealed address that the visitor left

    class Meta:
        db_table = "chat"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "last_at"], name="chat_by_time"),
            models.Index(fields=["bucket", "shop_id", "person_id"], name="chat_by_person"),
            models.Index(fields=["bucket", "token_hash"], name="chat_by_token"),
        )


class ChatLine(models.Model):
    """One thing said. `number` grows by one in each chat: whoever has read up to n asks for what is beyond."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "chat_id", "number")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    chat_id = IdField()
    number = models.IntegerField()
    id = IdField()  # made by whoever said it: said twice, kept once
    at = InstantField()
    by = models.CharField(max_length=8)  # visitor, team, journey, system
    author = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    attachment = models.JSONField(null=True)  # name, type, size, and the content itself, sealed
    mailed_at = InstantField(null=True)

    class Meta:
        db_table = "chat_line"
        constraints = (models.UniqueConstraint(fields=["bucket", "shop_id", "chat_id", "id"], name="chat_line_once"),)

"""Journeys, their immutable versions, the runs of people through them, and why each step was taken."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class Journey(models.Model):
    """A journey of a shop and the version that new runs get."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "name")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    name = models.CharField(max_length=64)
    version = models.IntegerField()
    active_since = InstantField(null=True)  # None: not running; carts from before this moment never start it
    created_at = InstantField()
    awaits = models.JSONField(default=list, db_default=[])  # what any version of it waits for: these events wake its runs

    class Meta:
        db_table = "journey"


class JourneyVersion(models.Model):
    """One version of a journey's file. Never changed: runs pin it."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "name", "version")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    name = models.CharField(max_length=64)
    version = models.IntegerField()
    source = models.TextField()  # the YAML file, as it was written
    created_at = InstantField()
    author = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "journey_version"


class RunRow(models.Model):
    """One person on one journey."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    journey = models.CharField(max_length=64)
    version = models.IntegerField()
    person_id = IdField()
    cart_id = IdField()
    at = models.CharField(max_length=64)
    entered_at = InstantField()
    started_at = InstantField()
    last_sent_at = models.BigIntegerField(default=0)
    turn = models.IntegerField(default=0)  # grows with every decision; the loser of a race finds another number
    held_out = models.BooleanField(default=False)
    outcome = models.CharField(max_length=16, blank=True, default="")  # empty: running
    ended_at = InstantField(null=True)
    about = models.JSONField(default=dict, db_default={})  # what began it, where that was no cart: domain/journeys/occasions.py

    class Meta:
        db_table = "run"
        constraints = (
            models.UniqueConstraint(
                fields=["bucket", "shop_id", "journey", "person_id"], name="run_once_at_a_time", condition=models.Q(outcome="")
            ),
        )
        indexes = (
            models.Index(fields=["bucket", "shop_id", "person_id"], name="run_by_person"),
            models.Index(fields=["bucket", "shop_id", "started_at"], name="run_by_start"),
        )


class DecisionRow(models.Model):
    """Why a run did what it did: what was decided at one moment, with the values seen (domain/journeys/run.py, Decision)."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "run_id", "turn")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    run_id = IdField()
    turn = models.IntegerField()  # how many decisions the run had taken before
    at = InstantField()
    trail = models.JSONField()

    class Meta:
        db_table = "decision"


class Rehearsal(models.Model):
    """A journey played over the shop's past, by a process that tells how far it is. Kept for a day."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    journey = models.CharField(max_length=64)
    asked = models.JSONField(default=dict)  # versions, days
    state = models.CharField(max_length=8)  # running, done, failed, stopped
    progress = models.FloatField(default=0.0)  # 0.0-1.0
    result = models.JSONField(null=True)
    problem = models.TextField(blank=True, default="")
    started_at = InstantField()
    seen_at = InstantField()  # when its process last said that it is alive

    class Meta:
        db_table = "rehearsal"


class TemplateVersion(models.Model):
    """The merchant's own words for a message. The newest version of (name, language) is used; none: the built-in template."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "name", "language", "version")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    name = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    version = models.IntegerField()
    sources = models.JSONField()  # {"subject": ..., "mjml": ..., "text": ...}, and "blocks" where it was built of blocks
    created_at = InstantField()
    author = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "template_version"

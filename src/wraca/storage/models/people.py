"""People, what they are recognised by, what they allowed, and the events they caused."""

from django.db import models

from wraca.storage.fields import IdField, InstantField


class Person(models.Model):
    """What is known of one shopper: a fold of their events (domain/people.py). `body` is the whole, the columns are for finding."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    email = models.CharField(max_length=320, blank=True, default="")
    body = models.JSONField()
    first_seen = InstantField()
    last_seen = InstantField()

    class Meta:
        db_table = "person"
        indexes = (models.Index(fields=["bucket", "shop_id", "email"], name="person_by_email", condition=~models.Q(email="")),)


class Identity(models.Model):
    """One thing a person is recognised by, with the keys it was seen together with (domain/identity.py)."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "key")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    key = models.CharField(max_length=400)  # "email:anna@example.com"
    person_id = IdField()
    links = models.JSONField(default=list)

    class Meta:
        db_table = "identity"
        indexes = (models.Index(fields=["bucket", "shop_id", "person_id"], name="identity_by_person"),)


class EventRow(models.Model):
    """An event as it came in. `anchor` is the key of the identity it hangs on: identities change people, events never change."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    at = InstantField()
    anchor = models.CharField(max_length=400)
    payload = models.JSONField()

    class Meta:
        db_table = "event"
        indexes = (models.Index(fields=["bucket", "shop_id", "anchor", "at"], name="event_by_anchor"),)


class ConsentRow(models.Model):
    """Proof of one permission given or taken back. Never changed; each row carries a hash over itself and the row before."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    person_id = IdField()
    channel = models.CharField(max_length=16)
    given = models.BooleanField()
    at = InstantField()
    recorded_at = InstantField()
    body = models.JSONField()  # basis, exact text, version, language, mechanism, page, source
    previous_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "consent"
        indexes = (models.Index(fields=["bucket", "shop_id", "person_id", "at"], name="consent_by_person"),)


class Suppression(models.Model):
    """An address that must not be written to, as a keyed hash: it outlives the person's erasure without naming them."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "channel", "address_hash")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    channel = models.CharField(max_length=16)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=32)  # unsubscribed, complained, hard_bounce, erased, by_hand
    at = InstantField()

    class Meta:
        db_table = "suppression"

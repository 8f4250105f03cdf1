"""The outbox, the links inside messages, and what people did with them."""

from django.db import models

from wraca.domain.outbox import State
from wraca.storage.fields import IdField, InstantField

_WAITING = (State.PLANNED, State.RETRY, State.HELD)
_IN_FLIGHT = (State.CLAIMED, State.SENDING)
_ENDED = (State.ACCEPTED, State.REJECTED, State.SKIPPED, State.UNCERTAIN)


class OutboxRow(models.Model):
    """One message of one step of one run over one channel: the key makes a step exactly-once."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "run_id", "step", "channel")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    run_id = IdField()
    step = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    id = IdField()  # derived from the key: Message-ID, idempotency key, coupon issue key
    person_id = IdField()
    cart_id = IdField()
    journey = models.CharField(max_length=64)
    template = models.CharField(max_length=64)
    held_out = models.BooleanField(default=False)
    state = models.CharField(max_length=10)
    planned_at = InstantField()
    due_at = models.BigIntegerField()
    deadline_at = InstantField()  # no longer useful after this
    lease_until = models.BigIntegerField(null=True)
    lease_owner = models.CharField(max_length=32, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    sending_at = InstantField(null=True)
    settled_at = InstantField(null=True)
    reasons = models.JSONField(default=list)  # Silence words or a channel's reason, newest last
    body = models.JSONField(default=dict)  # recipient, subject, language, evidence of permission, reference of the other side

    class Meta:
        db_table = "outbox"
        constraints = (
            models.CheckConstraint(name="outbox_state_is_known", condition=models.Q(state__in=[state.value for state in State])),
            models.CheckConstraint(
                name="outbox_in_flight_has_a_lease",
                condition=~models.Q(state__in=[s.value for s in _IN_FLIGHT]) | models.Q(lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="outbox_handed_over_was_sending",
                condition=~models.Q(state__in=["sending", "accepted", "uncertain"]) | models.Q(sending_at__isnull=False),
            ),
            models.CheckConstraint(
                name="outbox_end_has_a_time",
                condition=~models.Q(state__in=[s.value for s in _ENDED]) | models.Q(settled_at__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                fields=["bucket", "due_at"], name="outbox_waiting", condition=models.Q(state__in=[s.value for s in _WAITING])
            ),
            models.Index(
                fields=["bucket", "lease_until"],
                name="outbox_in_flight",
                condition=models.Q(state__in=[s.value for s in _IN_FLIGHT]),
            ),
            models.Index(fields=["bucket", "shop_id", "id"], name="outbox_by_id"),
            models.Index(fields=["bucket", "shop_id", "person_id", "sending_at"], name="outbox_by_person"),
            models.Index(fields=["bucket", "shop_id", "planned_at"], name="outbox_by_time"),
        )


class Link(models.Model):
    """A token in a message, kept as a hash only. Destinations were written when the message was made."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "token_hash")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    token_hash = models.CharField(max_length=64)
    purpose = models.CharField(max_length=12)  # restore, click, open, preferences
    message_id = IdField()
    person_id = IdField()
    cart_id = IdField()
    targets = models.JSONField(default=list)
    expires_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        db_table = "link"
        indexes = (
            models.Index(fields=["bucket", "token_hash"], name="link_by_token"),
            models.Index(fields=["bucket", "shop_id", "message_id"], name="link_by_message"),
        )


class HitRow(models.Model):
    """Somebody or something opened or followed a link, with the evidence of which it was (domain/evidence.py)."""

    pk = models.CompositePrimaryKey("bucket", "shop_id", "id")
    bucket = models.SmallIntegerField()
    shop_id = IdField()
    id = IdField()
    message_id = IdField()
    person_id = IdField()
    purpose = models.CharField(max_length=12)
    target = models.SmallIntegerField(null=True)
    at = InstantField()
    verdict = models.CharField(max_length=8)  # human, machine, unknown
    reason = models.CharField(max_length=40)
    body = models.JSONField(default=dict)  # method, agent family, hashed address, rule version

    class Meta:
        db_table = "hit"
        indexes = (
            models.Index(fields=["bucket", "shop_id", "message_id"], name="hit_by_message"),
            models.Index(fields=["bucket", "shop_id", "person_id", "at"], name="hit_by_person"),
        )

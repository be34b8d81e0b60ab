"""Carriers, their nonces, what they report."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Carrier(models.Model):
    """A carrier's settings and state. `rate` is hand-overs a second (0: no limit); `allowance` what is left of it.

    `settings` are the carrier's own; secrets in it are encrypted by whoever writes them. Between `failing_since` and
    `retry_at` it is bypassed by the next one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40, unique=True, db_collation="C")
    enabled = models.BooleanField(default=False)
    rate = models.PositiveIntegerField(default=0)
    allowance = models.FloatField(default=0)
    allowance_at = models.DateTimeField(null=True)
    settings = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")
    last_ok_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    test_result = models.TextField(blank=True, default="")
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")

    class Meta:
        db_table = "callout_carrier"


class Nonce(models.Model):
    """A gateway's signature that was used: the same one is refused for as long as its time would still be good."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    carrier = models.CharField(max_length=40, db_collation="C")
    nonce = models.CharField(max_length=64, db_collation="C")
    at = models.DateTimeField(default=now)

    class Meta:
        """Once is once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["carrier", "nonce"], name="callout_nonce_once")
        ]


class Unmatched(models.Model):
    """What a gateway reported and nobody could place: it waits here for a person, and is never dropped.

    `said_cipher` is the event as it came, encrypted (numbers and words are personal); `about` the obligation it might
    be about, where there is one. `ref` is the gateway's id of the event, so that a repeat makes no second row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    carrier = models.CharField(max_length=40, db_collation="C")
    ref = models.CharField(max_length=64, db_collation="C", blank=True, default="")
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True, default="")
    said_cipher = models.BinaryField(null=True)
    about = models.UUIDField(null=True)
    call_id = models.UUIDField(null=True)
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")
    at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)
    outcome = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        """Few stand open, and those are what is listed."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], name="callout_unmatched_open", condition=Q(settled_at=None))
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["carrier", "ref"], condition=~Q(ref=""), name="callout_unmatched_once")
        ]


class SimulatedEvent(models.Model):
    """What an invented telephone will report, and when. Written by COPY, taken in order of time, then gone."""

    id = models.UUIDField(primary_key=True, editable=False)
    due_at = models.DateTimeField(db_index=True)
    event = models.JSONField()

    class Meta:
        db_table = "callout_simulated_event"

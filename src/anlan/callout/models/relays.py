"""Relays: phones and modems with a SIM of their own, and the texts that wait for one."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Relay(models.Model):
    """A phone or modem that sends the texts of a place and what is below it.

    `mode`: "pull", it asks us for texts; "push", we post them to its `url`. `token` is sealed, `digest` finds it.
    `rate` is texts a minute, `daily` most segments a day, `used` those of `day`; `next_at` when the next may leave.
    `battery`, `signal` in percent, as it reports. A push relay is left alone until `retry_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    name = models.CharField(max_length=60)
    mode = models.CharField(max_length=4)
    url = models.CharField(max_length=200, blank=True, default="")
    token = models.TextField()
    digest = models.BinaryField(unique=True)
    rate = models.FloatField(default=6)
    daily = models.PositiveIntegerField(default=200)
    enabled = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=now)
    next_at = models.DateTimeField(default=now)
    day = models.DateField(null=True)
    used = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    battery = models.SmallIntegerField(null=True)
    charging = models.BooleanField(null=True)
    signal = models.SmallIntegerField(null=True)
    balance = models.CharField(max_length=40, blank=True, default="")
    program = models.CharField(max_length=60, blank=True, default="")
    last_ok_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "callout_relay"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="callout_relay_path")]


class RelayText(models.Model):
    """One text for one number; its id is the message's key, so that a repeat is the same text.

    `state`: queued, leased (in the relay's hands until `until`), sent, delivered, failed, void (no longer wanted).
    `urgency` orders before time: 0 red … 3 the rest, 9 checks of numbers. `trial` belongs to no call.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    relay = models.ForeignKey(Relay, on_delete=models.CASCADE, related_name="texts", db_index=False)
    urgency = models.SmallIntegerField(default=3)
    made_at = models.DateTimeField(default=now)
    to = models.TextField()
    text = models.TextField()
    segments = models.SmallIntegerField(default=1)
    trial = models.BooleanField(default=False)
    state = models.CharField(max_length=9, default="queued")
    tries = models.SmallIntegerField(default=0)
    until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """What waits is found by relay, in the order it leaves."""

        db_table = "callout_relay_text"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["relay", "urgency", "made_at", "id"],
                name="callout_relay_waiting",
                condition=Q(state__in=["queued", "leased"]),
            ),
            models.Index(fields=["relay", "-id"], name="callout_relay_last"),
        ]


class RelayHeard(models.Model):
    """An event that a relay reported and that was taken in: the same one again changes nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    relay = models.ForeignKey(Relay, on_delete=models.CASCADE, db_index=False)
    event = models.CharField(max_length=64, db_collation="C")
    at = models.DateTimeField(default=now)

    class Meta:
        """Once is once."""

        db_table = "callout_relay_heard"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["relay", "event"], name="callout_relay_heard_once")
        ]

"""Doors in, and the queues of what they could not place: nothing vanishes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.models.columns import path_field


class Feed(models.Model):
    """A door in: `kind` is a folder of `sensing/feeds/`, `config` what that folder asks for (URL, topics, mapping).

    `secret` is sealed (people.encrypt); `health` is {"state", "at", "message", "came", "taken", "refused"}. Whoever
    posts with its token (only a digest is kept) sends for things at or below `place_path`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    config = models.JSONField(default=dict, blank=True)
    secret = models.BinaryField(null=True)
    token_digest = models.CharField(max_length=64, blank=True, default="")
    token_tail = models.CharField(max_length=4, blank=True, default="")
    state = models.CharField(max_length=4, default="off")
    health = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token_digest"], condition=~Q(token_digest=""), name="sensing_feed_token")
        ]

    def __str__(self) -> str:
        return self.name


class Unclaimed(models.Model):
    """A device that nobody has registered: it waits to be claimed, its readings beside it (`Held`, the newest)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, related_name="unclaimed")
    device = models.CharField(max_length=120)
    key = models.CharField(max_length=60)
    unit = models.CharField(max_length=24, blank=True, default="")
    sample = models.TextField(blank=True, default="")
    count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=8, default="open")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["device", "key"], name="sensing_unclaimed_once")
        ]


class Held(models.Model):
    """A reading of an unclaimed device."""

    id = models.BigAutoField(primary_key=True)
    unclaimed = models.ForeignKey(Unclaimed, models.CASCADE, related_name="held")
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    other = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unclaimed", "at"], name="sensing_held_once")
        ]


class Rejected(models.Model):
    """A payload or a row that could not be read, as it came (its first 4 kB), with what was wrong; equal ones fold."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, related_name="rejected")
    door = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)
    field = models.CharField(max_length=120, blank=True, default="")
    payload = models.BinaryField()
    digest = models.BinaryField()
    count = models.PositiveBigIntegerField(default=1)
    first_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)
    opinion = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-last_at"], name="sensing_rejected_last")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest"], name="sensing_rejected_once")
        ]


class Purpose(models.Model):
    """Why counts and events of gates and cameras may be taken at a place, until when, by which assessment (SEN-05)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    basis = models.CharField(max_length=200)
    assessment = models.CharField(max_length=60)
    until = models.DateField()
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=200, blank=True, default="")

"""Alarms as cases: one per thing, rule and episode (SEN-04)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.models.columns import path_field


class Alarm(models.Model):
    """One episode. `began_at` and `last_at` are times of measurement, `raised_at` is when it was raised (CMD-01: T0).

    `count` changes of level were folded into it, `flaps` times it came again after it had ended; `peak` is the gravest
    value, `standing` the level of each stream that has not fallen back. `ended_at`: all did. `verifier` is the
    pseudonym of whoever judged it last, `doubters` those who could not tell, `event` the (type, id) of what it became:
    "incidents.incident:<uuid>". `call` is the call that sent somebody before it was judged.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24, unique=True)
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    thing = models.ForeignKey("sensing.Thing", models.PROTECT, related_name="alarms")
    stream = models.ForeignKey("sensing.Datastream", models.PROTECT, null=True, related_name="alarms")
    rule = models.ForeignKey("sensing.Rule", models.PROTECT, null=True, related_name="alarms")
    version = models.ForeignKey("sensing.RuleVersion", models.PROTECT, null=True, related_name="alarms")
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=10, default="raised")
    verdict = models.CharField(max_length=8, blank=True, default="")
    level = models.SmallIntegerField(default=1)
    words = models.CharField(max_length=300, blank=True, default="")
    value = models.FloatField(null=True)
    peak = models.FloatField(null=True)
    count = models.PositiveIntegerField(default=1)
    flaps = models.PositiveIntegerField(default=0)
    standing = models.JSONField(default=dict)
    life_safety = models.BooleanField(default=False)
    began_at = models.DateTimeField()
    came_at = models.DateTimeField()
    raised_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    call = models.UUIDField(null=True)
    verified_at = models.DateTimeField(null=True)
    verifier = models.UUIDField(null=True)
    verifier_name = models.CharField(max_length=60, blank=True, default="")
    doubters = ArrayField(models.UUIDField(), default=list)
    opinion = models.TextField(blank=True, default="")
    event = models.CharField(max_length=80, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-raised_at"], name="sensing_alarm_path"),
            models.Index(fields=["place_path"], condition=~Q(state="closed"), name="sensing_alarm_open"),
            models.Index(fields=["rule", "-raised_at"], name="sensing_alarm_rule"),
            models.Index(fields=["stream", "-began_at"], name="sensing_alarm_stream"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["thing", "rule", "kind"], condition=Q(ended_at=None, rule__isnull=False),
                name="sensing_alarm_one_episode",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class AlarmPhoto(models.Model):
    """A photo from the spot: an upload of `fieldwork`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="photos")
    upload_id = models.UUIDField()
    added_at = models.DateTimeField(default=now)
    added_by = models.UUIDField(null=True)
    added_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "sensing_alarm_photo"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["alarm", "upload_id"], name="sensing_alarm_photo_once")
        ]


class AlarmYear(models.Model):
    """The last number of a year, «BJ-2026-00012»: taken in the transaction that raises, one at a time."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    class Meta:
        db_table = "sensing_alarm_year"

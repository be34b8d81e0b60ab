"""Alarms as cases: one per thing, rule and episode (SEN-04)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.models.columns import path_field


class Alarm(models.Model):
    """One episode. `began_at` and `last_at` are times of measurement, `raised_at` is when it was raised (CMD-01: T0).

    `count` readings were folded into it; `peak` is the gravest value. `ended_at`: the readings fell back. `verifier`
    is the pseudonym of whoever judged it, `event` the (type, id) of what it became: "incidents.report:<uuid>".
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
    life_safety = models.BooleanField(default=False)
    began_at = models.DateTimeField()
    came_at = models.DateTimeField()
    raised_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    verifier = models.UUIDField(null=True)
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

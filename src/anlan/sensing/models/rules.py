"""Rules as data: named, versioned, tried on the past before they are switched on."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.models.columns import path_field


class Rule(models.Model):
    """A rule and where it holds: under `place_path`, for a `kind` of thing and a `property` code, or for one `stream`.

    `about` names the emergency by its code (GB/T 35561); `life_safety`: whoever is nearest is sent at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12)
    thing_kind = models.CharField(max_length=12, blank=True, default="")
    property = models.CharField(max_length=24, blank=True, default="")
    stream = models.ForeignKey("sensing.Datastream", models.PROTECT, null=True, related_name="rules")
    about = models.CharField(max_length=12, blank=True, default="")
    advice = models.CharField(max_length=400, blank=True, default="")
    life_safety = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="draft")
    version = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path", "state"], name="sensing_rule_path")]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """What a rule said at a time (`spec`, see sensing/rules.py); frozen once it was on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    spec = models.JSONField()
    tried = models.JSONField(null=True)
    on_at = models.DateTimeField(null=True)
    off_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rule", "number"], name="sensing_rule_version_once")
        ]

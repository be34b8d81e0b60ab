"""What a person decided where people and devices contradicted each other (SEN-03)."""

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.models.columns import path_field


class SidesJudged(models.Model):
    """`key` names both sides: "<thing>|<alarm or empty>|<said or empty>"; `right` is a `terms.Side`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    thing = models.ForeignKey("sensing.Thing", models.PROTECT, related_name="+")
    key = models.CharField(max_length=180, unique=True)
    right = models.CharField(max_length=8)
    opinion = models.CharField(max_length=300)
    at = models.DateTimeField(default=now)
    by = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")

"""Measures: named definitions, kept as data, each version as it was valid (HZD-08)."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Measure(models.Model):
    """A measure (指标). What it means stands in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=24, unique=True)
    position = models.PositiveSmallIntegerField(default=100)
    made_at = models.DateTimeField(default=now)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class MeasureVersion(models.Model):
    """One version of a definition. It holds for periods that end on `valid_from` or later, until the next one.

    `spec` is what the machine counts (`anlan.analytics.terms.spec`); `words` is what people read beside the figure.
    `good` says which way is better: "up", "down" or "" where neither is.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    numerator = models.CharField(max_length=400)
    denominator = models.CharField(max_length=400, blank=True, default="")
    exclusions = models.CharField(max_length=400, blank=True, default="")
    words = models.TextField()
    good = models.CharField(max_length=4, blank=True, default="")
    spec = models.JSONField()
    valid_from = models.DateField()
    reason = models.CharField(max_length=400, blank=True, default="")
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    made_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "analytics_measure_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["measure", "number"], name="analytics_measure_version_once"),
            models.UniqueConstraint(fields=["measure", "valid_from"], name="analytics_measure_one_a_day"),
        ]

    def __str__(self) -> str:
        return self.name

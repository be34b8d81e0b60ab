"""What the statistics notice by themselves (动态预警分析, HZD-09)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Finding(models.Model):
    """One finding: a sudden rise, a cluster of recurrences or of overdue ones, a place that reports nothing.

    One open row for a place, kind and genre: as long as it goes on, the same row gets newer figures (`seen` counts).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    genre = models.CharField(max_length=12)
    place_path = models.CharField(max_length=40, db_collation="C")
    kind = models.CharField(max_length=24, blank=True, default="")
    state = models.CharField(max_length=10, default="open")
    figures = models.JSONField(default=dict)
    began_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)
    seen = models.PositiveIntegerField(default=1)
    ended_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    answered_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.CharField(max_length=400, blank=True, default="")
    task = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-last_at"], name="analytics_finding_path")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "tasked", "dismissed", "over"]), name="analytics_finding_state"
            ),
            models.UniqueConstraint(
                fields=["genre", "place_path", "kind"],
                condition=Q(ended_at=None), name="analytics_finding_one_open",
            ),
        ]  # fmt: skip

"""What is counted: parts (what one subject adds, where, in which month) and facts (their sums higher up).

Codes of `event` and the meaning of n, x, y stand in `terms.Event`. A month is year × 12 + month - 1, so that months
subtract. `base` is the month in which the hazard was found, the month before in which an object was seen, or days late.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now


class Part(models.Model):
    """What one subject (a hazard, a visit, an object, a task) adds to the figures of its own place."""

    pk = models.CompositePrimaryKey("subject", "event", "day", "trade", "drill")
    subject = models.UUIDField()
    event = models.PositiveSmallIntegerField()
    day = models.DateField()
    trade = models.CharField(max_length=12, blank=True, default="")
    drill = models.BooleanField(default=False)
    place_path = models.CharField(max_length=40, db_collation="C")
    month = models.IntegerField()
    base = models.IntegerField(default=0)
    kind = models.CharField(max_length=24, blank=True, default="")
    grade = models.CharField(max_length=8, blank=True, default="")
    source = models.CharField(max_length=12, blank=True, default="")
    owner = models.CharField(max_length=36, blank=True, default="")
    n = models.IntegerField(default=0)
    x = models.IntegerField(default=0)
    y = models.IntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "event", "month"], name="analytics_part_path"),
            models.Index(fields=["event", "month", "place_path"], name="analytics_part_month"),
            models.Index(
                fields=["owner", "event", "month"], condition=~Q(owner__in=["", "-"]), name="analytics_part_owner"
            ),
        ]


class Fact(models.Model):
    """Sums of parts for the wide places, where reading the parts would take too long; `cut` says by which columns.

    "*" stands for all values of a column. `terms.CUTS` says which cuts there are at which depth.
    """

    pk = models.CompositePrimaryKey(
        "place_path", "cut", "event", "drill", "month", "base", "trade", "kind", "grade", "source", "owner"
    )
    place_path = models.CharField(max_length=40, db_collation="C")
    cut = models.PositiveSmallIntegerField()
    event = models.PositiveSmallIntegerField()
    drill = models.BooleanField()
    month = models.IntegerField()
    base = models.IntegerField()
    trade = models.CharField(max_length=12)
    kind = models.CharField(max_length=24)
    grade = models.CharField(max_length=8)
    source = models.CharField(max_length=12)
    owner = models.CharField(max_length=36)
    n = models.IntegerField()
    x = models.IntegerField()
    y = models.IntegerField()


class Stale(models.Model):
    """A subject that changed without an entry of its own (divisions changed): it is counted anew by the next job."""

    pk = models.CompositePrimaryKey("what", "subject")
    what = models.CharField(max_length=8)
    subject = models.UUIDField()
    at = models.DateTimeField(default=now)

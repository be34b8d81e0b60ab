"""The yearly filing of who is responsible (domain-facts B4, B13: 每年4月20日前更新备案)."""

from typing import ClassVar

from django.db import models

from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Filing(models.Model):
    """One place's own list in one year. Once `filed_at` stands, `roll` is frozen and `digest` is in the ledger.

    `roll` is people.queries.roll's; `entry_id` the ledger's entry, by which a proof can be had. `total`, `vacant` and
    `bad` are posts, empty ones and bad numbers, as they were when it was filed (before: when it was opened).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    year = models.SmallIntegerField()
    place_path = path_field()
    due_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    filed_by = models.UUIDField(null=True)
    total = models.IntegerField(default=0)
    vacant = models.IntegerField(default=0)
    bad = models.IntegerField(default=0)
    roll = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    entry_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField(default=now)

    class Meta:
        """Once a year for each place."""

        db_table = "callout_filing"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["year", "place_path"], name="callout_filing_once")
        ]

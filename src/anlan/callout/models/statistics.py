"""What the calls that are over came to, month by month: kept by insert, so that any question is a few rows."""

from typing import ClassVar

from django.db import models

from anlan.callout import terms
from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now


class Statistic(models.Model):
    """Sums over the calls of a month at a place and everything under it, by level and role; "" is every role.

    `month` is the first day of the month in which the call began, by the city's clock. `drill` keeps exercises and
    tests apart. What each column counts stands in terms.MEASURED; h00 … as in Tally.
    """

    pk = models.CompositePrimaryKey("place_path", "month", "level", "role", "drill")
    place_path = path_field()
    month = models.DateField()
    level = models.CharField(max_length=10, blank=True, default="")
    role = models.CharField(max_length=40, db_collation="C", blank=True, default="")
    drill = models.BooleanField(default=False)

    class Meta:
        db_table = "callout_statistic"


for _counter in ("calls", *terms.MEASURED, *terms.TEMPO):
    Statistic.add_to_class(_counter, models.IntegerField(default=0, db_default=0))


class Counted(models.Model):
    """A call that stands in the statistics: once."""

    call_id = models.UUIDField(primary_key=True)
    month = models.DateField()
    at = models.DateTimeField(default=now)

    class Meta:
        """Found by month for a recount."""

        db_table = "callout_counted"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["month"], name="callout_counted_month")]

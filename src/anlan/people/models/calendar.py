"""Corrections of the working calendar: what a notice says that the library does not know yet (domain-facts B13)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now


class CalendarDay(models.Model):
    """One day that is worked or free, whatever the library says: 调休, 放假, or a place's own day off."""

    day = models.DateField(primary_key=True)
    works = models.BooleanField()
    name = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        db_table = "people_calendar_day"


class CalendarYear(models.Model):
    """A year whose notice is whole: what is counted over it is no longer provisional."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    source = models.CharField(max_length=120, blank=True, default="")
    set_at = models.DateTimeField(default=now)
    set_by_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "people_calendar_year"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(year__range=(2004, 2100)), name="people_calendar_year_range")
        ]

"""What people report of tasks and commands, and the sentences that tell each role what it has to do."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout import terms
from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Report(models.Model):
    """One report on one duty: done, cannot, refused or passed on, with words. The last one is what holds.

    `words` are personal text: they stand here and never in the ledger, which keeps what was said of the duty alone.
    `next_duty` is the duty laid on whoever it was passed on to.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    call_id = models.UUIDField()
    obligation_id = models.UUIDField(db_index=True)
    person_id = models.UUIDField()
    place_path = path_field()
    finish = models.TextField()
    words = models.TextField(blank=True, default="")
    how = models.TextField()
    by = models.UUIDField(null=True)
    at = models.DateTimeField(default=now)
    late = models.BooleanField(default=False)
    next_person = models.UUIDField(null=True)
    next_duty = models.UUIDField(null=True)
    exercise_id = models.UUIDField(null=True)
    drill = models.BooleanField(default=False)

    class Meta:
        """Read by call and place, newest first. A refusal, and handing on, have their reason (WRN-05)."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["call_id", "place_path", "id"], name="callout_report_call")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(finish__in=list(terms.Finish)), name="callout_report_finish"),
            models.CheckConstraint(
                condition=~Q(finish__in=["refused", "passed"]) | ~Q(words=""), name="callout_report_reason"
            ),
            models.CheckConstraint(
                condition=~Q(finish="passed") | Q(next_person__isnull=False, next_duty__isnull=False),
                name="callout_report_passed",
            ),
            models.CheckConstraint(condition=Q(exercise_id=None) | Q(drill=True), name="callout_report_drill"),
        ]


class Template(models.Model):
    """One sentence for one role: what it has to do. A change makes a new version; "" fits any.

    `text` may hold the places of role_words.PLACES to fill.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    role = models.CharField(max_length=40, db_collation="C")
    hazard = models.CharField(max_length=20, blank=True, default="")
    level = models.CharField(max_length=10, blank=True, default="")
    directive = models.CharField(max_length=12, blank=True, default="")
    text = models.CharField(max_length=300, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    current = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")

    class Meta:
        """One current sentence for each case."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["role", "hazard", "level", "directive", "version"], name="callout_template_version"
            ),
            models.UniqueConstraint(
                fields=["role", "hazard", "level", "directive"],
                condition=Q(current=True),
                name="callout_template_current",
            ),
        ]

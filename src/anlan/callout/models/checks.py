"""The quarterly check of numbers: rounds, whom they ask, and the settings of everything that is asked quietly."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout import terms
from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Asking(models.Model):
    """The settings of checks, test calls and filings, one row: what asking.SETTINGS holds, as it was last changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=20, unique=True, db_collation="C")
    body = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.UUIDField(null=True)
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")

    class Meta:
        db_table = "callout_asking"


class Round(models.Model):
    """One check of the numbers of a place in a quarter (核验批次). `quarter` is "2026Q4"; `settings` are frozen.

    `next_at` is when the next batch may go out; `laid_at` is set once everybody is on the list.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    quarter = models.CharField(max_length=6, db_collation="C")
    state = models.CharField(max_length=10, default=terms.RoundState.RUNNING)
    settings = models.JSONField(default=dict)
    last_day = models.DateField()
    total = models.IntegerField(default=0)
    laid_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(default=now)
    started_by = models.UUIDField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One round of a place in a quarter, unless it was stopped."""

        db_table = "callout_round"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path", "id"], name="callout_round_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["place_path", "quarter"], condition=~Q(state="stopped"), name="callout_round_once"
            ),
            models.CheckConstraint(condition=Q(state__in=list(terms.RoundState)), name="callout_round_state"),
        ]


class Check(models.Model):
    """One person's number in a round, or by itself (`round` NULL) after it was mended.

    `call_id` is the batch that asked last, `tries` how many batches have.
    `not_before` holds a silent one back; `hurry` lets a number that was just mended go ahead of everybody.
    `duty_id` is the superior's duty in which it is bundled. Once a quarter per person, whatever rounds overlap.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="checks", null=True, db_index=False)
    quarter = models.CharField(max_length=6, db_collation="C")
    person_id = models.UUIDField()
    place_path = path_field()
    superior_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8, default=terms.CheckState.WAITING)
    tries = models.SmallIntegerField(default=0)
    call_id = models.UUIDField(null=True)
    hurry = models.BooleanField(default=False)
    not_before = models.DateTimeField(null=True)
    at = models.DateTimeField(default=now)
    duty_id = models.UUIDField(null=True)

    class Meta:
        """Found by round and place for the figures, by state for the next batch, by person for a mended number."""

        db_table = "callout_check"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["round", "place_path"], name="callout_check_round"),
            models.Index(fields=["round", "state"], name="callout_check_open",
                         condition=Q(state__in=["waiting", "asked", "silent"])),
            models.Index(fields=["id"], name="callout_check_hurry", condition=Q(hurry=True)),
            models.Index(fields=["duty_id"], name="callout_check_duty", condition=Q(duty_id__isnull=False)),
        ]  # fmt: skip
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person_id", "quarter"], name="callout_check_once"),
            models.CheckConstraint(condition=Q(state__in=list(terms.CheckState)), name="callout_check_state"),
        ]

"""What stood in somebody's way, said at the time; leads of neglect that persons open and end (HZD-10, EVL-02)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.hazard import Hazard
from anlan.hazards.terms import LeadState, Obstacle
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class ObstacleRow(models.Model):
    """客观约束: what stood in the way of somebody, as they said then. The database lets nobody change or remove it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="obstacles")
    place_path = path_field()
    kind = models.CharField(max_length=8)
    words = models.CharField(max_length=400)
    at = models.DateTimeField(default=now)
    by = models.UUIDField()
    by_name = models.CharField(max_length=60)
    by_title = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        db_table = "hazards_obstacle"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["by", "at"], name="hazards_obstacle_by")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=list(Obstacle)), name="hazards_obstacle_kind")
        ]


class NeglectLead(models.Model):
    """失职线索: opened by a person on chosen entries, confirmed by a second one, ended by a finding of another.

    `person` is whom it concerns, by pseudonym; `entries` are ids of the ledger. The person sees it and may answer until
    `answer_due`, frozen at the opening; before that there is no finding unless they have answered. Whoever opened it
    neither confirms nor ends it. No job and no rule ever writes a row here.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.UUIDField()
    person_name = models.CharField(max_length=60)
    place_path = path_field()
    entries = ArrayField(models.UUIDField())
    reason = models.TextField()
    state = models.CharField(max_length=10, default=LeadState.OPENED)
    opened_at = models.DateTimeField(default=now)
    opened_by = models.UUIDField()
    opened_name = models.CharField(max_length=60)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.UUIDField(null=True)
    confirmed_name = models.CharField(max_length=60, blank=True, default="")
    answer_due = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    ended_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.TextField(blank=True, default="")

    class Meta:
        db_table = "hazards_lead"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person", "-opened_at"], name="hazards_lead_of")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(LeadState)), name="hazards_lead_state"),
            models.CheckConstraint(condition=Q(entries__len__gte=2), name="hazards_lead_evidence"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("opened_by")),
                name="hazards_lead_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | ~Q(ended_by=models.F("opened_by")), name="hazards_lead_other_ends"
            ),
            models.CheckConstraint(
                condition=~Q(opened_by=models.F("person"))
                & (Q(confirmed_by=None) | ~Q(confirmed_by=models.F("person")))
                & (Q(ended_by=None) | ~Q(ended_by=models.F("person"))),
                name="hazards_lead_not_of_oneself",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "passed", "exempt"]) | Q(confirmed_by__isnull=False),
                name="hazards_lead_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["opened", "confirmed"]) | (Q(ended_by__isnull=False) & ~Q(opinion="")),
                name="hazards_lead_ended",
            ),
        ]


class LeadAnswer(models.Model):
    """What the person concerned said to a lead. They may say more; the database keeps each as it was said."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lead = models.ForeignKey(NeglectLead, models.PROTECT, related_name="answers")
    words = models.TextField()
    at = models.DateTimeField(default=now)
    by = models.UUIDField()

    class Meta:
        db_table = "hazards_lead_answer"
        ordering: ClassVar[list[str]] = ["at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(words=""), name="hazards_lead_answer_says")
        ]

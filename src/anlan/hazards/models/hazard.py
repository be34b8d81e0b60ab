"""A hazard with its five names, and what hangs on it: pleas, plans, interim control, rounds, photos."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.hazards import terms
from anlan.hazards.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Hazard(models.Model):
    """One hazard (隐患): a control that failed, never the inherent risk itself (风险点, `risk_point`).

    The five who (谁上报、谁确认、谁指派、谁整改、谁验收) stand here as values, each with pseudonym, name, title
    and time, so that a change of posts alters no record; of a repeated step the latest, the ledger keeps them all.
    `found_at` is the finder's own time, `arrived_at` when it reached us; `found_said` is set only where the device's
    clock cannot have been right, and holds what it said (`found_at` is then the time of arrival). `due_at` is the end
    of rectification; `due_provisional`: it rests on a year whose holidays are not published yet. `allowed` is the whole
    limit in counted time (NULL: the end was granted as a day), `clock_from` where the present stretch began, `spent`
    what had gone by before it: `due_at` is as far after `clock_from` as is left. `revision` rises with every change:
    who edits offline says which one they saw. `graded_by` is whoever gave it the grade that it has now.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.UUIDField()
    number = models.CharField(max_length=24, blank=True, default="", db_collation="C")
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    revision = models.PositiveIntegerField(default=1)
    place_path = path_field()
    where = models.CharField(max_length=120, blank=True, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy = models.FloatField(null=True)
    object_id = models.UUIDField(null=True)
    risk_point_id = models.UUIDField(null=True)
    visit_id = models.UUIDField(null=True)
    item_id = models.UUIDField(null=True)
    tip_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=24, blank=True, default="")
    kind_version = models.PositiveIntegerField(null=True)
    trade = models.CharField(max_length=12, default=terms.Trade.OTHER)
    source = models.CharField(max_length=12, default=terms.Source.DAILY)
    text = models.TextField()
    found_at = models.DateTimeField()
    found_said = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(default=now)
    offline = models.BooleanField(default=False)

    state = models.CharField(max_length=10, default=terms.HazardState.REPORTED)
    state_at = models.DateTimeField(default=now)
    grade = models.CharField(max_length=8, blank=True, default="")
    limit = models.CharField(max_length=8, blank=True, default="")
    due_at = models.DateTimeField(null=True)
    due_provisional = models.BooleanField(default=False)
    clock_from = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    spent = models.DurationField(null=True)
    allowed = models.DurationField(null=True)
    lapses = models.PositiveSmallIntegerField(default=0)
    opinion = models.TextField(blank=True, default="")
    basis = models.CharField(max_length=200, blank=True, default="")

    reported_by = models.UUIDField(null=True)
    reported_person = models.UUIDField(null=True)
    reported_name = models.CharField(max_length=60, blank=True, default="")
    reported_title = models.CharField(max_length=120, blank=True, default="")
    confirmed_by = models.UUIDField(null=True)
    confirmed_name = models.CharField(max_length=60, blank=True, default="")
    confirmed_title = models.CharField(max_length=120, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True)
    graded_by = models.UUIDField(null=True)
    assigned_by = models.UUIDField(null=True)
    assigned_name = models.CharField(max_length=60, blank=True, default="")
    assigned_title = models.CharField(max_length=120, blank=True, default="")
    assigned_at = models.DateTimeField(null=True)
    owner_organisation = models.UUIDField(null=True)
    owner_post = models.UUIDField(null=True)
    owner_person = models.UUIDField(null=True)
    owner_name = models.CharField(max_length=120, blank=True, default="")
    rectified_by = models.UUIDField(null=True)
    rectified_name = models.CharField(max_length=60, blank=True, default="")
    rectified_title = models.CharField(max_length=120, blank=True, default="")
    rectified_at = models.DateTimeField(null=True)
    accepted_by = models.UUIDField(null=True)
    accepted_name = models.CharField(max_length=60, blank=True, default="")
    accepted_title = models.CharField(max_length=120, blank=True, default="")
    accepted_at = models.DateTimeField(null=True)

    cost = models.BigIntegerField(null=True)  # fen
    rounds = models.PositiveSmallIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)
    reopened = models.PositiveSmallIntegerField(default=0)
    look_back_on = models.DateField(null=True)
    look_back_owed = models.BooleanField(default=False)
    recurs = models.ForeignKey("self", models.PROTECT, null=True, related_name="recurrences")
    lead = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    supervised = models.BooleanField(default=False)
    referred = models.BooleanField(default=False)
    public = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-arrived_at"], name="hazards_hazard_path"),
            models.Index(
                fields=["state", "due_at"], condition=Q(state__in=list(terms.OPEN)), name="hazards_hazard_due"
            ),
            models.Index(fields=["reported_by", "-arrived_at"], name="hazards_hazard_mine"),
            models.Index(fields=["object_id"], condition=Q(object_id__isnull=False), name="hazards_hazard_object"),
            models.Index(
                fields=["place_path", "state"],
                include=["exercise_id", "due_at", "paused_at"],
                name="hazards_hazard_count",
            ),
            models.Index(fields=["-arrived_at", "-id"], name="hazards_hazard_newest"),
            models.Index(
                fields=["trade", "grade", "state", "-arrived_at", "-id"],
                include=["place_path", "exercise_id"],
                name="hazards_hazard_trade",
            ),
            models.Index(
                fields=["kind", "grade", "state", "-arrived_at", "-id"],
                include=["place_path", "exercise_id"],
                name="hazards_hazard_kind",
            ),
            models.Index(
                fields=["place_path"],
                include=["state", "exercise_id", "due_at", "paused_at", "grade", "recurs", "reopened"],
                condition=Q(state__in=list(terms.OPEN)),
                name="hazards_hazard_open",
            ),
            models.Index(
                fields=["owner_person"], condition=Q(owner_person__isnull=False), name="hazards_hazard_owner_person"
            ),
            models.Index(
                fields=["owner_post"], condition=Q(owner_post__isnull=False), name="hazards_hazard_owner_post"
            ),
            models.Index(
                fields=["owner_organisation"],
                condition=Q(owner_organisation__isnull=False),
                name="hazards_hazard_owner_body",
            ),
            models.Index(
                fields=["lat"], condition=Q(state__in=list(terms.OPEN), lat__isnull=False), name="hazards_hazard_near"
            ),
            models.Index(
                fields=["look_back_on"], condition=Q(look_back_on__isnull=False), name="hazards_hazard_look_back"
            ),
            models.Index(
                fields=["place_path", "confirmed_at"], condition=Q(grade=terms.Grade.MAJOR), name="hazards_hazard_major"
            ),
            models.Index(fields=["lead"], condition=Q(lead__isnull=False), name="hazards_hazard_lead"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["client_id", "reported_by"], nulls_distinct=False, name="hazards_once"),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="hazards_number_once"),
            models.CheckConstraint(condition=Q(state__in=list(terms.HazardState)), name="hazards_state"),
            models.CheckConstraint(condition=Q(grade__in=list(terms.Grade)), name="hazards_grade"),
            models.CheckConstraint(condition=Q(limit__in=["", *terms.Limit]), name="hazards_limit"),
            models.CheckConstraint(condition=Q(source__in=list(terms.Source)), name="hazards_source"),
            models.CheckConstraint(condition=Q(trade__in=list(terms.Trade)), name="hazards_trade"),
            models.CheckConstraint(condition=Q(lead=None) | ~Q(lead=models.F("id")), name="hazards_not_its_own_lead"),
            models.CheckConstraint(
                condition=~Q(state="merged") | Q(lead__isnull=False), name="hazards_merged_has_lead"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "assigned", "rectified", "listed", "closed"])
                | (Q(confirmed_by__isnull=False) & ~Q(grade="")),
                name="hazards_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["assigned", "rectified", "closed"])
                | (Q(assigned_by__isnull=False) & ~Q(owner_name="")),
                name="hazards_assigned_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rectified", "closed"]) | Q(rectified_by__isnull=False),
                name="hazards_rectified_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(accepted_by__isnull=False, accepted_at__isnull=False),
                name="hazards_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | Q(rectified_by=None) | ~Q(accepted_by=models.F("rectified_by")),
                name="hazards_no_self_acceptance",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class NumberYear(models.Model):
    """Where the numbers of a year begin in the sequence `hazards_number`: one row a year, so nobody waits for it."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    base = models.BigIntegerField()

    class Meta:
        db_table = "hazards_number_year"


class PleaRow(models.Model):
    """Somebody asked for more time, a stopped clock or 挂账; another decided. Never more than one open of a hazard."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="pleas")
    kind = models.CharField(max_length=8)
    reason = models.TextField()
    wanted = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, default=terms.PleaState.ASKED)
    asked_at = models.DateTimeField(default=now)
    asked_by = models.UUIDField()
    asked_name = models.CharField(max_length=60)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.TextField(blank=True, default="")
    review_on = models.DateField(null=True)
    review_owed = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hazards_plea"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=list(terms.Plea)), name="hazards_plea_kind"),
            models.CheckConstraint(condition=Q(state__in=list(terms.PleaState)), name="hazards_plea_state"),
            models.UniqueConstraint(fields=["hazard"], condition=Q(state="asked"), name="hazards_plea_one_open"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="hazards_plea_two_persons"
            ),
        ]


class PlanRow(models.Model):
    """A rectification plan with 五落实 (责任、措施、资金、时限、预案); each version is kept, the latest counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="plans")
    version = models.PositiveSmallIntegerField()
    responsibility = models.TextField()
    measures = models.TextField()
    funds = models.TextField()
    deadline = models.TextField()
    contingency = models.TextField()
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField()
    made_name = models.CharField(max_length=60)

    class Meta:
        db_table = "hazards_plan"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hazard", "version"], name="hazards_plan_once")
        ]


class ControlRow(models.Model):
    """Interim control, from when to when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="controls")
    kind = models.CharField(max_length=8)
    words = models.CharField(max_length=400)
    at = models.DateTimeField(default=now)
    by = models.UUIDField()
    by_name = models.CharField(max_length=60)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_control"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=list(terms.Control)), name="hazards_control_kind")
        ]


class RoundRow(models.Model):
    """One round of rectification: done, and judged by another. The database holds that they are two persons."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    words = models.TextField()
    cost = models.BigIntegerField(null=True)  # fen
    done_at = models.DateTimeField(default=now)
    done_by = models.UUIDField()
    done_name = models.CharField(max_length=60)
    entered_by = models.UUIDField(null=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.UUIDField(null=True)
    judged_name = models.CharField(max_length=60, blank=True, default="")
    passed = models.BooleanField(null=True)
    opinion = models.TextField(blank=True, default="")

    class Meta:
        db_table = "hazards_round"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hazard", "number"], name="hazards_round_once"),
            models.CheckConstraint(
                condition=Q(judged_by=None) | ~Q(judged_by=models.F("done_by")), name="hazards_round_two_persons"
            ),
            models.CheckConstraint(
                condition=Q(judged_by=None) | Q(entered_by=None) | ~Q(judged_by=models.F("entered_by")),
                name="hazards_round_not_entered",
            ),
        ]


class EvidenceRow(models.Model):
    """A photo of a hazard: an upload of `fieldwork`, and what it shows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="evidence")
    upload_id = models.UUIDField()
    phase = models.CharField(max_length=8, default=terms.Phase.BEFORE)
    caption = models.CharField(max_length=120, blank=True, default="")
    round = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(default=now)
    added_by = models.UUIDField(null=True)
    added_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_evidence"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hazard", "upload_id", "phase"], name="hazards_evidence_once"),
            models.CheckConstraint(condition=Q(phase__in=list(terms.Phase)), name="hazards_evidence_phase"),
        ]

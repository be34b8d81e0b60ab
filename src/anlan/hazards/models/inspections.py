"""What is inspected (objects), when (plans, tasks), and what was found (visits, answers)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.library import ChecklistVersion, Item
from anlan.hazards.terms import Result, Trade
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Object(models.Model):
    """Something that is inspected (检查对象): a place, building, shop, enterprise, facility (HZD-02, ENT-01).

    `kind` is a code of `terms.inspections.OBJECT_KINDS`. `facts` holds what a kind asks beyond (area in m², people,
    floors, whether anybody sleeps there, gas). `chain` is the 转租链: [{"name", "role", "phone" (sealed, base64)}].
    `risk` 1 (low) … 4 (highest) drives `pace_days`, unless `every` is set by hand; `pace_why` says how (`frequency`),
    `clean_run` counts visits in a row at which nothing failed. `post_id` inspects it, where not whoever stands nearest;
    `head_post` is its 重点部位责任人 (TEA-01). `link_no` rises when the self-check link is renewed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=120)
    where = models.CharField(max_length=120, blank=True, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    scheme = models.CharField(max_length=20, blank=True, default="")
    code = models.CharField(max_length=40, blank=True, default="")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    organisation_id = models.UUIDField(null=True)
    keeper_name = models.CharField(max_length=60, blank=True, default="")
    keeper_person = models.UUIDField(null=True)
    keeper_cipher = models.BinaryField(null=True)
    facts = models.JSONField(default=dict, blank=True)
    chain = models.JSONField(default=list, blank=True)
    risk = models.PositiveSmallIntegerField(default=2)
    every = models.PositiveSmallIntegerField(null=True)
    pace_days = models.PositiveSmallIntegerField(default=30)
    pace_why = models.CharField(max_length=8, default="risk")
    clean_run = models.PositiveSmallIntegerField(default=0)
    post_id = models.UUIDField(null=True)
    head_post = models.UUIDField(null=True)
    link_no = models.PositiveSmallIntegerField(default=0)
    last_visit_at = models.DateTimeField(null=True)
    next_due_on = models.DateField(null=True)
    revision = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "kind"], name="hazards_object_path"),
            models.Index(fields=["next_due_on"], condition=Q(closed_at=None), name="hazards_object_due"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["scheme", "code"], condition=~Q(code=""), name="hazards_object_code_once"),
            models.CheckConstraint(condition=Q(risk__range=(1, 4)), name="hazards_object_risk"),
        ]

    def __str__(self) -> str:
        return self.name


class Visit(models.Model):
    """One inspection of one object (or of a grid: `object` empty) against published versions.

    `nothing_wrong`: one tap. The counts stand here so that lists and rates never count answers. `unit` is who checked
    for a self-check or a third party. `of_visit_id`: the check by others that this one looks over (抽检), with how many
    questions both answered (`compared`) and answered alike (`agreed`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    object = models.ForeignKey(Object, models.PROTECT, null=True, related_name="visits")
    task_id = models.UUIDField(null=True)
    source = models.CharField(max_length=12)
    line = models.CharField(max_length=40, blank=True, default="")
    by = models.UUIDField(null=True)
    by_person = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")
    by_title = models.CharField(max_length=120, blank=True, default="")
    began_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField()
    arrived_at = models.DateTimeField(default=now)
    offline = models.BooleanField(default=False)
    nothing_wrong = models.BooleanField(default=False)
    passed = models.PositiveSmallIntegerField(default=0)
    failed = models.PositiveSmallIntegerField(default=0)
    not_applicable = models.PositiveSmallIntegerField(default=0)
    conclusion = models.TextField(blank=True, default="")
    present = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    unit = models.CharField(max_length=120, blank=True, default="")
    uploads = ArrayField(models.UUIDField(), default=list, blank=True)
    of_visit_id = models.UUIDField(null=True)
    compared = models.PositiveSmallIntegerField(default=0)
    agreed = models.PositiveSmallIntegerField(default=0)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-done_at"], name="hazards_visit_path"),
            models.Index(fields=["object", "-done_at"], name="hazards_visit_object"),
            models.Index(fields=["task_id"], condition=Q(task_id__isnull=False), name="hazards_visit_task"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["client_id", "by"], nulls_distinct=False, name="hazards_visit_once")
        ]


class Answer(models.Model):
    """The answer to one item in one visit; ten millions of them, so no key of its own and one narrow index."""

    pk = models.CompositePrimaryKey("visit_id", "item_id")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="answers", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    result = models.CharField(max_length=4)
    note = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["item"], condition=Q(result="fail"), name="hazards_answer_failed")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(result__in=list(Result)), name="hazards_answer_result")
        ]


class VisitVersion(models.Model):
    """Which versions a visit was checked against."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="against")
    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="+")

    class Meta:
        db_table = "hazards_visit_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["visit", "version"], name="hazards_visit_version_once")
        ]


class Programme(models.Model):
    """A plan (年、季、专项计划): which objects, by which department, with which checklists, how often, from when on.

    With `organisation_id` the department goes itself and signs its own part; without, whoever is responsible there.
    `object_ids` names single ones, beside what kinds and risk choose ([] for all of those).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    name = models.CharField(max_length=120)
    genre = models.CharField(max_length=12)
    line = models.CharField(max_length=40, blank=True, default="")
    organisation_id = models.UUIDField(null=True)
    object_kinds = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    object_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    checklists = ArrayField(models.UUIDField(), default=list, blank=True)
    least_risk = models.PositiveSmallIntegerField(default=1)
    every = models.PositiveSmallIntegerField(null=True)
    from_day = models.DateField()
    to_day = models.DateField(null=True)
    basis = models.CharField(max_length=200, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    made_name = models.CharField(max_length=60, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="hazards_programme_path")]

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """Inspect this object by this day. Tasks of several plans on one object within some days are one (综合查一次)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object = models.ForeignKey(Object, models.PROTECT, related_name="tasks", db_index=False)
    place_path = path_field()
    on_day = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=8, default="open")
    joint = models.BooleanField(default=False)
    post_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    exercise_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "due_on"], name="hazards_task_path"),
            models.Index(fields=["due_on"], condition=Q(state="open"), name="hazards_task_open"),
            models.Index(fields=["object", "due_on"], name="hazards_task_object"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "missed", "void"]), name="hazards_task_state"
            ),
            models.UniqueConstraint(
                fields=["object"], condition=Q(state="open", exercise_id=None), name="hazards_task_one_open"
            ),
        ]


class TaskPart(models.Model):
    """What one plan asks of a task: its department, its checklists, whether it signed, its own conclusion.

    Without a plan it was asked for by hand: a professional look (`reason`) or a spot-check of `of_visit_id`. `excused`:
    why the department did not come, in the words of whoever leads.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="parts")
    programme = models.ForeignKey(Programme, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    of_visit_id = models.UUIDField(null=True)
    line = models.CharField(max_length=40, blank=True, default="")
    organisation_id = models.UUIDField(null=True)
    checklists = ArrayField(models.UUIDField(), default=list, blank=True)
    visit_id = models.UUIDField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.UUIDField(null=True)
    signed_name = models.CharField(max_length=60, blank=True, default="")
    conclusion = models.TextField(blank=True, default="")
    excused = models.CharField(max_length=200, blank=True, default="")
    excused_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_task_part"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "programme"], name="hazards_task_part_once")
        ]


class Rounds(models.Model):
    """What a post had to inspect on a day («今天要查 7 处»): one duty, met once all of it is done."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post_id = models.UUIDField()
    day = models.DateField()
    count = models.PositiveIntegerField()
    met_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hazards_rounds"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post_id", "day"], name="hazards_rounds_once")
        ]


class RiskPoint(models.Model):
    """A risk that is there even while every control works (风险点, RSK-01); a hazard is a control that failed.

    The two ledgers refer to each other (`Hazard.risk_point_id`). `risk` 4 (重大) … 1 is set by hand for now.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    name = models.CharField(max_length=120)
    where = models.CharField(max_length=120, blank=True, default="")
    object = models.ForeignKey(Object, models.PROTECT, null=True, related_name="risk_points")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    trade = models.CharField(max_length=12, default=Trade.OTHER)
    risk = models.PositiveSmallIntegerField(default=2)
    source = models.CharField(max_length=80, blank=True, default="")
    words = models.TextField(blank=True, default="")
    measures = models.TextField(blank=True, default="")
    responsible = models.CharField(max_length=120, blank=True, default="")
    responsible_post = models.UUIDField(null=True)
    review_on = models.DateField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_name = models.CharField(max_length=60, blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=now)
    made_name = models.CharField(max_length=60, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "hazards_risk_point"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="hazards_risk_point_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(risk__range=(1, 4)), name="hazards_risk_point_risk"),
            models.CheckConstraint(condition=Q(trade__in=list(Trade)), name="hazards_risk_point_trade"),
        ]

    def __str__(self) -> str:
        return self.name


class ObjectImport(models.Model):
    """A table of objects on its way in. Its cells hold phones, so they are sealed; rows with a fault stay to be seen.

    `taken` are the row numbers that became objects.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    filename = models.CharField(max_length=200)
    header = models.JSONField(default=list)
    cells_cipher = models.BinaryField(null=True)
    taken = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    rows = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=now)
    made_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_object_import"

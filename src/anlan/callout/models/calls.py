"""Policies and calls."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout import terms
from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Policy(models.Model):
    """How people are called, as data. A change makes a new version; a call keeps its own copy from its start.

    `body` is what policies.check admits: steps, deadlines (seconds), carriers, what counts. `level` "" is used by name.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40, db_collation="C")
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=60)
    level = models.CharField(max_length=10, blank=True, default="")
    kind = models.CharField(max_length=12, default=terms.Kind.FIRST)
    directive = models.CharField(max_length=12, default=terms.Directive.WARNING, db_default=terms.Directive.WARNING)
    body = models.JSONField()
    current = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")

    class Meta:
        """One current version per policy."""

        db_table = "callout_policy"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="callout_policy_version"),
            models.UniqueConstraint(fields=["code"], condition=Q(current=True), name="callout_policy_current"),
        ]


class Call(models.Model):
    """One message to many posts. `policy` and `targeting` are frozen when it starts.

    `token` changes whenever the ladder must stop: a step that carries another token does nothing. `fan_run` fences the
    fan-out: only the run that set it last may write. `drill` is true for an exercise or a test: safe carriers only.
    `genre` is "" for a call that counts; "check" and "test" are questions (asking.py) in no list or statistic.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    serial = models.PositiveIntegerField(null=True)
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    drill = models.BooleanField(default=False)
    place_path = path_field()
    kind = models.CharField(max_length=12, default=terms.Kind.FIRST)
    genre = models.CharField(max_length=8, blank=True, default="")
    directive = models.CharField(max_length=12, default=terms.Directive.WARNING, db_default=terms.Directive.WARNING)
    level = models.CharField(max_length=10, blank=True, default="")
    hazard = models.CharField(max_length=60, blank=True, default="")
    title = models.CharField(max_length=120)
    body = models.TextField()
    instructions = models.JSONField(default=dict)
    targeting = models.JSONField()
    policy_code = models.CharField(max_length=40)
    policy = models.JSONField(default=dict)
    token = models.UUIDField(default=uuid7)
    state = models.CharField(max_length=20, default=terms.CallState.DRAFT)
    alert_id = models.UUIDField(null=True)
    supersedes = models.UUIDField(null=True)
    superseded_by = models.UUIDField(null=True)
    prepared_at = models.DateTimeField(default=now)
    prepared_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    urgent_reason = models.TextField(blank=True, default="")
    review_due = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    auto_send_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    fan_run = models.UUIDField(null=True)
    fanned = models.IntegerField(default=0)
    fanned_at = models.DateTimeField(null=True)
    result_due = models.DateTimeField(null=True)
    sender_path = models.CharField(max_length=40, db_collation="C", blank=True, default="", db_default="")
    copies = models.BooleanField(default=False, db_default=False)

    class Meta:
        """Listed by place, newest first; the running ones are few and are looked at every second."""

        db_table = "callout_call"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], name="callout_call_path"),
            models.Index(fields=["chain_id"], name="callout_call_chain"),
            models.Index(fields=["alert_id"], name="callout_call_alert", condition=Q(alert_id__isnull=False)),
            models.Index(
                fields=["state"],
                name="callout_call_live",
                condition=Q(state__in=["awaiting_approval", "approved", "running"]),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(exercise_id=None) | Q(drill=True), name="callout_call_drill"),
            models.CheckConstraint(condition=Q(state__in=list(terms.CallState)), name="callout_call_state"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(started_at__isnull=False), name="callout_call_started"
            ),
            models.CheckConstraint(condition=Q(directive__in=list(terms.Directive)), name="callout_call_directive"),
            models.CheckConstraint(  # a notice and a reminder ask for nothing, whatever their policy says
                condition=~Q(directive__in=list(terms.TOLD)) | Q(result_due=None, policy__needs_answer=False),
                name="callout_call_told",
            ),
            models.CheckConstraint(
                condition=~Q(directive=terms.Directive.TASK) | Q(result_due__isnull=False, policy__needs_answer=False),
                name="callout_call_task",
            ),
            models.CheckConstraint(
                condition=~Q(directive=terms.Directive.COMMAND)
                | Q(result_due__isnull=False, policy__needs_answer=True),
                name="callout_call_command",
            ),
            models.UniqueConstraint(
                fields=["supersedes"],
                condition=Q(supersedes__isnull=False, state__in=["running", "superseded", "ended"]),
                name="callout_call_one_heir",
            ),
        ]

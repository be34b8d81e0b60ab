"""Reports from below, their photos and facts, the incidents they become."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.incidents import terms
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


def path_field() -> "models.CharField[str, str]":
    """Return a column for a place path: base-36 segments of four, compared byte by byte."""
    return models.CharField(max_length=40, db_collation="C")


class Incident(models.Model):
    """Something that did happen (事件). `level` is its own, never a warning's. `sensed_at` is T0 感知."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    level = models.CharField(max_length=10, blank=True, default="")
    state = models.CharField(max_length=10, default=terms.IncidentState.OPEN)
    sensed_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    made_by_name = models.CharField(max_length=60, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-made_at"], name="incidents_incident_path"),
            models.Index(fields=["chain_id"], name="incidents_incident_chain"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(terms.IncidentState)), name="incidents_incident_state"),
            models.CheckConstraint(condition=Q(level__in=list(terms.Level)), name="incidents_incident_level"),
        ]

    def __str__(self) -> str:
        return self.title


class Report(models.Model):
    """One sentence about what somebody saw. The text stays as it was said; everything else was filled in around it.

    The reporter stands here as values (name, post), so that a change of posts alters no report. `reporter` is the
    pseudonym of who saw it, `entered_by` of who wrote it down; with a call from outside `reporter` is empty and
    `caller_cipher` holds who rang. `lead` is the report that it was folded into; `chain_id` is its affair: its own
    until it belongs to an incident.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.UUIDField()
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    located = models.CharField(max_length=8, default=terms.Located.POST)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy = models.FloatField(null=True)
    text = models.TextField()
    how = models.CharField(max_length=8, default=terms.How.PAGE)
    kind = models.CharField(max_length=20)
    urgent = models.BooleanField(default=False)
    urgent_words = models.CharField(max_length=200, blank=True, default="")
    happened_at = models.DateTimeField()
    arrived_at = models.DateTimeField(default=now)
    reporter = models.UUIDField(null=True)
    reporter_person = models.UUIDField(null=True)
    reporter_name = models.CharField(max_length=60, blank=True, default="")
    reporter_post = models.UUIDField(null=True)
    reporter_title = models.CharField(max_length=120, blank=True, default="")
    entered_by = models.UUIDField(null=True)
    entered_by_name = models.CharField(max_length=60, blank=True, default="")
    caller_cipher = models.BinaryField(null=True)
    state = models.CharField(max_length=10, default=terms.ReportState.RECEIVED)
    state_at = models.DateTimeField(default=now)
    verifier = models.UUIDField(null=True)
    verifier_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.TextField(blank=True, default="")
    passed_to = models.CharField(max_length=80, blank=True, default="")
    lead = models.ForeignKey("self", models.PROTECT, null=True, related_name="folded")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="reports")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-arrived_at"], name="incidents_report_path"),
            models.Index(fields=["reporter", "-arrived_at"], name="incidents_report_mine"),
            models.Index(fields=["happened_at"], name="incidents_report_when"),
            models.Index(
                fields=["place_path"], condition=Q(state__in=list(terms.OPEN)), name="incidents_report_waiting"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["client_id", "entered_by"], nulls_distinct=False, name="incidents_report_once"
            ),
            models.CheckConstraint(condition=Q(state__in=list(terms.ReportState)), name="incidents_report_state"),
            models.CheckConstraint(
                condition=Q(lead=None) | ~Q(lead=models.F("id")), name="incidents_report_not_its_own_lead"
            ),
            models.CheckConstraint(
                condition=~Q(state="folded") | Q(lead__isnull=False), name="incidents_report_folded_has_lead"
            ),
            models.CheckConstraint(
                condition=~Q(state="verified") | Q(incident__isnull=False), name="incidents_report_verified_in_incident"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class Photo(models.Model):
    """A harmless copy of a photo (pictures.clean); the file that came is never kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(Report, models.PROTECT, related_name="photos")
    data = models.BinaryField()
    thumb = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    digest = models.BinaryField()
    added_at = models.DateTimeField(default=now)
    added_by = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["report", "digest"], name="incidents_photo_once")
        ]


class Coming(models.Model):
    """A photo that a phone's record named and that had not come: hung on the report when it does (services.coming).

    `upload` is the file's id at fieldwork. `wrong` says why it never will be one (kind, size, broken, pixels, many).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(Report, models.PROTECT, related_name="coming")
    upload = models.UUIDField()
    owner = models.UUIDField()
    asked_at = models.DateTimeField(default=now)
    wrong = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["report", "upload"], name="incidents_coming_once")
        ]


class Fact(models.Model):
    """What was added to a report later (要素). Nothing is overwritten: the latest of a name is shown, all are kept.

    `value_cipher` stands in for `value` where it is personal (who to find on the spot, and their number).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(Report, models.PROTECT, related_name="facts")
    element = models.CharField(max_length=10)
    value = models.CharField(max_length=400, blank=True, default="")
    value_cipher = models.BinaryField(null=True)
    at = models.DateTimeField(default=now)
    by = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(element__in=list(terms.Element)), name="incidents_fact_element")
        ]

"""Raw intake, the alerts read from it, the places they cover, our own notices, sources and linkage rules."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from anlan.alerts import terms
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


def path_field() -> "models.CharField[str, str]":
    """Return a column for a place path: base-36 segments of four, compared byte by byte."""
    return models.CharField(max_length=40, db_collation="C", blank=True, default="")


class Source(models.Model):
    """Where warnings come from: an address that is polled, or a sender that posts with a token, or both.

    `hosts` are further hosts that the feed's entries may link to. Only a digest of the token is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    adapter = models.CharField(max_length=40, blank=True, default="")  # empty: found by the bytes
    place_path = path_field()
    url = models.URLField(max_length=500, blank=True, default="")
    hosts = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    every_s = models.PositiveIntegerField(default=60)
    enabled = models.BooleanField(default=True)
    token_digest = models.CharField(max_length=64, blank=True, default="")
    token_tail = models.CharField(max_length=4, blank=True, default="")
    health = models.CharField(max_length=8, default=terms.Health.NEW)
    etag = models.CharField(max_length=200, blank=True, default="")
    modified = models.CharField(max_length=80, blank=True, default="")
    error = models.TextField(blank=True, default="")
    failures = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    ok_at = models.DateTimeField(null=True)
    news_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token_digest"], condition=~Q(token_digest=""), name="alerts_source_token"),
        ]

    chain_id: ClassVar[None] = None
    exercise_id: ClassVar[None] = None

    def __str__(self) -> str:
        return self.name


class Intake(models.Model):
    """Bytes as they came in, kept whatever became of them. What cannot be read waits here until somebody settles it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="intakes")
    door = models.CharField(max_length=8, default=terms.Door.FILE)
    adapter = models.CharField(max_length=40, blank=True, default="")
    origin = models.CharField(max_length=600, blank=True, default="", db_collation="C")  # feed entry and version, file
    place_path = path_field()
    exercise_id = models.UUIDField(null=True)
    raw = models.BinaryField()
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, db_collation="C")
    arrived_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=12, default=terms.IntakeState.UNREADABLE)
    rule = models.CharField(max_length=40, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    line = models.IntegerField(null=True)
    tries = models.PositiveIntegerField(default=0)
    alerts_read = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    settled_why = models.TextField(blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], condition=Q(state="unreadable"), name="alerts_intake_queue"),
            models.Index(fields=["source", "origin"], name="alerts_intake_origin"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest", "exercise_id"], nulls_distinct=False, name="alerts_intake_once"),
        ]

    @property
    def chain_id(self) -> uuid.UUID:
        """What was done with the bytes is an affair of its own."""
        return self.id


class Alert(models.Model):
    """One warning that somebody entitled issued. Only its state ever changes.

    `level` is the warning's own (红橙黄蓝) or empty; never an event or response level. `drill` is true for an exercise
    or any status but Actual: such a one may never start a real call. `refs` are the identifiers it updates or cancels.
    `unplaced`: no place here could be found for it; it stands at the source's place so that somebody sees it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="alerts")
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    drill = models.BooleanField(default=False)
    place_path = path_field()
    layout = models.CharField(max_length=20)
    identifier = models.CharField(max_length=400, db_collation="C")
    sender = models.CharField(max_length=400)
    sent = models.DateTimeField()
    status = models.CharField(max_length=10)
    msg_type = models.CharField(max_length=10)
    scope = models.CharField(max_length=12, blank=True, default="")
    level = models.CharField(max_length=8, blank=True, default="")
    rank = models.PositiveSmallIntegerField(default=0)
    hazard = models.CharField(max_length=60, blank=True, default="")
    event = models.CharField(max_length=200, blank=True, default="")
    sender_name = models.CharField(max_length=200, blank=True, default="")
    headline = models.CharField(max_length=400, blank=True, default="")
    description = models.TextField(blank=True, default="")
    instruction = models.TextField(blank=True, default="")
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    expiry_assumed = models.BooleanField(default=False)
    infos = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    errors = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    unplaced = models.BooleanField(default=False)
    refs = ArrayField(models.CharField(max_length=400), default=list)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="heirs")
    state = models.CharField(max_length=12, default=terms.AlertState.ACTIVE)
    state_at = models.DateTimeField(default=now)
    received_at = models.DateTimeField(default=now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-received_at"], name="alerts_alert_path"),
            models.Index(fields=["expires_at"], condition=Q(state="active"), name="alerts_alert_live"),
            models.Index(fields=["chain_id"], name="alerts_alert_chain"),
            models.Index(fields=["identifier"], name="alerts_alert_code"),
            GinIndex(fields=["refs"], name="alerts_alert_refs"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["identifier", "sender", "sent", "exercise_id"], nulls_distinct=False, name="alerts_alert_once"
            ),
            models.CheckConstraint(condition=Q(exercise_id=None) | Q(drill=True), name="alerts_alert_drill"),
            models.CheckConstraint(condition=Q(state__in=list(terms.AlertState)), name="alerts_alert_state"),
            models.CheckConstraint(condition=Q(level__in=["", *terms.Level]), name="alerts_alert_level"),
        ]

    def __str__(self) -> str:
        return self.headline or self.event or self.identifier


class AlertPlace(models.Model):
    """A place that an alert covers, by how much of it: `share` 0 … 1, NULL where only part of a wider area is meant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="places")
    place_path = path_field()
    share = models.FloatField(null=True)

    class Meta:
        db_table = "alerts_alert_place"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["alert", "place_path"], name="alerts_alert_place_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="alerts_alert_place_path")]


class Notice(models.Model):
    """An own internal risk notice (内部风险提示): drafted, approved by a second person, published as CAP 1.2.

    `paths` are the places ticked, `shape` GeoJSON drawn on the map; `covers` what both come to, with shares. `document`
    is the CAP that left, byte for byte. `public` lets residents see it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    state = models.CharField(max_length=12, default=terms.NoticeState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    identifier = models.CharField(max_length=60, db_collation="C", blank=True, default="")
    hazard = models.CharField(max_length=60, blank=True, default="")
    level = models.CharField(max_length=8, blank=True, default="")
    title = models.CharField(max_length=120, blank=True, default="")
    starts_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    paths = ArrayField(models.CharField(max_length=40), default=list)
    shape = models.JSONField(null=True)
    covers = models.JSONField(default=dict)
    where = models.CharField(max_length=400, blank=True, default="")
    matters = models.TextField(blank=True, default="")
    measures = models.TextField(blank=True, default="")
    issuer = models.CharField(max_length=120, blank=True, default="")
    public = models.BooleanField(default=False)
    calls = models.BooleanField(default=True)
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    made_by_name = models.CharField(max_length=60, blank=True, default="")
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.UUIDField(null=True)
    approved_by = models.UUIDField(null=True)
    approved_by_name = models.CharField(max_length=60, blank=True, default="")
    returned_why = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.UUIDField(null=True)
    urgent_why = models.TextField(blank=True, default="")
    review_due = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    document = models.BinaryField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], name="alerts_notice_path"),
            models.Index(fields=["expires_at"], condition=Q(state__in=["sent", "review"]), name="alerts_notice_live"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["identifier"], condition=~Q(identifier=""), name="alerts_notice_once"),
            models.CheckConstraint(condition=Q(state__in=list(terms.NoticeState)), name="alerts_notice_state"),
        ]

    def __str__(self) -> str:
        return self.title or "内部风险提示"


class Rule(models.Model):
    """What an alert of a level sets off, as data: whether a call is prepared, for whom, and whether it sends itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    level = models.CharField(max_length=8, unique=True)
    prepare = models.BooleanField(default=True)
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    levels = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    auto = models.BooleanField(default=False)  # when, the call's policy says
    ring = models.BooleanField(default=True)
    place_path = path_field()

    chain_id: ClassVar[None] = None
    exercise_id: ClassVar[None] = None


class Listener(models.Model):
    """A browser that rings for residents at a place. No person, no account: the browser's address, encrypted, is all.

    `least` is the lowest rank it wants (1 blue … 4 red); `digest` the keyed hash by which the same browser is found.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    least = models.PositiveSmallIntegerField(default=1)
    english = models.BooleanField(default=False)
    digest = models.BinaryField(max_length=16)
    sealed = models.TextField()
    made_at = models.DateTimeField(default=now)
    last_ok_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest", "place_path"], name="alerts_listener_once"),
            models.CheckConstraint(condition=Q(least__gte=1, least__lte=4), name="alerts_listener_least"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="alerts_listener_path")]


class Bulletin(models.Model):
    """One thing that residents' browsers ring for: `kind` news, changed or over. Its words are frozen when it is made.

    One for each ledger entry that calls for it. `paths` hold it, `left` are places that the former warning held and
    this one does not. `reached` is how far the listeners have been gone through; `spread_at` when that was done.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.UUIDField(unique=True)
    chain_id = models.UUIDField()
    subject_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    notice = models.BooleanField(default=False)
    level = models.CharField(max_length=8, blank=True, default="")
    rank = models.PositiveSmallIntegerField(default=0)
    hazard = models.CharField(max_length=60, blank=True, default="")
    title = models.CharField(max_length=200)
    until = models.DateTimeField(null=True)
    paths = ArrayField(models.CharField(max_length=40, db_collation="C"), default=list)
    left = ArrayField(models.CharField(max_length=40, db_collation="C"), default=list)
    made_at = models.DateTimeField(default=now)
    reached = models.UUIDField(null=True)
    spread_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["chain_id", "id"], name="alerts_bulletin_chain")]


class Ring(models.Model):
    """One bulletin for one listener, so that each rings once. Written and moved by set-based SQL only."""

    pk = models.CompositePrimaryKey("bulletin_id", "listener_id")
    bulletin_id = models.UUIDField()
    listener_id = models.UUIDField()
    state = models.CharField(max_length=8, default="queued")  # queued, handing, rung, failed, dropped
    tries = models.PositiveSmallIntegerField(default=0)
    moved_at = models.DateTimeField(default=now)

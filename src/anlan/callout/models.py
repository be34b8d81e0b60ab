"""Calls, what each person owes, each attempt to reach them, counters per place, policies, carriers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout import terms
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


def path_field() -> "models.CharField[str, str]":
    """Return a column for a place path: base-36 segments of four, compared byte by byte."""
    return models.CharField(max_length=40, db_collation="C")


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
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    serial = models.PositiveIntegerField(null=True)
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    drill = models.BooleanField(default=False)
    place_path = path_field()
    kind = models.CharField(max_length=12, default=terms.Kind.FIRST)
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
            models.UniqueConstraint(
                fields=["supersedes"],
                condition=Q(supersedes__isnull=False, state__in=["running", "superseded", "ended"]),
                name="callout_call_one_heir",
            ),
        ]


class Obligation(models.Model):
    """Somebody owes something on a subject by a time; met, or it climbs. Written by set-based SQL only.

    For a call, `call_id` = `subject_id`. `part` deputy: `stands_for` is the obligation of the A岗; part superior:
    `weight` of theirs are silent. `number` is the short number inside the personal link. The first receipt's id is the
    obligation's own id; `receipt_id` is the latest. `next_at` NULL means that the ladder has nothing more to do.
    `ladder` and `carriers` are set where no call holds a policy.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.IntegerField(db_index=True)
    subject_type = models.TextField()
    subject_id = models.UUIDField()
    call_id = models.UUIDField(null=True)
    did = models.TextField()
    part = models.TextField(default=terms.Part.SELF)
    stands_for = models.UUIDField(null=True)
    person_id = models.UUIDField()
    pseudonym = models.UUIDField()
    deputy_id = models.UUIDField(null=True)
    superior_id = models.UUIDField(null=True)
    post = models.UUIDField(null=True)
    post_title = models.TextField(default="")
    role = models.TextField(default="")
    rank = models.SmallIntegerField(default=0)
    place_path = path_field()
    why = models.TextField(default="")
    link = models.TextField(default="")
    weight = models.IntegerField(default=0)
    began_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    step = models.SmallIntegerField(default=0)
    rung = models.TextField(default=terms.Rung.SELF)
    tries = models.SmallIntegerField(default=0)
    state = models.TextField(default=terms.ObligationState.OPEN)
    dead = models.BooleanField(default=False)
    handed_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    met_how = models.TextField(default="")
    met_part = models.TextField(default="")
    met_by = models.UUIDField(null=True)
    declined = models.BooleanField(default=False)
    late_at = models.DateTimeField(null=True)
    receipt_id = models.UUIDField(null=True)
    chain_id = models.UUIDField()
    exercise_id = models.UUIDField(null=True)
    drill = models.BooleanField(default=False)
    ladder = models.JSONField(null=True)
    carriers = models.JSONField(null=True)

    class Meta:
        """A mass of these is written at once, so every index here earns its place."""

        db_table = "callout_obligation"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["call_id", "place_path", "id"], name="callout_obl_call", condition=Q(call_id__isnull=False)
            ),
            models.Index(fields=["next_at"], name="callout_obl_next", condition=Q(state="open", next_at__isnull=False)),
            models.Index(fields=["person_id"], name="callout_obl_person", condition=Q(state="open")),
            models.Index(fields=["stands_for"], name="callout_obl_stands", condition=Q(stands_for__isnull=False)),
            models.Index(fields=["subject_id"], name="callout_obl_subject", condition=Q(call_id=None)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["call_id", "person_id"],
                condition=Q(part="superior", state="open"),
                name="callout_obl_one_superior",
            ),
            models.CheckConstraint(condition=Q(state__in=list(terms.ObligationState)), name="callout_obl_state"),
            models.CheckConstraint(condition=Q(exercise_id=None) | Q(drill=True), name="callout_obl_drill"),
            models.CheckConstraint(
                condition=Q(part="deputy", stands_for__isnull=False) | (~Q(part="deputy") & Q(stands_for=None)),
                name="callout_obl_stands_for",
            ),
        ]


class Receipt(models.Model):
    """One attempt to reach one person on one carrier. Partitioned by its UUIDv7 id; the migration makes the table.

    The id is the idempotency key toward the gateway. An obligation's first attempt bears the obligation's own id, so a
    whole fan-out needs no second index; later attempts are found by `obligation_id`. `fallback` lists the carriers
    still to be tried for this attempt.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    obligation_id = models.UUIDField()
    call_id = models.UUIDField(null=True)
    place_path = path_field()
    exercise_id = models.UUIDField(null=True)
    drill = models.BooleanField(default=False)
    carrier = models.TextField()
    fallback = models.TextField(default="")
    attempt = models.SmallIntegerField(default=1)
    state = models.TextField(default=terms.ReceiptState.QUEUED)
    made_at = models.DateTimeField()
    handing_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    reason = models.TextField(default="")
    ref = models.TextField(default="")

    class Meta:
        managed = False
        db_table = "callout_receipt"


class Tally(models.Model):
    """Counters of a call at a place and everything under it: one row for each place on the way up from each person.

    They are written in the transaction that changes what they count, after adding up inside the batch, in the order of
    path. h00 … hold how many answered within each stretch of terms.TEMPO_BOUNDS.
    """

    pk = models.CompositePrimaryKey("call_id", "place_path")
    call_id = models.UUIDField()
    place_path = path_field()
    touched_at = models.DateTimeField(default=now)

    class Meta:
        db_table = "callout_tally"


for _counter in (*terms.COUNTERS, *terms.TEMPO):
    Tally.add_to_class(_counter, models.IntegerField(default=0, db_default=0))


class Carrier(models.Model):
    """A carrier's settings and state. `rate` is hand-overs a second (0: no limit); `allowance` what is left of it.

    `settings` are the carrier's own; secrets in it are encrypted by whoever writes them. Between `failing_since` and
    `retry_at` it is bypassed by the next one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40, unique=True, db_collation="C")
    enabled = models.BooleanField(default=False)
    rate = models.PositiveIntegerField(default=0)
    allowance = models.FloatField(default=0)
    allowance_at = models.DateTimeField(null=True)
    settings = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")
    last_ok_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    test_result = models.TextField(blank=True, default="")
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")

    class Meta:
        db_table = "callout_carrier"


class Nonce(models.Model):
    """A gateway's signature that was used: the same one is refused for as long as its time would still be good."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    carrier = models.CharField(max_length=40, db_collation="C")
    nonce = models.CharField(max_length=64, db_collation="C")
    at = models.DateTimeField(default=now)

    class Meta:
        """Once is once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["carrier", "nonce"], name="callout_nonce_once")
        ]


class Unmatched(models.Model):
    """What a gateway reported and nobody could place: it waits here for a person, and is never dropped.

    `said_cipher` is the event as it came, encrypted (numbers and words are personal); `about` the obligation it might
    be about, where there is one. `ref` is the gateway's id of the event, so that a repeat makes no second row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    carrier = models.CharField(max_length=40, db_collation="C")
    ref = models.CharField(max_length=64, db_collation="C", blank=True, default="")
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True, default="")
    said_cipher = models.BinaryField(null=True)
    about = models.UUIDField(null=True)
    call_id = models.UUIDField(null=True)
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")
    at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)
    outcome = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        """Few stand open, and those are what is listed."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], name="callout_unmatched_open", condition=Q(settled_at=None))
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["carrier", "ref"], condition=~Q(ref=""), name="callout_unmatched_once")
        ]


class SimulatedEvent(models.Model):
    """What an invented telephone will report, and when. Written by COPY, taken in order of time, then gone."""

    id = models.UUIDField(primary_key=True, editable=False)
    due_at = models.DateTimeField(db_index=True)
    event = models.JSONField()

    class Meta:
        db_table = "callout_simulated_event"

"""What each person owes, each attempt to reach them, counters per place."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout import terms
from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Obligation(models.Model):
    """Somebody owes something on a subject by a time; met, or it climbs. Written by set-based SQL only.

    For a call, `call_id` = `subject_id`. `part` deputy: `stands_for` is the obligation of the A岗; part superior:
    `weight` of theirs are silent. `number` is the short number inside the personal link. The first receipt's id is the
    obligation's own id; `receipt_id` is the latest. `next_at` NULL means that the ladder has nothing more to do.
    `ladder` and `carriers` are set where no call holds a policy. Part result: `stands_for` is the person's own row,
    `finish` what they said came of it. `known_at`: somebody who owes nothing said 知道了.
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
    directive = models.TextField(default=terms.Directive.WARNING, db_default=terms.Directive.WARNING)
    finish = models.TextField(default="", db_default="")
    read_at = models.DateTimeField(null=True)
    known_at = models.DateTimeField(null=True)

    class Meta:
        """A mass of these is written at once, so every index here earns its place."""

        db_table = "callout_obligation"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["call_id", "place_path", "id"], name="callout_obl_call", condition=Q(call_id__isnull=False)
            ),
            models.Index(fields=["next_at"], name="callout_obl_next", condition=Q(state="open", next_at__isnull=False)),
            models.Index(fields=["person_id"], name="callout_obl_person", condition=Q(state="open")),
            models.Index(fields=["person_id", "began_at"], name="callout_obl_told", condition=Q(state="told")),
            models.Index(fields=["person_id", "began_at"], name="callout_obl_owed", condition=Q(call_id=None)),
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
                condition=Q(part__in=["deputy", "result"], stands_for__isnull=False)
                | (~Q(part__in=["deputy", "result"]) & Q(stands_for=None)),
                name="callout_obl_stands_for",
            ),
            models.CheckConstraint(  # WRN-05: a reminder never owes: no deadline, no ladder, no check-in, no arrival
                condition=~Q(directive__in=list(terms.TOLD))
                | Q(state__in=["told", "void"], due_at=None, next_at=None, met_at=None, met_how="", finish=""),
                name="callout_obl_told_owes_nothing",
            ),
            models.CheckConstraint(
                condition=~Q(part="copy") | Q(state__in=["told", "void"], due_at=None, next_at=None),
                name="callout_obl_copy_owes_nothing",
            ),
            models.CheckConstraint(  # a task and a command are closed by a result, or by the call's end
                condition=~Q(did=terms.RESULT) | ~Q(state="met") | Q(finish__in=["done", "cannot"]),
                name="callout_obl_closed_by_result",
            ),
            models.CheckConstraint(
                condition=Q(finish="") | Q(did=terms.RESULT, finish__in=list(terms.Finish)), name="callout_obl_finish"
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

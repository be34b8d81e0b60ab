"""挂牌督办 of major hazards with its 跟踪函, 移送 of violations (HZD-11)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.hazard import Hazard
from anlan.hazards.terms import ReferralState, SupervisionLevel
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Supervision(models.Model):
    """A hazard under supervision (挂牌督办): one open at a time; until it is lifted the hazard cannot be closed.

    `lapsed_at` is when its people were told that the day `due_on` had gone by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="supervisions")
    place_path = path_field()
    exercise_id = models.UUIDField(null=True)
    level = models.CharField(max_length=8)
    body = models.CharField(max_length=80)
    letter = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    demands = models.TextField()
    due_on = models.DateField(null=True)
    at = models.DateTimeField(default=now)
    by = models.UUIDField()
    by_name = models.CharField(max_length=60)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.TextField(blank=True, default="")
    lapsed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(level__in=list(SupervisionLevel)), name="hazards_supervision_level"),
            models.UniqueConstraint(
                fields=["hazard"], condition=Q(lifted_at=None), name="hazards_supervision_one_open"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None) | (Q(lifted_by__isnull=False) & ~Q(opinion="")),
                name="hazards_supervision_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.letter


class FollowUp(models.Model):
    """A 跟踪函: what is asked for while a hazard is under supervision, and what was answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    supervision = models.ForeignKey(Supervision, models.PROTECT, related_name="letters")
    letter = models.CharField(max_length=60)
    words = models.TextField()
    at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True)
    by = models.UUIDField()
    by_name = models.CharField(max_length=60)
    answer = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    answered_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_follow_up"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["supervision", "letter"], name="hazards_follow_up_once")
        ]


class Referral(models.Model):
    """A violation handed to the enforcement department (移送): receipt, result, what flowed back.

    `chased_at` is when its sender and the post above theirs were told that no receipt had come in time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hazard = models.ForeignKey(Hazard, models.PROTECT, related_name="referrals")
    place_path = path_field()
    exercise_id = models.UUIDField(null=True)
    letter = models.CharField(max_length=60)
    organisation_id = models.UUIDField()
    organisation_name = models.CharField(max_length=120)
    who = models.CharField(max_length=120)
    facts = models.TextField()
    basis = models.CharField(max_length=300)
    evidence = models.TextField()
    state = models.CharField(max_length=10, default=ReferralState.SENT)
    sent_at = models.DateTimeField(default=now)
    sent_by = models.UUIDField()
    sent_person = models.UUIDField(null=True)
    sent_post = models.UUIDField(null=True)
    sent_name = models.CharField(max_length=60)
    receipt_due = models.DateTimeField()
    chased_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    received_by = models.UUIDField(null=True)
    received_name = models.CharField(max_length=60, blank=True, default="")
    case_number = models.CharField(max_length=60, blank=True, default="")
    result = models.TextField(blank=True, default="")
    result_at = models.DateTimeField(null=True)
    result_by = models.UUIDField(null=True)
    result_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["organisation_id", "-sent_at"], name="hazards_referral_theirs"),
            models.Index(fields=["place_path", "-sent_at"], name="hazards_referral_path"),
            models.Index(fields=["receipt_due"], condition=Q(state="sent"), name="hazards_referral_due"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(ReferralState)), name="hazards_referral_state"),
            models.UniqueConstraint(
                fields=["hazard", "organisation_id"], condition=Q(state__in=["sent", "received"]),
                name="hazards_referral_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "returned"]) | Q(received_at__isnull=False),
                name="hazards_referral_received",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "received"]) | (Q(result_at__isnull=False) & ~Q(result="")),
                name="hazards_referral_result",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.letter


class MajorReport(models.Model):
    """A hazard that was graded major is reported upward (重大隐患上报): the level above takes note of it.

    `asked` is how many persons it was laid on: 0 means that nobody above could be found. `ended_at` is set when it is
    no longer major, or over; graded major again it begins anew (the ledger keeps what was).
    """

    hazard = models.OneToOneField(Hazard, models.PROTECT, primary_key=True, related_name="upward")
    laid_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    asked = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.UUIDField(null=True)
    taken_name = models.CharField(max_length=60, blank=True, default="")
    taken_title = models.CharField(max_length=120, blank=True, default="")
    words = models.TextField(blank=True, default="")

    class Meta:
        db_table = "hazards_major_report"

"""Residents' 随手拍: what was said, kept apart from who said it; who is muted; rewards."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.hazard import Hazard
from anlan.hazards.terms import Held, RewardState, TipState
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Tip(models.Model):
    """What a resident saw (HZD-13). Its receipt is kept as a keyed hash only: nobody in the office can answer for them.

    `tail` is the receipt's last four letters, by which the desk names it. `uploads` are ids of `fieldwork` uploads.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.UUIDField(unique=True)
    receipt_digest = models.BinaryField(unique=True)
    tail = models.CharField(max_length=4)
    place_path = path_field()
    located = models.CharField(max_length=8, default="words")
    where = models.CharField(max_length=120, blank=True, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy = models.FloatField(null=True)
    text = models.TextField()
    uploads = ArrayField(models.UUIDField(), default=list, blank=True)
    named = models.BooleanField(default=False)
    language = models.CharField(max_length=5, default="zh")
    arrived_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=TipState.RECEIVED)
    state_at = models.DateTimeField(default=now)
    held = models.CharField(max_length=8, blank=True, default="")
    lead = models.ForeignKey("self", models.PROTECT, null=True, related_name="folded")
    hazard = models.ForeignKey(Hazard, models.PROTECT, null=True, related_name="tips")
    opinion = models.TextField(blank=True, default="")
    passed_to = models.CharField(max_length=80, blank=True, default="")
    officer = models.UUIDField(null=True)
    officer_name = models.CharField(max_length=60, blank=True, default="")
    officer_title = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-arrived_at"], name="hazards_tip_path"),
            models.Index(
                fields=["state", "arrived_at"], condition=Q(state__in=["received", "held"]), name="hazards_tip_open"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(TipState)), name="hazards_tip_state"),
            models.CheckConstraint(condition=Q(held__in=list(Held)), name="hazards_tip_held"),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(hazard__isnull=False), name="hazards_tip_accepted_as_hazard"
            ),
            models.CheckConstraint(condition=~Q(state="folded") | Q(lead__isnull=False), name="hazards_tip_folded"),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "forwarded"]) | ~Q(opinion=""), name="hazards_tip_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class Informant(models.Model):
    """Who said it: encrypted under a key of this row alone, opened for a reason and with an entry, never in a list.

    `network`, `device`, `phone` are keyed hashes: for limits and muting. The row goes when its time is over.
    """

    tip = models.OneToOneField(Tip, models.CASCADE, primary_key=True, related_name="informant")
    name_cipher = models.BinaryField(null=True)
    phone_cipher = models.BinaryField(null=True)
    phone = models.BinaryField(null=True)
    network = models.BinaryField(null=True)
    device = models.BinaryField(null=True)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["network", "at"], name="hazards_informant_network"),
            models.Index(fields=["device", "at"], name="hazards_informant_device"),
        ]


class Muted(models.Model):
    """A sender whose tips wait apart for a time, by keyed hash, with a reason: a tip is never dropped."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    mark = models.BinaryField()
    kind = models.CharField(max_length=8)
    tip = models.ForeignKey(Tip, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(default=now)
    until = models.DateTimeField()
    by = models.UUIDField()
    by_name = models.CharField(max_length=60)
    lifted_at = models.DateTimeField(null=True)
    lifted_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["mark", "until"], name="hazards_muted_mark")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=["device", "phone", "network"]), name="hazards_muted_kind"),
            models.CheckConstraint(condition=Q(until__gt=models.F("at")), name="hazards_muted_ends"),
        ]


class RewardRow(models.Model):
    """奖励台账: one per tip, in fen; proposed by one person, approved by another (the database holds that)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tip = models.OneToOneField(Tip, models.PROTECT, related_name="reward")
    place_path = path_field()
    amount = models.PositiveBigIntegerField()  # fen
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=8, default=RewardState.PROPOSED)
    proposed_at = models.DateTimeField(default=now)
    proposed_by = models.UUIDField()
    proposed_name = models.CharField(max_length=60)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    approved_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.CharField(max_length=200, blank=True, default="")
    paid_on = models.DateField(null=True)
    paid_by = models.UUIDField(null=True)
    paid_name = models.CharField(max_length=60, blank=True, default="")
    way = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        db_table = "hazards_reward"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="hazards_reward_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(RewardState)), name="hazards_reward_state"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="hazards_reward_amount"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=models.F("proposed_by")),
                name="hazards_reward_two_persons",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "paid"]) | Q(approved_by__isnull=False),
                name="hazards_reward_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(paid_on__isnull=False, paid_by__isnull=False),
                name="hazards_reward_paid",
            ),
        ]

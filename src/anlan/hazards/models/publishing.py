"""The public list of a community's hazards: the officer's own words, chosen photos, residents' remarks (HZD-12)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.hazard import Hazard
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Posting(models.Model):
    """What of a hazard the public sees: `words` and `spot` are the officer's, never copied from the hazard unread.

    `until` ends the period of publication; `agenda` keeps it for 协商议题.
    """

    hazard = models.OneToOneField(Hazard, models.PROTECT, primary_key=True, related_name="posting")
    place_path = path_field()
    words = models.CharField(max_length=300)
    spot = models.CharField(max_length=60, blank=True, default="")
    uploads = ArrayField(models.UUIDField(), default=list, blank=True)
    published_at = models.DateTimeField(null=True)
    until = models.DateField(null=True)
    by = models.UUIDField()
    by_name = models.CharField(max_length=60)
    votes = models.PositiveIntegerField(default=0)
    agenda = models.BooleanField(default=False)
    agenda_at = models.DateTimeField(null=True)
    agenda_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="hazards_posting_path")]


class Remark(models.Model):
    """A resident's word on a posting, shown after somebody looked; or a vote for its priority, one per browser."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="remarks")
    text = models.CharField(max_length=300, blank=True, default="")
    vote = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="waiting")
    at = models.DateTimeField(default=now)
    network = models.BinaryField(null=True)
    device = models.BinaryField(null=True)
    answer = models.CharField(max_length=300, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    by = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")
    looked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["device", "at"], name="hazards_remark_device"),
            models.Index(fields=["network", "at"], name="hazards_remark_network"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=["waiting", "shown", "hidden"]), name="hazards_remark_state"),
            models.UniqueConstraint(
                fields=["posting", "device"], condition=Q(vote=True), name="hazards_remark_one_vote"
            ),
        ]

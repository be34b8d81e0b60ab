"""Records that came from devices: every one that ever arrived, as it came, with what became of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.fieldwork import terms
from anlan.kernel.clock import now


class Record(models.Model):
    """One record. `id` is the device's own.

    `said_at` is what the device's clock said, `at` the same set right (arrival − (sent − said)), `ahead` how many
    seconds that clock stood before ours. `place_path` is the sender's nearest post: whoever looks after the queue there
    sees what could not be applied. `made_by` is who was signed in on the phone when it was made, if the phone says so;
    `pseudonym` who sent it. `now`, `mine`: {plain label: plain value} of both versions of a conflict.
    """

    id = models.UUIDField(primary_key=True)
    device = models.UUIDField()
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    body = models.JSONField(default=dict)
    uploads = models.JSONField(default=list)
    base = models.IntegerField(null=True)
    offline = models.BooleanField(default=False)
    said_at = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)
    ahead = models.FloatField(default=0)
    arrived_at = models.DateTimeField(default=now)
    person = models.UUIDField(null=True)
    pseudonym = models.UUIDField(null=True)
    made_by = models.UUIDField(null=True)
    sender = models.CharField(max_length=60, blank=True, default="")
    post_title = models.CharField(max_length=80, blank=True, default="")
    place_path = models.CharField(max_length=40, blank=True, default="", db_collation="C")
    exercise = models.UUIDField(null=True)
    state = models.CharField(max_length=8, default=terms.RecordState.WAITING)
    message = models.CharField(max_length=300, blank=True, default="")
    subject = models.UUIDField(null=True)
    href = models.CharField(max_length=120, blank=True, default="")
    now = models.JSONField(default=dict)
    mine = models.JSONField(default=dict)
    settled = models.CharField(max_length=8, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=60, blank=True, default="")
    opinion = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        """Few indexes: 100,000 arrive in minutes."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["device", "seq"], name="fieldwork_record_device"),
            models.Index(fields=["pseudonym", "arrived_at"], name="fieldwork_record_sender"),
            models.Index(
                fields=["place_path", "arrived_at"], condition=Q(state__in=list(terms.OPEN)),
                name="fieldwork_record_open",
            ),
        ]  # fmt: skip
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in terms.RecordState]), name="fieldwork_record_state"
            )
        ]

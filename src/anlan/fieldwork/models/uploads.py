"""Files that came from devices: quarantined as they came, shown only as harmless copies."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Upload(models.Model):
    """One file. `id` is the device's own, so that a repeated upload is one; `raw` goes when the copy is made.

    `data` and `thumb` are drawn anew (kernel.pictures), without EXIF; where the picture said it was taken stands in
    `lon`, `lat` (degrees, WGS-84), apart from what anybody is shown. `owner` is who sent it: only they may refer to it.
    `look` is the small copy's difference hash, 0 where it is too plain to be told.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.UUIDField(null=True)
    kind = models.CharField(max_length=12, default="photo")
    state = models.CharField(max_length=8, default="raw")
    reason = models.CharField(max_length=20, blank=True, default="")
    raw = models.BinaryField(null=True)
    data = models.BinaryField(null=True)
    thumb = models.BinaryField(null=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)
    digest = models.BinaryField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    taken_at = models.DateTimeField(null=True)
    look = models.BigIntegerField(null=True)
    arrived_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["arrived_at"], condition=Q(state="raw"), name="fieldwork_upload_raw"),
            models.Index(
                fields=["arrived_at"], condition=Q(state="ready", look=None), name="fieldwork_upload_unlooked"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=["awaited", "raw", "ready", "refused"]), name="fieldwork_upload_state"
            )
        ]

"""What looks odd and may be nothing (反形式主义, EVL-05): photos used before, records faster than anybody walks."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from anlan.hazards.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Shot(models.Model):
    """One use of a photo: an upload of `fieldwork` on a hazard or a visit, found again by how it looks.

    `look` is its difference hash (kernel.pictures.look); `bands` its four quarters, each with its number in front, so
    that one index finds all that differ little. `looked_at` is empty as long as the picture is not drawn anew.
    """

    upload_id = models.UUIDField()
    subject_type = models.CharField(max_length=8)
    subject_id = models.UUIDField()
    phase = models.CharField(max_length=8, blank=True, default="")
    by = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")
    exercise_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=now)
    look = models.BigIntegerField(null=True)
    bands = ArrayField(models.IntegerField(), default=list)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["bands"], name="hazards_shot_bands"),
            models.Index(fields=["id"], condition=Q(looked_at=None), name="hazards_shot_waiting"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subject_id", "upload_id", "phase"], name="hazards_shot_once"),
            models.CheckConstraint(condition=Q(subject_type__in=["hazard", "visit"]), name="hazards_shot_subject"),
        ]


class Hint(models.Model):
    """A hint to whoever checks: look at these two. It judges nobody, and is put aside with a reason.

    `subject` is the later record, `other` the earlier. `figures`: photo: {bits, uses}; pace: {count} in one second, or
    {seconds, metres, kmh} between two records.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    genre = models.CharField(max_length=8)
    place_path = path_field()
    subject_type = models.CharField(max_length=8)
    subject_id = models.UUIDField()
    upload_id = models.UUIDField(null=True)
    other_type = models.CharField(max_length=8)
    other_id = models.UUIDField()
    other_upload_id = models.UUIDField(null=True)
    figures = models.JSONField(default=dict)
    by = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")
    exercise_id = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, default="open")
    opinion = models.CharField(max_length=400, blank=True, default="")
    dismissed_by = models.UUIDField(null=True)
    dismissed_name = models.CharField(max_length=60, blank=True, default="")
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "-made_at"], name="hazards_hint_path"),
            models.Index(fields=["subject_id"], name="hazards_hint_subject"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["subject_id", "genre", "upload_id"], nulls_distinct=False, name="hazards_hint_once"
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "dismissed"]), name="hazards_hint_state"),
            models.CheckConstraint(condition=Q(genre__in=["photo", "second", "pace"]), name="hazards_hint_genre"),
        ]

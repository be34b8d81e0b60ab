"""Forms of the field page: XLSForms, frozen version by version, and what was filled in."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Form(models.Model):
    """A form. `place_path`: whoever has a post there or below fills it in. `current`: the published version, or 0."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    place_path = models.CharField(max_length=40, db_collation="C")
    current = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)


class FormVersion(models.Model):
    """A version: `compiled` is what phones show and the server checks (xlsform.Form.as_json), `source` the workbook.

    Frozen once it is published; a draft is replaced by the next import.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    compiled = models.JSONField()
    source = models.BinaryField()
    left_out = models.JSONField(default=list)
    imported_at = models.DateTimeField(default=now)
    imported_by = models.CharField(max_length=60, default="")
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        """Numbered from 1."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["form", "number"], name="fieldwork_version_once")
        ]


class Submission(models.Model):
    """One filled-in form. `id` is the record's own. `sender`, `post_title`: as they were then; `at`: when."""

    id = models.UUIDField(primary_key=True)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="submissions", db_index=False)
    number = models.PositiveIntegerField()
    place_path = models.CharField(max_length=40, db_collation="C")
    pseudonym = models.UUIDField()
    sender = models.CharField(max_length=60)
    post_title = models.CharField(max_length=80, blank=True, default="")
    answers = models.JSONField()
    uploads = models.JSONField(default=list)
    at = models.DateTimeField()
    arrived_at = models.DateTimeField(default=now)
    offline = models.BooleanField(default=False)
    exercise = models.UUIDField(null=True)

    class Meta:
        """Listed by form, the newest first."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["form", "-arrived_at"], name="fieldwork_submission_form")
        ]

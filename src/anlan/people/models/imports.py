"""Rosters on their way in."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field


class Import(models.Model):
    """A roster on its way in. `mapping` maps a field to a column's index; `counts` maps a row state to a number.

    `organisation_id`: the employer whose keeper sent it, for a list of its own people who check in.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    kind = models.CharField(max_length=10, default=terms.RosterKind.POSTS)
    organisation_id = models.UUIDField(null=True)
    filename = models.CharField(max_length=200)
    state = models.CharField(max_length=10, default=terms.ImportState.READ)
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    defaults = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    by_name = models.CharField(max_length=60, default="")
    at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Listed by place, newest first."""

        db_table = "people_import"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path", "id"], name="people_import_path")]


class ImportRow(models.Model):
    """One row of a roster. Its cells hold phones, so they are encrypted; they are wiped once the row is in.

    `faults` maps a field to what is wrong and what was expected. `made` says what the row wrote, to undo it; the
    values it replaced are in `before_cipher`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default=terms.RowState.NEW)
    cells_cipher = models.BinaryField(null=True)
    faults = models.JSONField(null=True)
    person_id = models.UUIDField(null=True)
    made = models.JSONField(null=True)
    before_cipher = models.BinaryField(null=True)

    class Meta:
        """Read by state, in the file's order."""

        db_table = "people_import_row"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["batch", "state", "number"], name="people_import_row_order")
        ]

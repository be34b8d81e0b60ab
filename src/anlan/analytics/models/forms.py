"""The gate that a new form, task or ledger passes before people have to fill it (准入闸门, EVL-03)."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class FormEntry(models.Model):
    """A form, task or ledger that somebody wants filled: on what basis, how often, by whom, and each of its fields.

    `fields` is a list of {name, source, known, answer}: `known` names what the system has already, `answer` why it is
    asked for all the same. `form` is the published form's code where it is one of `fieldwork`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=80)
    genre = models.CharField(max_length=8)
    basis = models.CharField(max_length=400)
    frequency = models.CharField(max_length=8)
    filled_by = models.CharField(max_length=200)
    form = models.CharField(max_length=64, blank=True, default="")
    minutes = models.PositiveSmallIntegerField(null=True)
    fields = models.JSONField(default=list)
    state = models.CharField(max_length=8, default="asked")
    asked_at = models.DateTimeField(default=now)
    asked_by = models.UUIDField()
    asked_name = models.CharField(max_length=60)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_name = models.CharField(max_length=60, blank=True, default="")
    opinion = models.CharField(max_length=400, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "analytics_form"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="analytics_form_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(basis=""), name="analytics_form_has_a_basis"),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "admitted", "refused"]), name="analytics_form_state"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="analytics_form_two_persons"
            ),
        ]

    def __str__(self) -> str:
        return self.name

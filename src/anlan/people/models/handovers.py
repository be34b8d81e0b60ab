"""Handover notes (交接单), what stays open between shifts, and calls received (来电要素卡)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field
from anlan.people.models.shifts import Rota, Shift


class HandoverNote(models.Model):
    """What one shift leaves to the next. `content` is frozen when it is handed over: items, calls and the names on
    both shifts; until then the page draws it from what is open. Carrying over needs no copying: an item is open
    until somebody closes it, and every note shows all that are open.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="notes", db_index=False)
    shift = models.OneToOneField(Shift, on_delete=models.PROTECT, related_name="note")
    place_path = path_field()
    state = models.CharField(max_length=10, default=terms.NoteState.DRAFT)
    words = models.TextField(blank=True, default="")
    content = models.JSONField(default=dict)
    given_at = models.DateTimeField(null=True)
    given_by = models.CharField(max_length=60, blank=True, default="")
    read_at = models.DateTimeField(null=True)
    read_by = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        """Listed by rota, newest first."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["rota", "-id"], name="people_handover_rota")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(terms.NoteState)), name="people_handover_state")
        ]


class DutyItem(models.Model):
    """One thing that is open or to be watched, from when it was written until somebody says how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="items", db_index=False)
    place_path = path_field()
    kind = models.CharField(max_length=10, default=terms.ItemKind.OPEN)
    text = models.TextField()
    opened_at = models.DateTimeField(default=now)
    opened_by = models.CharField(max_length=60, default="")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, blank=True, default="")
    outcome = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """What is open is read by rota."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["rota", "id"], name="people_duty_item_open", condition=Q(closed_at=None))
        ]


class DutyCall(models.Model):
    """One call received at the duty telephone (来电要素卡): the caller's number is encrypted. A report (报送) starts
    from it. Counts are None where nobody has said a number: unknown is not nought.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="calls", db_index=False)
    shift = models.ForeignKey(Shift, on_delete=models.SET_NULL, null=True, related_name="calls", db_index=False)
    place_path = path_field()
    state = models.CharField(max_length=10, default=terms.DutyCallState.OPEN)
    at = models.DateTimeField(default=now)
    caller = models.CharField(max_length=60, blank=True, default="")
    phone_cipher = models.BinaryField(null=True)
    phone_tail = models.CharField(max_length=4, blank=True, default="")
    topic = models.CharField(max_length=10, default=terms.CallTopic.OTHER)
    what = models.TextField()
    spot = models.CharField(max_length=200, blank=True, default="")
    happened_at = models.DateTimeField(null=True)
    dead = models.PositiveIntegerField(null=True)
    missing = models.PositiveIntegerField(null=True)
    hurt = models.PositiveIntegerField(null=True)
    trapped = models.PositiveIntegerField(null=True)
    done = models.TextField(blank=True, default="")
    taken_by = models.CharField(max_length=60, default="")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Listed by rota, newest first."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["rota", "-at"], name="people_duty_call_rota")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=list(terms.DutyCallState)), name="people_duty_call_state")
        ]

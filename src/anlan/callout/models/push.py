"""Browsers in which somebody lets call-out ring (Web Push)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class PushDevice(models.Model):
    """One browser of one person. Its address and keys are personal: encrypted, and gone once it is dead.

    `digest` is the keyed hash by which the same browser is found again; `host` the push service, kept in clear so that
    the settings page can say which services are needed. `gone_at`: the push service said that it exists no more.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    place_path = models.CharField(max_length=40, db_collation="C", blank=True, default="")
    name = models.CharField(max_length=60)
    host = models.CharField(max_length=200, db_collation="C")
    digest = models.BinaryField(max_length=16)
    sealed = models.TextField(blank=True, default="")
    made_at = models.DateTimeField(default=now)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True, default="")
    gone_at = models.DateTimeField(null=True)

    class Meta:
        """A batch asks for the living ones of its persons."""

        db_table = "callout_push_device"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person_id"], name="callout_push_person")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest"], name="callout_push_once"),
            models.CheckConstraint(
                condition=(Q(gone_at=None) & ~Q(sealed="")) | Q(gone_at__isnull=False, sealed=""),
                name="callout_push_gone",
            ),
        ]

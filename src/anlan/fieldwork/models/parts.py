"""Pieces of a file that has not come whole."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now


class UploadPart(models.Model):
    """One piece: bytes `start` and on. Pieces of an upload follow each other without a gap; gone once it is whole."""

    upload = models.UUIDField()
    start = models.PositiveIntegerField()
    data = models.BinaryField()
    at = models.DateTimeField(default=now)

    class Meta:
        """In order within a file."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["upload", "start"], name="fieldwork_part_once")
        ]

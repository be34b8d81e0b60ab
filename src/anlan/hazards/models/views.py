"""Lists that a person comes back to: a name for a set of filters."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class SavedView(models.Model):
    """One person's own view of the list of hazards: `query` is the address after the question mark, without its page.

    It grants nothing: whoever opens it sees what their own posts let them see.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    name = models.CharField(max_length=20)
    query = models.CharField(max_length=600)
    pinned = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=now)

    class Meta:
        db_table = "hazards_saved_view"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person_id", "name"], name="hazards_saved_view_once")
        ]

    def __str__(self) -> str:
        return self.name

"""Messages whose fate a service tells only when asked, or by its own id."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now


class Followed(models.Model):
    """A handed-over attempt that is asked about until it is read, answered, failed, or a day old.

    The id is the receipt's. `ref` is the service's own id of the message: several attempts share one where a message
    went to many. Only carriers that can `poll` have rows here, so that the big table of receipts needs no index more.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    carrier = models.CharField(max_length=40, db_collation="C")
    ref = models.CharField(max_length=80, db_collation="C")
    asked = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    until = models.DateTimeField(default=now)

    class Meta:
        """Taken by time, found by the service's id."""

        db_table = "callout_followed"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], name="callout_followed_next"),
            models.Index(fields=["carrier", "ref"], name="callout_followed_ref"),
        ]

"""Addresses of persons at the messengers that carriers speak to."""

from typing import ClassVar

from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people.models.persons import Person


class Address(models.Model):
    """A person's address of one kind, encrypted. Without `cipher` the messenger knows nobody by the number.

    `dead` is an address that the messenger no longer knows. `source` is hand, roster or lookup; what a person wrote is
    never replaced by what a look-up found, unless it is dead.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="addresses", db_index=False)
    kind = models.CharField(max_length=40, db_collation="C")
    cipher = models.BinaryField(null=True)
    digest = models.BinaryField(null=True)
    source = models.CharField(max_length=10, default="hand")
    dead = models.BooleanField(default=False)
    at = models.DateTimeField(default=now)
    checked_at = models.DateTimeField(default=now)

    class Meta:
        """One of a kind; found again by what the messenger calls the person."""

        db_table = "people_address"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["kind", "digest"], name="people_address_digest", condition=models.Q(digest__isnull=False)
            )
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "kind"], name="people_address_once")
        ]

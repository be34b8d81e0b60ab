"""Entries, the blocks that seal them, the cursors that follow them, and the vault beside them."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from anlan.kernel.ids import uuid7


class XidField(models.Field):  # type: ignore[type-arg]  # the stubs make it generic, Django does not
    """A 64-bit transaction id (xid8): compared as a number, never as text."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        return "xid8"

    def from_db_value(self, value: str | None, *_: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(int(value))


class Entry(models.Model):
    """One thing that was done. The migration makes the table (partitions, triggers); nothing here ever writes it.

    A person stands here only as `pseudonym`; `actor` names machines alone. `at` is when it happened, `recorded_at`
    when the database took it in. Order is (era, xid, id): commit order is not sequence order.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    era = models.IntegerField()
    xid = XidField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    did = models.TextField()
    pseudonym = models.UUIDField(null=True)
    actor = models.TextField(default="")
    post = models.UUIDField(null=True)
    post_title = models.TextField(default="")
    subject_type = models.TextField()
    subject_id = models.UUIDField()
    chain = models.UUIDField()
    place_path = models.CharField(max_length=40, db_collation="C")
    exercise = models.UUIDField(null=True)
    values = models.JSONField(default=dict)

    class Meta:
        managed = False
        db_table = "ledger_entry"


class Era(models.Model):
    """A stretch of transaction ids that count up together. A restore into another cluster opens the next one."""

    number = models.IntegerField(primary_key=True)
    opened_at = models.DateTimeField()
    cluster = models.TextField()
    reason = models.TextField(default="")


class Exercise(models.Model):
    """A drill: rows that carry its id run the same code, reach no real phone and enter no real statistic."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.CharField(max_length=200)
    place_path = models.CharField(max_length=40, db_collation="C")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    @property
    def chain_id(self) -> Any:
        """An exercise is its own affair."""
        return self.id

    @property
    def exercise_id(self) -> Any:
        """What is done to an exercise belongs to that exercise."""
        return self.id


class Block(models.Model):
    """A sealed run of entries: positions first … last in the order (era, xid, id), `ids` and `digests` concatenated."""

    number = models.BigIntegerField(primary_key=True)
    first_era = models.IntegerField()
    first_xid = XidField()
    first_id = models.UUIDField()
    last_era = models.IntegerField()
    last_xid = XidField()
    last_id = models.UUIDField()
    count = models.IntegerField()
    algorithm = models.CharField(max_length=10)
    root = models.BinaryField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    closed_at = models.DateTimeField()
    ids = models.BinaryField()
    digests = models.BinaryField()

    @property
    def hash_hex(self) -> str:
        """The block's hash as people copy it."""
        return bytes(self.hash).hex()


class Cursor(models.Model):
    """How far one reaction has read: everything at or before (era, xid, entry) has had its effect, exactly once."""

    name = models.CharField(max_length=100, primary_key=True)
    era = models.IntegerField(default=0)
    xid = XidField(default=0)
    entry = models.UUIDField()
    batch = models.IntegerField(default=1000)
    failures = models.IntegerField(default=0)
    last_error = models.TextField(default="")
    retry_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)


class Stuck(models.Model):
    """An entry that a reaction could not digest: set aside so that the rest goes on, until somebody deals with it."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    cursor = models.CharField(max_length=100)
    entry = models.UUIDField()
    chain = models.UUIDField()
    place_path = models.CharField(max_length=40, db_collation="C")
    error = models.TextField()
    failures = models.IntegerField()
    set_aside_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["cursor", "entry"], name="ledger_stuck_once"),)


class VaultKey(models.Model):
    """The data key of one affair, wrapped by FIELD_KEY. Shredding it makes the affair's private text unreadable."""

    chain = models.UUIDField(primary_key=True)
    wrapped_key = models.BinaryField(null=True)
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_vault_key"


class Secret(models.Model):
    """Private text of one entry, encrypted under its affair's key; the entry keeps `digest`, salted inside."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    chain = models.UUIDField(db_index=True)
    place_path = models.CharField(max_length=40, db_collation="C")
    ciphertext = models.BinaryField()
    digest = models.BinaryField()

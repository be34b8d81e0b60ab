"""Readings and what is kept of them. Big tables are written by COPY and plain SQL (services/observing)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now


class Observation(models.Model):
    """A reading: the same stream at the same time is the same reading. Monthly partitions on `at` (UTC).

    `value` is the number, null where the result is none; `other` keeps what is not a number and what SensorThings
    allows beside it: {"result", "until" (end of phenomenonTime), "validTime", "resultTime", "resultQuality",
    "parameters", "foi"}. `came` is when it was taken in; `mark` is a `terms.Mark`.
    """

    pk = models.CompositePrimaryKey("stream", "at")
    stream = models.IntegerField()
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    came = models.DateTimeField()
    mark = models.SmallIntegerField(default=0)
    other = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "sensing_observation"


class Arrival(models.Model):
    """A batch of new readings that waits for evaluation, written in the transaction that kept them.

    `packed` holds the arrays one after the other, little-endian: stream int32 × count, at int64 µs × count,
    value float64 × count. Whoever evaluates deletes it in the transaction of the effects: each batch counts once. Where
    rules are on it gets the number of its `bite` instead, and stays until their memory was written (services/judging).
    """

    id = models.BigAutoField(primary_key=True)
    came = models.DateTimeField()
    count = models.PositiveIntegerField()
    packed = models.BinaryField()
    bite = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], condition=Q(bite=None), name="sensing_arrival_waiting")
        ]


class Latest(models.Model):
    """The newest reading of a stream, and since when it has been silent."""

    stream = models.OneToOneField("sensing.Datastream", models.CASCADE, primary_key=True, related_name="latest")
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    came = models.DateTimeField()
    mark = models.SmallIntegerField(default=0)
    level = models.SmallIntegerField(default=0)
    silent_since = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["stream"], condition=~Q(silent_since=None), name="sensing_latest_silent")
        ]


class Hour(models.Model):
    """Roll-up of good readings of one stream in one hour (UTC)."""

    pk = models.CompositePrimaryKey("stream", "at")
    stream = models.IntegerField()
    at = models.DateTimeField()
    count = models.IntegerField()
    low = models.FloatField()
    high = models.FloatField()
    total = models.FloatField()


class Day(models.Model):
    """Roll-up of good readings of one stream on one day of the city's time."""

    pk = models.CompositePrimaryKey("stream", "on")
    stream = models.IntegerField()
    on = models.DateField()
    count = models.IntegerField()
    low = models.FloatField()
    high = models.FloatField()
    total = models.FloatField()


class RuleMemory(models.Model):
    """What a rule's version remembers of its streams, as `rules` packs it, written with the effects of each batch."""

    version = models.OneToOneField("sensing.RuleVersion", models.CASCADE, primary_key=True, related_name="memory")
    packed = models.BinaryField()
    upto = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = []

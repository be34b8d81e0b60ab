"""Loudspeakers of places, and what each is to say of a call."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Speaker(models.Model):
    """A terminal of the emergency broadcast. `code` is its resource code (应急广播资源编码) or the city's own.

    `online` is what the gateway last said, None before that; `heard_at` when it last spoke of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    code = models.CharField(max_length=40, unique=True, db_collation="C")
    name = models.CharField(max_length=60)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    enabled = models.BooleanField(default=True)
    online = models.BooleanField(null=True)
    online_since = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "callout_speaker"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="callout_speaker_path")]


class Broadcast(models.Model):
    """What loudspeakers say of one call, once. `held`: why they keep silent ("night", "level"), "" where they speak.

    `audio` is a WAV file that the gateway may fetch by `token` until `until`; none where nothing here can read aloud.
    """

    call_id = models.UUIDField(primary_key=True)
    level = models.CharField(max_length=10, blank=True, default="")
    text = models.TextField()
    held = models.CharField(max_length=10, blank=True, default="")
    audio = models.BinaryField(null=True)
    token = models.CharField(max_length=64, unique=True, db_collation="C")
    made_at = models.DateTimeField(default=now)
    until = models.DateTimeField()
    stopped = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        db_table = "callout_broadcast"


class PlayOrder(models.Model):
    """A play order for the terminals of one place. Its id is the order's key: a repeat is the same order.

    `state`: queued, sending (in some worker's hands until `next_at`), sent, failed, dropped (stopped before it went);
    `stop`: "" or queued, sending, sent, failed: the stop order that follows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="orders", db_index=False)
    place_path = path_field()
    state = models.CharField(max_length=8, default="queued")
    stop = models.CharField(max_length=8, blank=True, default="")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """One order a call and place; few wait."""

        db_table = "callout_play_order"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_at"], name="callout_play_due",
                condition=Q(state__in=["queued", "sending"]) | Q(stop__in=["queued", "sending"]),
            )
        ]  # fmt: skip
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["broadcast", "place_path"], name="callout_play_once")
        ]


class PlayReceipt(models.Model):
    """How far one terminal came with an order: waiting, accepted, playing, played (`times`), failed, offline."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(PlayOrder, on_delete=models.CASCADE, related_name="receipts", db_index=False)
    code = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=8, default="waiting")
    times = models.SmallIntegerField(default=0)
    reason = models.CharField(max_length=80, blank=True, default="")
    at = models.DateTimeField(null=True)

    class Meta:
        """One receipt a terminal and order."""

        db_table = "callout_play_receipt"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "code"], name="callout_play_receipt_once")
        ]

"""Robots of group chats, and what each has to say."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.callout.models.columns import path_field
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class Robot(models.Model):
    """A robot in the group chat of a place: it says there what is called, and reaches no person by itself.

    `kind` is wecom, dingtalk, feishu or other (apprise). `url` and `secret` are sealed: whoever has them can post.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10)
    url = models.TextField()
    secret = models.TextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=now)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """Found by the places that are called."""

        db_table = "callout_robot"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="callout_robot_path")]


class RobotPost(models.Model):
    """One thing that a robot has to say of a call: `what` is started, silent, cancelled or ended, each once.

    `state`: queued, sending (in some worker's hands until `next_at`), sent, failed, idle (there was nothing to say).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="posts", db_index=False)
    call_id = models.UUIDField()
    what = models.CharField(max_length=10)
    state = models.CharField(max_length=8, default="queued")
    tries = models.SmallIntegerField(default=0)
    made_at = models.DateTimeField(default=now)
    next_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        """Once is once; few wait."""

        db_table = "callout_robot_post"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], name="callout_robot_due", condition=Q(state__in=["queued", "sending"]))
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["robot", "call_id", "what"], name="callout_robot_post_once")
        ]
